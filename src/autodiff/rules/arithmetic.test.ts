import { expect, test } from "vitest";
import { float32, floats, int64, scalar, type Tensor } from "../../core/tensor.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { writeModel } from "../../onnx/write.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import { backward } from "../backward.ts";
import { GradientError } from "../errors.ts";

/** The gradients of Σ y by each weight, and the operators that wrote them. */
async function gradientsOf(
  weights: Readonly<Record<string, Tensor>>,
  build: (b: GraphBuilder) => string,
): Promise<{ all: number[][]; operators: readonly string[] }> {
  const b = new GraphBuilder({ opset: 18 });
  for (const [name, tensor] of Object.entries(weights)) b.initializer(name, tensor);
  const y = build(b);
  b.op("ReduceSum", [y], { keepdims: 0 }, { outputs: ["loss"] });
  const forward = b.model().graph.nodes.length;
  const { model, gradients } = backward(b.model(), "loss", Object.keys(weights));
  const session = await nodeRuntime().load(writeModel(model));
  const answer = await session.run({});
  await session.release();
  const all = Object.keys(weights).map((name) => [...floats(answer[gradients.get(name)!]!)]);
  return { all, operators: model.graph.nodes.slice(forward).map((node) => node.opType) };
}

test("Max and Min: a tie goes to the first input alone", async () => {
  const weights = { a: float32([1, 2, 3]), b: float32([1, 3, 2]), c: float32([1, 3, 3]) };
  const { all } = await gradientsOf(weights, (b) => b.op("Max", ["a", "b", "c"]));
  expect(all).toEqual([
    [1, 0, 1],
    [0, 1, 0],
    [0, 0, 0],
  ]);
  const least = await gradientsOf(weights, (b) => b.op("Min", ["c", "b", "a"]));
  expect(least.all).toEqual([
    [0, 1, 0],
    [0, 0, 1],
    [1, 0, 0],
  ]);
  expect((await gradientsOf({ a: scalar(4) }, (b) => b.op("Max", ["a", "a"]))).all).toEqual([[1]]);
});

test("Pow by a constant: the cheap forms hold no Pow, and are finite at 0", async () => {
  const power = (exponent: Tensor) =>
    gradientsOf({ a: float32([-2, 0, 3]) }, (b) => b.op("Pow", ["a", b.constant(exponent)]));
  const square = await power(scalar(2));
  expect(square.all).toEqual([[-4, 0, 6]]);
  expect(square.operators).not.toContain("Pow");
  expect((await power(int64([2], [1]))).all).toEqual([[-4, 0, 6]]);
  expect((await power(scalar(3))).all).toEqual([[12, 0, 27]]);
  expect((await power(scalar(1))).all).toEqual([[1, 1, 1]]);
  expect((await power(scalar(0))).all.flat().map(Math.abs)).toEqual([0, 0, 0]);
});

test("Pow by exponents that differ: negative bases, 0 to a power, and d/db = aᵇ·ln a", async () => {
  const weights = { a: float32([-2, 0, 2, Math.E]), b: float32([3, 2, 3, 1]) };
  const { all } = await gradientsOf(weights, (b) => b.op("Pow", ["a", "b"]));
  const [da = [], db = []] = all;
  expect(da).toEqual([12, 0, 12, 1]);
  expect(db[0]).toBeNaN();
  expect(db[1]).toBe(0);
  expect(db[2]).toBeCloseTo(8 * Math.LN2, 5);
  expect(db[3]).toBeCloseTo(Math.E, 5);
});

test("Div: both gradients share dy / b", async () => {
  const { all, operators } = await gradientsOf({ a: float32([1, 6]), b: float32([2, 3]) }, (b) =>
    b.op("Div", ["a", "b"]),
  );
  expect(operators.filter((each) => each === "Div")).toHaveLength(1);
  expect(all[0]).toEqual([0.5, Math.fround(1 / 3)]);
  expect(all[1]![0]).toBe(-0.25);
  expect(all[1]![1]).toBeCloseTo(-2 / 3, 6);
});

const dropout = (training: (b: GraphBuilder) => string) =>
  gradientsOf({ a: float32([1, 2]) }, (b) => b.op("Dropout", ["a", b.constant(scalar(0.5)), training(b)]));
const flag = (value: number): Tensor => ({ dtype: "bool", shape: [], bytes: Uint8Array.of(value) });

test("Dropout passes at inference and refuses training mode in words", async () => {
  expect((await dropout((b) => b.constant(flag(0)))).all).toEqual([[1, 1]]);
  await expect(dropout((b) => b.constant(flag(1)))).rejects.toThrow(GradientError);
  await expect(dropout((b) => b.constant(flag(1)))).rejects.toThrow("drops values at random");
  await expect(dropout((b) => b.input("mode", "bool", []))).rejects.toThrow("'mode'");
});

test("Cast: float32 to float32 passes; a way through another type is none", async () => {
  expect((await gradientsOf({ a: float32([1, 2]) }, (b) => b.op("Cast", ["a"], { to: 1 }))).all).toEqual([
    [1, 1],
  ]);
  const rounded = gradientsOf({ a: float32([1, 2]) }, (b) =>
    b.op("Cast", [b.op("Cast", ["a"], { to: 7 })], { to: 1 }),
  );
  await expect(rounded).rejects.toThrow("does not depend on it");
});
