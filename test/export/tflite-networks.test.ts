import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { random } from "../../src/core/random.ts";
import { float32, floats, type Tensor } from "../../src/core/tensor.ts";
import { lower } from "../../src/export/channels-last/lower.ts";
import { buildClassifier } from "../../src/export/classifier.ts";
import { networkOf } from "../../src/export/network.ts";
import { writeTflite } from "../../src/export/tflite/write.ts";
import type { Model } from "../../src/onnx/graph.ts";
import { loadModel } from "../../src/onnx/load-node.ts";
import { loadLitert } from "../../src/runtime/litert-node.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { headGraph } from "../../src/surgery/head-graph.ts";
import { normalisations } from "../../src/surgery/preprocess.ts";
import { prepareBackbone } from "../../src/train/backbone.ts";
import { featureGraph } from "../../src/train/extract.ts";
import { difference, run } from "../surgery/run.ts";

const folder = resolve(import.meta.dirname, "../../../shared/assets/models");
const published = [
  ["mobilenet_v1_1.0_224.onnx", "inception"],
  ["mobilenet_v2_1.0_224_features.onnx", "inception"],
  ["squeezenet1.1.onnx", "imagenet"],
] as const;
const size = 96;
const labels = ["a", "b", "c", "d", "e"];

/** A base with a head of chance, as it leaves: normalisation inside, channels last. */
async function network(file: string, preprocess: keyof typeof normalisations): Promise<Model> {
  const settings = { name: file, preprocess: normalisations[preprocess], size };
  const backbone = await prepareBackbone(await loadModel(resolve(folder, file)), settings, nodeRuntime());
  const head = headGraph([], { width: backbone.width, classes: labels.length }, { random: random(3) });
  const base = { name: file, sha256: "ab".repeat(32), cut: "features", licence: null };
  const record = { labels, preprocess: backbone.preprocess, base, training: { seed: 3, figures: {} } };
  return networkOf(buildClassifier(featureGraph(backbone), head, record), backbone.preprocess);
}

function picture(): Tensor {
  const rng = random(7);
  // Smooth in parts, as pictures are.
  const data = Float32Array.from({ length: size * size * 3 }, (_, i) =>
    Math.min(255, Math.round(128 + 100 * Math.sin(i / 900) + rng.normal() * 40)),
  );
  return float32(
    data.map((value) => Math.max(0, value)),
    [1, size, size, 3],
  );
}

describe.each(published)("%s", (file, preprocess) => {
  test.skipIf(!existsSync(resolve(folder, file)))(
    "answers in LiteRT what it answers in ONNX Runtime",
    async () => {
      const model = await network(file, preprocess);
      const image = picture();
      const { probabilities } = await run(model, { image });
      const program = lower(model);
      for (const [weights, apart] of [
        ["float32", 1e-5],
        ["float16", 1e-2],
      ] as const) {
        const litert = await loadLitert(writeTflite(program, { weights, labels, name: file }));
        const answer = await litert.run(floats(image), image.shape);
        litert.release();
        expect(difference(float32(answer, [1, labels.length]), probabilities!)).toBeLessThan(apart);
      }
    },
  );
});
