import { timm } from "./onnx-model-zoo.ts";
import type { CatalogueRow } from "./row.ts";

const dinov2Card =
  "https://github.com/facebookresearch/dinov2/blob/81b2b6419385a321287de91e00282ef7cbd26f94/MODEL_CARD.md";
const dinov2Preprocessing =
  "https://huggingface.co/Xenova/dinov2-base/blob/fef96735014749b0e195358c3fc42cc00b08378e/preprocessor_config.json";

/** Caron et al., 2021 (DINO), and Oquab et al., 2023 (DINOv2): learned without labels, so they are no classifiers. */
export const dino: readonly CatalogueRow[] = [
  {
    name: "dinov2-small",
    title: "DINOv2, ViT small",
    handle: "hf:Xenova/dinov2-small@560a572cedd01ab59cf1a614c2d9673397b65ef2:onnx/model.onnx",
    mirrors: ["hf:Xenova/dinov2-small@c2bb04a51fab207c420665f1946016107bffc701:onnx/model.onnx"],
    sha256: "83141175ec78b4ff9a2bb58a4c7c264ba0054d1c2e122e5a8114b79a8d4179ea",
    // The page rounds the size to 88.5 MB; public projects that pin the same hash give it to the byte.
    bytes: 88_459_888,
    task: "image-features",
    size: 224,
    preprocess: "imagenet",
    features: 384,
    parameters: 22_056_576,
    accuracy: { top1: 0.811, on: "ImageNet-1k validation, linear classifier", source: dinov2Card },
    licence: { id: "Apache-2.0", commercial: true, source: dinov2Card },
    read: [
      "https://huggingface.co/Xenova/dinov2-small/blob/560a572cedd01ab59cf1a614c2d9673397b65ef2/onnx/model.onnx",
      dinov2Preprocessing,
      dinov2Card,
    ],
  },
  {
    name: "dinov2-base",
    title: "DINOv2, ViT base",
    handle: "hf:onnx-community/dinov2-base@31ef06cac16d5d301c5930d147002a058c85a5e4:onnx/model.onnx",
    // Revision, hash and size as six public projects pin them; the Hub's own page of this file was not at hand.
    sha256: "320d1012a6fc65b101fc85ca30ee7a47b2e4f6a2e8bd78fb9d7036def0e30cb0",
    bytes: 346_627_111,
    task: "image-features",
    size: 224,
    preprocess: "imagenet",
    features: 768,
    parameters: 86_580_480,
    accuracy: { top1: 0.845, on: "ImageNet-1k validation, linear classifier", source: dinov2Card },
    licence: { id: "Apache-2.0", commercial: true, source: dinov2Card },
    read: [
      "https://huggingface.co/onnx-community/dinov2-base/resolve/31ef06cac16d5d301c5930d147002a058c85a5e4/onnx/model.onnx",
      dinov2Preprocessing,
      dinov2Card,
    ],
  },
  timm({
    name: "vit_small_patch16_224.dino",
    title: "DINO, ViT small",
    file: "skip/vit_small_patch16_224_dino_Opset18",
    sha256: "66d733e57a20423f9e015f6b2b18ea36e78e1a5139c514ec177a9c9c3c2638dc",
    bytes: 86_759_844,
    task: "image-features",
    preprocess: "imagenet",
    features: 384,
    parameters: 21_665_664,
    licence: "Apache-2.0",
    module: "vision_transformer",
  }),
  timm({
    name: "vit_base_patch16_224.dino",
    title: "DINO, ViT base",
    file: "skip/vit_base_patch16_224_dino_Opset18",
    sha256: "5e6998590499c4d84e18cfed9894f1cb3862e031643d26939d540638a2ad8f7b",
    bytes: 343_291_863,
    task: "image-features",
    preprocess: "imagenet",
    features: 768,
    parameters: 85_798_656,
    licence: "Apache-2.0",
    module: "vision_transformer",
  }),
];
