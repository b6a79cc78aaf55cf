import { expect, test } from "vitest";
import { float32, floats, scalar, type Tensor } from "../core/tensor.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import { writeModel } from "../onnx/write.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { movingAverage } from "./average.ts";

/** The average after each update with these weights, from onnxruntime, starting at step `first`. */
async function averages(start: number, weights: readonly number[], decay: number, first = 1) {
  const b = new GraphBuilder({ opset: 18 });
  const average = b.input("average", "float32", [2, 1]);
  const weight = b.input("weight", "float32", [2, 1]);
  const next = movingAverage(b, { average, weight, decay, step: b.input("step", "float32", []) });
  b.output(next, "float32", [2, 1]);
  const session = await nodeRuntime().load(writeModel(b.model()));
  let now: Tensor = float32([start, -start], [2, 1]);
  const after: number[] = [];
  for (const [i, w] of weights.entries()) {
    const answer = await session.run({
      average: now,
      weight: float32([w, -w], [2, 1]),
      step: scalar(first + i),
    });
    now = answer[next]!;
    const [a = Number.NaN, b = Number.NaN] = floats(now);
    expect(b).toBe(-a);
    after.push(a);
  }
  await session.release();
  return after;
}

test("early on d is 2/11, 3/12, 4/13: weights of the start are forgotten", async () => {
  // 11·2/11 + 22·9/11 = 20; 20·1/4 + 4·3/4 = 8; 8·4/13 + 34·9/13 = 26
  const actual = await averages(11, [22, 4, 34], 0.999);
  for (const [i, expected] of [20, 8, 26].entries()) expect(actual[i]).toBeCloseTo(expected, 5);
});

test("later on d is the decay", async () => {
  // (1 + 1000) / (10 + 1000) = 0.991 is above 0.75: 0.75·8 + 0.25·4 = 7, 0.75·7 + 0.25·3 = 6
  const actual = await averages(8, [4, 3], 0.75, 1000);
  for (const [i, expected] of [7, 6].entries()) expect(actual[i]).toBeCloseTo(expected, 5);
});

test("where the average is the weight it stays, to the bit", async () => {
  const weight = Math.fround(0.1);
  expect(await averages(weight, [weight, weight, weight], 0.9)).toEqual([weight, weight, weight]);
});

test("what depends on the step alone is written once for all weights", () => {
  const b = new GraphBuilder({ opset: 18 });
  const step = b.input("step", "float32", []);
  const nodesAfter = [1, 2, 3].map((i) => {
    const average = b.input(`average${i}`, "float32", [3]);
    movingAverage(b, { average, weight: b.input(`weight${i}`, "float32", [3]), decay: 0.99, step });
    return b.graph().nodes.length;
  });
  // (1 + step), (10 + step), Div, Min, Sub; and for each weight two Reshapes, Sub, Mul, Add, Shape, Reshape.
  expect(nodesAfter).toEqual([12, 19, 26]);
});
