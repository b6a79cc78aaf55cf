// Training as the browser test has it done twice: in a page, on dist/ and onnxruntime-web, and in Node, on src/ and
// onnxruntime-node. It is JavaScript so that the page loads this very file; an import map turns src/*.ts into dist/*.js.
import { softmaxCrossEntropy } from "../../src/autodiff/losses.ts";
import { random } from "../../src/core/random.ts";
import { float32, floats, scalar, sizeOf } from "../../src/core/tensor.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import { readModel } from "../../src/onnx/read.ts";
import { writeModel } from "../../src/onnx/write.ts";
import { sgd } from "../../src/optim/sgd.ts";
import { prune } from "../../src/surgery/cut.ts";
import { upgrade } from "../../src/surgery/upgrade.ts";
import { trainDenseHead } from "../../src/train/dense-head.ts";
import { stepGraph } from "../../src/train/step-graph.ts";

/** @import { Random } from "../../src/core/random.ts" */
/** @import { Tensor } from "../../src/core/tensor.ts" */
/** @import { Model } from "../../src/onnx/graph.ts" */
/** @import { Optimizer } from "../../src/optim/optimizer.ts" */
/** @import { Runtime } from "../../src/runtime/session.ts" */

/** Draws weights, pictures and labels alike in both engines. */
export const seed = 5;
const classes = 4;

/**
 * @typedef {object} Training
 * @property {Model} model pictures `input` and `targets` [N, classes] to `loss` []
 * @property {readonly string[]} trainable
 * @property {Optimizer} optimizer
 * @property {number} rate
 * @property {number} side of the square pictures, in pixels
 * @property {number} batch
 */

/**
 * Normal numbers times `scale`.
 * @param {Random} rng
 * @param {readonly number[]} shape
 */
function drawn(rng, shape, scale = 1) {
  return float32(
    Float32Array.from({ length: sizeOf(shape) }, () => scale * rng.normal()),
    shape,
  );
}

/**
 * Adds a linear head on `features` [N, width] and its loss.
 * @param {GraphBuilder} b
 * @param {string} features
 * @param {number} width
 * @param {Random} rng
 */
function writeLoss(b, features, width, rng) {
  const weight = b.initializer("head.weight", drawn(rng, [width, classes], 1 / Math.sqrt(width)));
  const bias = b.initializer("head.bias", float32(new Float32Array(classes)));
  const logits = b.op("Gemm", [features, weight, bias]);
  const targets = b.input("targets", "float32", ["N", classes]);
  const rows = softmaxCrossEntropy(b, { logits, targets, classes });
  b.output(b.op("ReduceMean", [rows], { keepdims: 0 }, { outputs: ["loss"] }), "float32", []);
  return [weight, bias];
}

/**
 * A small network with the joints of large ones: strides, BatchNorm, a depthwise Conv, ReLU6, a skip, a MaxPool.
 * @returns {Training}
 */
export function smallNetwork() {
  const rng = random(seed);
  const [side, batch, channels] = [16, 8, 8];
  const b = new GraphBuilder({ opset: 18 });
  /** @type {string[]} */
  const trainable = [];
  /** @param {readonly number[]} shape */
  const weight = (...shape) => {
    const fan = sizeOf(shape.slice(1));
    const name = b.initializer(`w${trainable.length}`, drawn(rng, shape, Math.sqrt(2 / fan)));
    trainable.push(name);
    return name;
  };
  /** @param {number} value */
  const vector = (value) => {
    const name = b.initializer(`w${trainable.length}`, float32(new Float32Array(channels).fill(value)));
    trainable.push(name);
    return name;
  };
  const input = b.input("input", "float32", [batch, 3, side, side]);
  const stem = b.op("Conv", [input, weight(channels, 3, 3, 3)], { strides: [2, 2], pads: [1, 1, 1, 1] });
  const [mean, variance] = [0, 1].map((value) => b.constant(float32(new Float32Array(channels).fill(value))));
  const norm = b.op("BatchNormalization", [stem, vector(1), vector(0), mean ?? "", variance ?? ""]);
  const first = b.op("Clip", [norm, b.constant(scalar(0)), b.constant(scalar(6))]);
  const spatial = b.op("Conv", [first, weight(channels, 1, 3, 3), vector(0)], {
    group: channels,
    pads: [1, 1, 1, 1],
  });
  const pointwise = b.op("Conv", [b.op("Relu", [spatial]), weight(channels, channels, 1, 1), vector(0)]);
  const skip = b.op("Add", [first, pointwise]);
  const pooled = b.op("MaxPool", [skip], { kernel_shape: [2, 2], strides: [2, 2] });
  const features = b.op("Flatten", [b.op("GlobalAveragePool", [pooled])]);
  trainable.push(...writeLoss(b, features, channels, rng));
  // Not Adam, to which the gradients' scale is all one: the dense head has that.
  const optimizer = sgd({ momentum: 0.9, nesterov: true, weightDecay: 0.01 });
  return { model: b.model(), trainable, optimizer, rate: 0.05, side, batch };
}

/**
 * A model with its batches' size written down, all its weights trained with a new head on its output `features`. The rate
 * is far below what one would train with: at 3e-4, MobileNet v2 whose weights are nudged by 1e-7 parts from itself by 1e-2
 * and more within ten steps, on one and the same engine; at 1e-6 it keeps within 1e-6, and the loss still falls.
 * @param {Uint8Array} file
 * @returns {Training}
 */
export function wholeBackbone(file) {
  const [side, batch] = [64, 4];
  const read = upgrade(readModel(file));
  const features = read.graph.outputs.find(({ name }) => name === "features");
  const width = features?.type?.kind === "tensor" ? features.type.shape?.[1] : undefined;
  if (!features || typeof width !== "number") throw new Error("the model has no output features [N, width]");
  /** @type {Model} */
  const backbone = {
    ...read,
    graph: prune({
      ...read.graph,
      inputs: [{ name: "input", type: { kind: "tensor", dtype: "float32", shape: [batch, 3, side, side] } }],
      outputs: [{ name: "features", type: undefined }],
      values: new Map(),
    }),
  };
  const convs = backbone.graph.nodes.filter(({ opType }) => opType === "Conv");
  const b = GraphBuilder.from(backbone);
  const trainable = convs.flatMap(({ inputs }) => inputs.slice(1));
  trainable.push(...writeLoss(b, "features", width, random(seed)));
  return { model: b.model(), trainable, optimizer: sgd({ momentum: 0.9 }), rate: 1e-6, side, batch };
}

/**
 * The loss before each of `count` steps on two batches in turn, and what a step took on average.
 * @param {Runtime} runtime
 * @param {Training} training
 * @param {number} count
 */
export async function stepLosses(runtime, training, count) {
  const { model, trainable, optimizer, rate, side, batch } = training;
  const rng = random(seed + 1);
  const batches = [0, 1].map(() => {
    const targets = new Float32Array(batch * classes);
    for (let row = 0; row < batch; row++) targets[row * classes + rng.int(classes)] = 1;
    return { input: drawn(rng, [batch, 3, side, side]), targets: float32(targets, [batch, classes]) };
  });
  const step = stepGraph(model, "loss", trainable, optimizer);
  const carried = [...step.parameters, ...step.state];
  const session = await runtime.load(writeModel(step.model));
  try {
    /** @type {Record<string, Tensor>} */
    let held = Object.fromEntries(carried.map(({ input, start }) => [input, start]));
    const losses = [];
    const begun = performance.now();
    for (let i = 0; i < count; i++) {
      const feeds = { ...batches[i % 2], ...held, rate: scalar(rate), step: scalar(i + 1) };
      const answer = await session.run(feeds);
      losses.push(floats(tensorOf(answer, "loss"))[0] ?? Number.NaN);
      held = Object.fromEntries(carried.map(({ input, output }) => [input, tensorOf(answer, output)]));
    }
    const milliseconds = (performance.now() - begun) / count;
    return { losses, milliseconds };
  } finally {
    await session.release();
  }
}

/**
 * @param {Readonly<Record<string, Tensor>>} answer
 * @param {string} name
 */
function tensorOf(answer, name) {
  const tensor = answer[name];
  if (!tensor) throw new Error(`the step gave no ${name}`);
  return tensor;
}

/**
 * Training and validation losses of a dense head with dropout, epoch by epoch, by the product's own loop.
 * @param {Runtime} runtime
 */
export async function headLosses(runtime) {
  const [width, rng] = [12, random(seed)];
  /** @param {number} rows */
  const set = (rows) => {
    const labels = Int32Array.from({ length: rows }, () => rng.int(classes));
    const features = Float32Array.from(
      { length: rows * width },
      (_, i) => rng.normal() + 2 * Number(i % width === labels[Math.floor(i / width)]),
    );
    return { rows, width, features, labels };
  };
  const training = trainDenseHead({
    runtime,
    spec: [
      { kind: "dense", units: 16, activation: "gelu" },
      { kind: "dropout", rate: 0.2 },
    ],
    train: set(90),
    val: set(40),
    classes,
    seed,
    epochs: 6,
  });
  const losses = [];
  for await (const event of training) losses.push(event.loss, event.valLoss ?? Number.NaN);
  return losses;
}
