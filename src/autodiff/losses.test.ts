import { expect, test } from "vitest";
import { float32, floats, int32, type Tensor } from "../core/tensor.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import { writeModel } from "../onnx/write.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { backward } from "./backward.ts";
import { oneHot, softmaxCrossEntropy } from "./losses.ts";

const classes = 3;
const logits = [
  [2, -1, 0.5],
  [0, 0, 0],
  [100, -100, 0],
];

interface Options {
  readonly labelSmoothing?: number;
  readonly classWeights?: readonly number[];
}

/** Each row's loss, and the gradient of their mean by the logits, from onnxruntime. */
async function run(targets: readonly (readonly number[])[], options: Options = {}) {
  const b = new GraphBuilder({ opset: 18 });
  const z = b.initializer("z", float32(logits.flat(), [3, classes]));
  const t = b.initializer("t", float32(targets.flat(), [3, classes]));
  const rows = softmaxCrossEntropy(b, { logits: z, targets: t, classes, ...options });
  b.op("ReduceMean", [rows], { keepdims: 0 }, { outputs: ["loss"] });
  b.output(rows, "float32", [3]);
  const { model, gradients } = backward(b.model(), "loss", ["z"]);
  const session = await nodeRuntime().load(writeModel(model));
  const answer = await session.run({});
  await session.release();
  return { rows: [...floats(answer[rows]!)], gradient: [...floats(answer[gradients.get("z")!]!)] };
}

function close(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i]!, 5);
}

/** softmax of the first row: e² = 7.389056, e⁻¹ = 0.367879, e^0.5 = 1.648721, sum 9.405657 */
const p = [0.7855971, 0.0391126, 0.1752904];
const hard = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 1, 0],
];

test("hard targets: -log p of the class, also where the exponential overflows", async () => {
  const { rows, gradient } = await run(hard);
  close(rows, [0.2413112, Math.log(3), 200]);
  // (p - t) / N
  const third = 1 / 9;
  close(gradient, [(p[0]! - 1) / 3, p[1]! / 3, p[2]! / 3, third, third - 1 / 3, third, 1 / 3, -1 / 3, 0]);
});

test("label smoothing: t·(1 - ε) + ε/3", async () => {
  const { rows } = await run(hard, { labelSmoothing: 0.3 });
  // 0.8·0.2413112 + 0.1·3.2413112 + 0.1·1.7413112; 100·0.1·(0 + 1) + 0.8·200
  close(rows, [0.6913112, Math.log(3), 170]);
});

test("soft targets", async () => {
  const soft = [
    [0.5, 0, 0.5],
    [0.2, 0.3, 0.5],
    [1, 0, 0],
  ];
  const { rows } = await run(soft);
  close(rows, [0.5 * (0.2413112 + 1.7413112), Math.log(3), 0]);
});

test("class weights multiply rows, and the mean divides by the rows, not by the weights (Keras)", async () => {
  const weighted = await run(hard, { classWeights: [4, 0.5, 7], labelSmoothing: 0.3 });
  close(weighted.rows, [4 * 0.6913112, 0.5 * Math.log(3), 85]);
  const { gradient } = await run(hard, { classWeights: [3, 3, 3] });
  close(gradient.slice(0, 3), [p[0]! - 1, p[1]!, p[2]!]);
});

test("oneHot", async () => {
  const b = new GraphBuilder({ opset: 18 });
  b.output(oneHot(b, b.input("labels", "int32", ["N"]), classes), "float32", ["N", classes]);
  const session = await nodeRuntime().load(writeModel(b.model()));
  const feeds: Record<string, Tensor> = { labels: int32([2, 0], [2]) };
  const answer = await session.run(feeds);
  await session.release();
  expect([...floats(answer[session.outputs[0]!]!)]).toEqual([0, 0, 1, 1, 0, 0]);
});
