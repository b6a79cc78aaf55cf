import { expect, test } from "vitest";
import { float32, floats } from "../../core/tensor.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { writeModel } from "../../onnx/write.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import { backward } from "../backward.ts";
import {
  binaryCrossEntropy,
  meanSquaredError,
  sigmoidFocalLoss,
  softmaxCrossEntropy,
  softmaxFocalLoss,
} from "../losses.ts";
import type { LossInputs } from "../testing/loss.ts";

const classes = 2;
const each = [1.5, 0.5];

const losses: Readonly<Record<string, (b: GraphBuilder, x: LossInputs) => string>> = {
  softmaxCrossEntropy: (b, x) => softmaxCrossEntropy(b, { ...x, classes, classWeights: each }),
  softmaxFocalLoss: (b, x) => softmaxFocalLoss(b, { ...x, classes, alpha: each }),
  binaryCrossEntropy: (b, x) => binaryCrossEntropy(b, { ...x, classes, positiveWeights: each }),
  sigmoidFocalLoss: (b, x) => sigmoidFocalLoss(b, { ...x, classes, alpha: 0.25 }),
  meanSquaredError: (b, x) =>
    meanSquaredError(b, { predictions: x.logits, targets: x.targets, width: classes }),
};

test.each(Object.entries(losses))("%s: a batch of unknown size, its rows weighted", async (_name, write) => {
  const b = new GraphBuilder({ opset: 18 });
  const x = b.input("x", "float32", ["N", 1]);
  const w = b.initializer("w", float32([0.3, -0.2], [1, classes]));
  const logits = b.op("MatMul", [x, w]);
  const rows = write(b, { logits, targets: b.input("t", "float32", ["N", classes]) });
  const weighted = b.op("Mul", [rows, b.input("weights", "float32", ["N"])]);
  b.output(b.op("ReduceSum", [weighted], { keepdims: 0 }, { outputs: ["loss"] }), "float32", []);
  const { model, gradients } = backward(b.model(), "loss", ["w"]);
  const session = await nodeRuntime().load(writeModel(model));
  const run = async (xs: readonly number[], targets: readonly number[], weights: readonly number[]) => {
    const n = xs.length;
    const feeds = { x: float32(xs, [n, 1]), t: float32(targets, [n, classes]), weights: float32(weights) };
    const answer = await session.run(feeds);
    return [answer.loss!, answer[gradients.get("w")!]!].flatMap((tensor) => [...floats(tensor)]);
  };
  const first = await run([2], [1, 0], [1]);
  const second = await run([-1], [0, 1], [1]);
  const both = await run([2, -1], [1, 0, 0, 1], [0.25, 3]);
  await session.release();
  expect(first.some((value) => value !== 0)).toBe(true);
  for (const [i, value] of both.entries()) {
    expect(value).toBeCloseTo(0.25 * first[i]! + 3 * second[i]!, 5);
  }
});
