import { join } from "node:path";
import { type Random, random } from "../src/core/random.ts";
import { float32 } from "../src/core/tensor.ts";
import { loadModel } from "../src/onnx/load-node.ts";
import { nodeRuntime } from "../src/runtime/node.ts";
import { initialWeights } from "../src/surgery/head-graph.ts";
import { normalisations } from "../src/surgery/preprocess.ts";
import { type Backbone, prepareBackbone } from "../src/train/backbone.ts";
import type { Batch, Inputs } from "../src/train/network/inputs.ts";
import type { NetworkSettings } from "../src/train/network/stage.ts";
import { trainNetwork } from "../src/train/network/train-network.ts";
import type { Figure } from "./index.ts";

const [size, classes, steps, every, settled] = [96, 10, 1000, 100, 20];

const settings: NetworkSettings = {
  stages: [{ unfreeze: { kind: "all" }, epochs: 1, views: 0 }],
  optimizer: "adamw",
  learningRate: 1e-4,
  depthDecay: 1,
  weightDecay: 0.01,
  schedule: "constant",
  warmup: 0,
  batchSize: 8,
  patience: 1,
  labelSmoothing: 0.1,
  classWeights: undefined,
  clipNorm: 1,
  averageDecay: 0.99,
  batchStatistics: false,
  seed: 0,
};

/** Resident memory while all of MobileNet v2 is trained: what it grows by must stay the noise of the collector. */
export async function* trainingMemory(assets: string): AsyncGenerator<Figure> {
  const runtime = nodeRuntime();
  const file = await loadModel(join(assets, "models/mobilenet_v2_1.0_224_features.onnx"));
  const preprocess = normalisations.inception;
  const backbone = await prepareBackbone(file, { name: "mobilenet", preprocess, size }, runtime);
  const draw = random(1);
  const training = trainNetwork(
    {
      backbone,
      spec: [],
      classes,
      head: initialWeights([], { width: backbone.width, classes }, draw),
      runtime,
      pictures: settings.batchSize * steps,
      mixes: false,
      varies: false,
      async *openInputs() {
        yield { type: "views", done: 0, total: 0 };
        return noise(backbone, draw);
      },
    },
    settings,
  );
  let early = Number.NaN;
  let late: number[] = [];
  for await (const event of training) {
    if (event.type !== "step") continue;
    if (event.step === settled) early = residentMB();
    if (event.step % every !== 0) continue;
    console.error(`step ${event.step}: ${Math.round(residentMB())} MB`);
    late = [...late, residentMB()].slice(-3);
  }
  yield {
    name: `resident memory while MobileNet v2 is trained at ${size}, ${steps} updates of ${settings.batchSize}`,
    value: Math.round(Math.min(...late) - early),
    unit: "MB more",
    against: `after ${settled} updates (${Math.round(early)} MB)`,
  };
}

function residentMB(): number {
  return process.memoryUsage().rss / 1024 ** 2;
}

/** New arrays each time, as real pictures come. */
function noise({ input }: Backbone, draw: Random): Inputs {
  const rows = settings.batchSize;
  const batch = async (): Promise<Batch> => {
    const pixels = Float32Array.from({ length: rows * 3 * size * size }, () => 2 * draw.next() - 1);
    const targets = new Float32Array(rows * classes);
    for (let row = 0; row < rows; row++) targets[row * classes + draw.int(classes)] = 1;
    return {
      rows,
      input: float32(pixels, [rows, 3, size, size]),
      targets: float32(targets, [rows, classes]),
    };
  };
  return {
    name: input,
    training: rows * steps,
    validation: 0,
    batch,
    async *validate() {},
    async close() {},
  };
}
