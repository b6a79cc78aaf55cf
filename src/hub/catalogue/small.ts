import { validated } from "./onnx-model-zoo.ts";
import type { CatalogueRow } from "./row.ts";

/** Networks of a few megabytes: Iandola et al., 2016, and Ma et al., 2018. */
export const small: readonly CatalogueRow[] = [
  validated({
    name: "squeezenet1.1-7",
    title: "SqueezeNet 1.1",
    folder: "squeezenet",
    sha256: "1eeff551a67ae8d565ca33b572fc4b66e3ef357b0eb2863bb9ff47a918cc4088",
    bytes: 4_956_208,
    preprocess: "imagenet",
    features: 512,
    parameters: 1_235_496,
    accuracy: { top1: 0.5634, top5: 0.7912 },
    licence: "Apache-2.0",
    mirrors: ["hf:lmz/candle-onnx@b60ad30d84c5bb84dbef425c715ac3ce42acdd5f:squeezenet1.1-7.onnx"],
  }),
  validated({
    name: "shufflenet-v2-12",
    title: "ShuffleNet v2 1.0",
    folder: "shufflenet",
    sha256: "ea69821b4dd374ae2f33f9710dd1229ac263d0ee5b5a46ca3521f6483e1ba035",
    bytes: 9_218_556,
    preprocess: "imagenet",
    features: 1024,
    parameters: 2_278_604,
    accuracy: { top1: 0.6635, top5: 0.8657 },
    licence: "BSD-3-Clause",
  }),
];
