import { random } from "../../../src/core/random.ts";
import { float32, type Tensor } from "../../../src/core/tensor.ts";
import { buildClassifier } from "../../../src/export/classifier.ts";
import { networkOf } from "../../../src/export/network.ts";
import type { Model } from "../../../src/onnx/graph.ts";
import { loadModel } from "../../../src/onnx/load-node.ts";
import { nodeRuntime } from "../../../src/runtime/node.ts";
import { headGraph } from "../../../src/surgery/head-graph.ts";
import { normalisations } from "../../../src/surgery/preprocess.ts";
import { prepareBackbone } from "../../../src/train/backbone.ts";
import { featureGraph } from "../../../src/train/extract.ts";
import { seed } from "./sketch.ts";

/** The network of a classifier on this base, with a head that was drawn. */
export async function networkOn(
  file: string,
  classes = 5,
  normalisation = normalisations.imagenet,
): Promise<Model> {
  const base = await loadModel(file);
  const backbone = await prepareBackbone(
    base,
    { name: file, preprocess: normalisation, size: 224 },
    nodeRuntime(),
  );
  const head = headGraph([], { width: backbone.width, classes }, { random: random(seed) });
  const { preprocess } = backbone;
  const classifier = buildClassifier(featureGraph(backbone), head, {
    labels: Array.from({ length: classes }, (_, i) => `class ${i}`),
    preprocess,
    base: { name: file, sha256: "", cut: "", licence: null },
    training: {},
  });
  return networkOf(classifier, preprocess);
}

/** Noise from 0 to 255. */
export function noise(size: number): Tensor {
  const rng = random(seed);
  const data = Float32Array.from({ length: size * size * 3 }, () => rng.int(256));
  return float32(data, [1, size, size, 3]);
}
