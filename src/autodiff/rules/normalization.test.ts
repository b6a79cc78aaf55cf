import { expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { float32, floats, sizeOf, type Tensor } from "../../core/tensor.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import type { Shape } from "../../onnx/graph.ts";
import { writeModel } from "../../onnx/write.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import { backward } from "../backward.ts";
import { checkGradients } from "../testing/check-gradients.ts";

const drawn = (shape: readonly number[], seed: number): Tensor => {
  const rng = random(seed);
  return float32(
    Float32Array.from({ length: sizeOf(shape) }, () => rng.normal()),
    shape,
  );
};
const free: Shape = ["N", 4, "H", "W"];

/** Each row writes its node on x [N, 4, H, W]; `scale` and `bias` are trainable, [4]. */
const rows: readonly (readonly [string, number, (b: GraphBuilder, x: string) => string])[] = [
  [
    "BatchNormalization",
    18,
    (b, x) => {
      const running = [float32([0.1, 0, -0.2, 0.3]), float32([1, 2, 0.5, 1])].map((each) => b.constant(each));
      return b.op("BatchNormalization", [x, "scale", "bias", ...running]);
    },
  ],
  ["InstanceNormalization", 17, (b, x) => b.op("InstanceNormalization", [x, "scale", "bias"])],
  ["GroupNormalization", 21, (b, x) => b.op("GroupNormalization", [x, "scale", "bias"], { num_groups: 2 })],
  [
    "LayerNormalization",
    18,
    (b, x) => {
      const last = b.op("Transpose", [x], { perm: [0, 2, 3, 1] });
      return b.op("LayerNormalization", [last, "scale", "bias"]);
    },
  ],
];

test.each(rows)("%s at opset %i, of sizes known at run time only", async (_, opset, write) => {
  await checkGradients({
    weights: { w: [4, 1, 1], scale: [4], bias: [4] },
    feeds: { x: drawn([2, 4, 2, 3], 51) },
    seed: 52,
    opset,
    build: (b) => write(b, b.op("Add", [b.input("x", "float32", free), b.op("Mul", ["w", "w"])])),
  });
});

test.each([
  ["LRN", { size: 3, alpha: 0.5 }],
  ["LpNormalization", { axis: 1 }],
  ["LpNormalization", { axis: -1, p: 1 }],
])("%s %j, of sizes known at run time only", async (operator, attributes) => {
  await checkGradients({
    weights: { w: [4, 1, 1] },
    feeds: { x: drawn([2, 4, 2, 3], 53) },
    seed: 54,
    build: (b) => b.op(operator, [b.op("Mul", [b.input("x", "float32", free), "w"])], attributes),
  });
});

test("a vector of zeros has no direction: its gradient through LpNormalization is 0", async () => {
  const b = new GraphBuilder({ opset: 18 });
  const x = b.initializer("x", float32([0, 0, 3, 4], [2, 2]));
  const y = b.op("LpNormalization", [x], { axis: 1 });
  const v = b.constant(float32([1, 2, 1, 0], [2, 2]));
  b.op("ReduceSum", [b.op("Mul", [y, v])], { keepdims: 0 }, { outputs: ["loss"] });
  const { model, gradients } = backward(b.model(), "loss", ["x"]);
  const session = await nodeRuntime().load(writeModel(model));
  const answer = await session.run({});
  await session.release();
  const [a, c, d, e] = floats(answer[gradients.get("x")!]!);
  // y₁ = 3/5: (1 - y₁²) / 5 and -y₁·y₂ / 5
  expect([a, c]).toEqual([0, 0]);
  expect(d).toBeCloseTo(0.128, 6);
  expect(e).toBeCloseTo(-0.096, 6);
});

test("one picture of one number a channel: everything is its own mean, and nothing moves", async () => {
  const b = new GraphBuilder({ opset: 18 });
  const x = b.initializer("x", float32([5, -3], [1, 2, 1, 1]));
  const weights = ["scale", "bias"].map((name) => b.initializer(name, float32([1, 2])));
  const y = b.op("InstanceNormalization", [x, ...weights]);
  b.op("ReduceSum", [y], { keepdims: 0 }, { outputs: ["loss"] });
  const { model, gradients } = backward(b.model(), "loss", ["x", "scale", "bias"]);
  const session = await nodeRuntime().load(writeModel(model));
  const answer = await session.run({});
  await session.release();
  const of = (name: string): number[] => [...floats(answer[gradients.get(name)!]!)];
  expect([of("x"), of("scale"), of("bias")].map((each) => each.map(Math.abs))).toEqual([
    [0, 0],
    [0, 0],
    [1, 1],
  ]);
});
