import type { CatalogueRow } from "./row.ts";

const timm =
  "https://github.com/huggingface/pytorch-image-models/blob/aa4b5850c1543fa488abf260f18390eda46cf85d";
const code = `${timm}/timm/models/mobilenetv3.py`;
const results = `${timm}/results/results-imagenet.csv`;

/** Qin et al., 2024. Hashes and sizes as the public project LUMORA pins them; the Hub's pages round them. */
export const mobilenetV4: readonly CatalogueRow[] = [
  {
    name: "mobilenetv4_conv_small.e2400_r224_in1k",
    title: "MobileNet v4 small",
    // A duplicate that Hugging Face made of the mirror's repository, of which only `main` is known.
    handle: "hf:onnx-community/mobilenetv4s-webnn@4d0797f67ae5973e65432967711289f4f2f47190:onnx/model.onnx",
    mirrors: [
      "https://huggingface.co/onnx-community/mobilenetv4_conv_small.e2400_r224_in1k/resolve/main/onnx/model.onnx",
    ],
    sha256: "ca5b8dbf490f54e83c5d72f787821565447ea94347935f6b834cf0a4af0e8d37",
    bytes: 15_086_122,
    task: "image-classification",
    size: 224,
    preprocess: "imagenet",
    features: 1280,
    parameters: 3_774_024,
    accuracy: { top1: 0.73756, top5: 0.9143, on: "ImageNet-1k validation, 224 px", source: results },
    licence: { id: "Apache-2.0", commercial: true, source: code },
    read: [
      "https://huggingface.co/onnx-community/mobilenetv4s-webnn/commit/4d0797f67ae5973e65432967711289f4f2f47190",
      "https://huggingface.co/onnx-community/mobilenetv4s-webnn/tree/main/onnx",
      code,
    ],
  },
  {
    name: "mobilenetv4_conv_medium.e500_r256_in1k",
    title: "MobileNet v4 medium",
    handle:
      "hf:onnx-community/mobilenetv4_conv_medium.e500_r256_in1k@46483fa826d2e19a097d182e35d1988f51c2180b:onnx/model.onnx",
    sha256: "f67257da6f91c00cd1d063a61a377718f004305c1299360a5c077e4c2b02b67a",
    bytes: 38_790_007,
    task: "image-classification",
    size: 256,
    preprocess: "imagenet",
    features: 1280,
    parameters: 9_715_512,
    accuracy: { top1: 0.79916, top5: 0.95188, on: "ImageNet-1k validation, 256 px", source: results },
    licence: { id: "Apache-2.0", commercial: true, source: code },
    read: [
      "https://huggingface.co/onnx-community/mobilenetv4_conv_medium.e500_r256_in1k/commit/46483fa826d2e19a097d182e35d1988f51c2180b",
      "https://huggingface.co/onnx-community/mobilenetv4_conv_medium.e500_r256_in1k/tree/main",
      code,
    ],
  },
];
