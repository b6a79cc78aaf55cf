/**
 * `npx tsx bench/training-memory.ts [STEPS] [MODEL.onnx]`: resident memory every 100 updates while a whole network is
 * trained, pictures drawn at random: it must stay flat. MobileNet v2 at 96 px in batches of 8, unless told otherwise.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { random } from "../src/core/random.ts";
import { float32 } from "../src/core/tensor.ts";
import { loadModel } from "../src/onnx/load-node.ts";
import { nodeRuntime } from "../src/runtime/node.ts";
import { initialWeights } from "../src/surgery/head-graph.ts";
import { normalisations } from "../src/surgery/preprocess.ts";
import { prepareBackbone } from "../src/train/backbone.ts";
import type { Batch, Inputs } from "../src/train/network/inputs.ts";
import { type NetworkParts, trainNetwork } from "../src/train/network/train-network.ts";

const mobilenet = fileURLToPath(
  new URL("../../shared/assets/models/mobilenet_v2_1.0_224_features.onnx", import.meta.url),
);
const [steps = "1000", file = mobilenet] = process.argv.slice(2);
if (!existsSync(file)) {
  console.error(`There is no model at ${file}: pass one as the second argument.`);
  process.exit(1);
}
const [size, batchSize, classes, every] = [96, 8, 10, 100];
const runtime = nodeRuntime();
const backbone = await prepareBackbone(
  await loadModel(file),
  { name: "bench", preprocess: normalisations.inception, size },
  runtime,
);

const draw = random(1);
/** New arrays each time, as real pictures come. */
function batch(): Batch {
  const input = Float32Array.from({ length: batchSize * 3 * size * size }, () => 2 * draw.next() - 1);
  const targets = new Float32Array(batchSize * classes);
  for (let row = 0; row < batchSize; row++) targets[row * classes + draw.int(classes)] = 1;
  const shape = backbone.preprocess.layout === "nchw" ? [3, size, size] : [size, size, 3];
  return {
    rows: batchSize,
    input: float32(input, [batchSize, ...shape]),
    targets: float32(targets, [batchSize, classes]),
  };
}

const inputs: Inputs = {
  name: backbone.input,
  training: batchSize * Number(steps),
  validation: 0,
  batch: async () => batch(),
  async *validate() {},
  async close() {},
};

const parts: NetworkParts = {
  backbone,
  spec: [],
  classes,
  head: initialWeights([], { width: backbone.width, classes }, draw),
  runtime,
  pictures: inputs.training,
  mixes: false,
  async *openInputs() {
    yield { type: "views", done: 0, total: 0 };
    return inputs;
  },
};

const training = trainNetwork(parts, {
  stages: [{ unfreeze: { kind: "all" }, epochs: 1, views: 0 }],
  optimizer: "adamw",
  learningRate: 1e-4,
  depthDecay: 1,
  weightDecay: 0.01,
  schedule: "constant",
  warmup: 0,
  batchSize,
  patience: 1,
  labelSmoothing: 0.1,
  classWeights: undefined,
  clipNorm: 1,
  averageDecay: 0.99,
  batchStatistics: false,
  seed: 0,
});
const megabytes = (bytes: number): number => Math.round(bytes / 1024 ** 2);
for await (const event of training) {
  if (event.type !== "step" || (event.step % every !== 0 && event.step !== 20)) continue;
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const figures = { rss, heapUsed, external, arrayBuffers };
  const each = Object.entries(figures).map(([name, bytes]) => `${name} ${megabytes(bytes)}`);
  console.log(`step ${event.step}: ${each.join(", ")} MB`);
}
