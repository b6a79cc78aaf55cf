import { expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { float32, floats, int64 } from "../../core/tensor.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { writeModel } from "../../onnx/write.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import { backward } from "../backward.ts";
import { checkGradients } from "../testing/check-gradients.ts";

/** The gradient of Σ (1, 2, ...)·y by x [2, 3], y reduced over the last axis. */
async function gradientOf(operator: string, rows: readonly (readonly number[])[]): Promise<number[][]> {
  const b = new GraphBuilder({ opset: 18 });
  const x = b.initializer("x", float32(rows.flat(), [rows.length, 3]));
  const y = b.op(operator, [x, b.constant(int64([1]))], { keepdims: 0 });
  const weights = b.constant(float32(rows.map((_, i) => i + 1)));
  b.op("ReduceSum", [b.op("Mul", [y, weights])], { keepdims: 0 }, { outputs: ["loss"] });
  const { model, gradients } = backward(b.model(), "loss", ["x"]);
  const session = await nodeRuntime().load(writeModel(model));
  const answer = await session.run({});
  await session.release();
  // Minus zero is zero.
  const dx = Array.from(floats(answer[gradients.get("x")!]!), (value) => value + 0);
  return rows.map((_, i) => dx.slice(3 * i, 3 * i + 3));
}

test("several places that tie for the extreme share it evenly", async () => {
  const rows = [
    [1, 5, 5],
    [2, 2, 2],
  ];
  expect(await gradientOf("ReduceMax", rows)).toEqual([
    [0, 0.5, 0.5],
    [2 / 3, 2 / 3, 2 / 3].map(Math.fround),
  ]);
  expect((await gradientOf("ReduceMin", rows))[0]).toEqual([1, 0, 0]);
});

test("a product with zeros: the others' product all the same", async () => {
  expect(
    await gradientOf("ReduceProd", [
      [2, 3, 4],
      [0, 3, 4],
      [0, 0, 4],
      [0, 0, 0],
      [-2, 3, 0],
    ]),
  ).toEqual([
    [12, 8, 6],
    [24, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, -30],
  ]);
});

test("norms at the origin, where they have a kink: 0, not NaN", async () => {
  const rows = [
    [0, 0, 0],
    [3, 0, 4],
  ];
  expect((await gradientOf("ReduceL2", rows))[0]).toEqual([0, 0, 0]);
  expect((await gradientOf("ReduceL2", rows))[1]!.map((each) => each.toFixed(4))).toEqual([
    "1.2000",
    "0.0000",
    "1.6000",
  ]);
  expect(await gradientOf("ReduceL1", rows)).toEqual([
    [0, 0, 0],
    [2, 0, 2],
  ]);
});

test("logarithms of sums of large and small exponentials do not overflow", async () => {
  const [first] = await gradientOf("ReduceLogSumExp", [[200, 200, -200]]);
  expect(first!.map((each) => each.toFixed(4))).toEqual(["0.5000", "0.5000", "0.0000"]);
});

const operators = "Sum Mean Max Min Prod L1 L2 SumSquare LogSumExp".split(" ");

test.each(
  operators.flatMap((name) => [
    [`Reduce${name}`, [0, 2], 1],
    [`Reduce${name}`, [-1], 0],
    [`Reduce${name}`, [], 0],
  ]) as [string, number[], number][],
)("%s over axes %j with keepdims %i, of sizes known at run time only", async (operator, axes, keepdims) => {
  const seed = 41;
  const rng = random(seed);
  // Every product x·w lies off the kink at 0, and no two near each other.
  const x = Float32Array.from(
    { length: 24 },
    (_, i) => (i % 2 === 0 ? 1 : -1) * (0.5 + i / 30 + rng.next() / 100),
  );
  await checkGradients({
    weights: { w: [3, 1] },
    feeds: { x: float32(x, [2, 3, 4]) },
    seed,
    step: 2e-3,
    build: (b) => {
      const moved = b.op("Add", [
        b.input("x", "float32", ["N", 3, "L"]),
        b.op("Mul", ["w", b.constant(float32([0.01]))]),
      ]);
      const inputs = axes.length === 0 ? [moved] : [moved, b.constant(int64(axes))];
      return b.op(operator, inputs, { keepdims });
    },
  });
});
