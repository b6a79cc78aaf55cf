import type { CatalogueRow } from "./row.ts";

/** Radford et al., 2021: the half that reads pictures. Its output is the embedding that it shares with texts. */
export const clip: readonly CatalogueRow[] = [
  {
    name: "clip-vit-base-patch32",
    title: "CLIP, ViT base, 32 px patches",
    handle: "hf:Xenova/clip-vit-base-patch32@4c1807b705b1d015fb032789cc4d221b23025a6f:onnx/vision_model.onnx",
    mirrors: [
      "hf:Xenova/clip-vit-base-patch32@d15189d7028b43f1d3e65039190477f6af591c2a:onnx/vision_model.onnx",
    ],
    sha256: "fd6e1402a588279d1723c7534d4bcba5bc0b14b47dfab0e46f8c47b8270d7d40",
    bytes: 351_685_709,
    task: "image-features",
    size: 224,
    preprocess: "clip",
    features: 512,
    parameters: 87_849_216,
    licence: {
      id: "MIT",
      commercial: true,
      source: "https://github.com/openai/CLIP/blob/b1c4b6be5871f1b94359ba55901627f29ecc9ae9/LICENSE",
    },
    read: [
      "https://huggingface.co/Xenova/clip-vit-base-patch32/blob/4c1807b705b1d015fb032789cc4d221b23025a6f/onnx/vision_model.onnx",
      "https://github.com/zolgear/gakei/blob/1a281ed7314f9831040dc850c65c45cb20a51a86/backend/app/embedding/catalog.py",
      "https://huggingface.co/SaulLu/clip-vit-base-patch32/blob/main/preprocessor_config.json",
    ],
  },
];
