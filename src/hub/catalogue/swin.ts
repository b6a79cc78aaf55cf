import { timm } from "./onnx-model-zoo.ts";
import type { CatalogueRow } from "./row.ts";

/** Liu et al., 2021: attention in shifted windows. */
export const swin: readonly CatalogueRow[] = [
  timm({
    name: "swin_tiny_patch4_window7_224.ms_in1k",
    title: "Swin tiny",
    file: "swin_tiny_patch4_window7_224_Opset17",
    sha256: "40ee7a7f7ce57fd68467cd0a554f5b8671c49e30b12861530799868f252776ed",
    bytes: 115_782_801,
    preprocess: "imagenet",
    features: 768,
    parameters: 28_288_354,
    accuracy: { top1: 0.81376, top5: 0.95544 },
    licence: "MIT",
    module: "swin_transformer",
  }),
  timm({
    name: "swin_small_patch4_window7_224.ms_in22k_ft_in1k",
    title: "Swin small",
    file: "swin_small_patch4_window7_224_Opset17",
    sha256: "a5b3a25e509a521257ec04649adb2c99e2f82123b677313ddd468e8d8d47d491",
    bytes: 203_091_508,
    preprocess: "imagenet",
    features: 768,
    parameters: 49_606_258,
    accuracy: { top1: 0.83298, top5: 0.96964 },
    licence: "MIT",
    module: "swin_transformer",
  }),
  timm({
    name: "swin_base_patch4_window7_224.ms_in22k_ft_in1k",
    title: "Swin base",
    file: "swin_base_patch4_window7_224_Opset17",
    sha256: "efd1a953ccc26140beb91a6667cce4cf6ad8578f26f7a18b7a5a1c52b56d9988",
    bytes: 356_578_673,
    preprocess: "imagenet",
    features: 1024,
    parameters: 87_768_224,
    accuracy: { top1: 0.85272, top5: 0.97564 },
    licence: "MIT",
    module: "swin_transformer",
  }),
];
