import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import { float32, floats } from "../core/tensor.ts";
import { writeModel } from "../onnx/write.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { type Activation, type HeadSpec, headGraph, initialWeights } from "./head-graph.ts";

const rt = nodeRuntime();

/** x·Φ(x) with Φ from its series, erf(z) = 2/√π Σ (-1)ⁿ z²ⁿ⁺¹ / (n!(2n+1)). */
function gelu(x: number): number {
  const z = x / Math.SQRT2;
  let [term, sum] = [z, z];
  for (let n = 1; n < 60; n++) {
    term *= (-z * z) / n;
    sum += term / (2 * n + 1);
  }
  return (x / 2) * (1 + (2 / Math.sqrt(Math.PI)) * sum);
}

const formulas: Record<Activation, (x: number) => number> = {
  relu: (x) => Math.max(0, x),
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  silu: (x) => x / (1 + Math.exp(-x)),
  gelu,
  linear: (x) => x,
};

test.each(Object.entries(formulas))("a hidden layer with %s", async (activation, formula) => {
  const spec: HeadSpec = [
    { kind: "dense", units: 2, activation: activation as Activation },
    { kind: "dropout", rate: 0.5 },
  ];
  const weights = new Map([
    ["head.0.weight", float32([1, -1, 0.5, 2], [2, 2])],
    ["head.0.bias", float32([0.25, -0.5])],
    ["head.1.weight", float32([1, 0, 3, 0, 1, -2], [2, 3])],
    ["head.1.bias", float32([0, 1, 0])],
  ]);
  const session = await rt.load(writeModel(headGraph(spec, { width: 2, classes: 3 }, { weights })));
  const answer = await session.run({ features: float32([1, 2, -3, 0.5], [2, 2]) });
  await session.release();
  const expected = [
    [1, 2],
    [-3, 0.5],
  ].flatMap(([x = 0, y = 0]) => {
    const [a, b] = [formula(x + 0.5 * y + 0.25), formula(-x + 2 * y - 0.5)];
    return [a, b + 1, 3 * a - 2 * b];
  });
  const logits = answer.logits!;
  expect(logits.shape).toEqual([2, 3]);
  for (const [i, value] of floats(logits).entries()) expect(value).toBeCloseTo(expected[i]!, 5);
});

test("the linear head is one Gemm from features to logits", () => {
  const model = headGraph([], { width: 4, classes: 3 }, { random: random(1) });
  expect(model.graph.nodes.map((node) => node.opType)).toEqual(["Gemm", "Identity"]);
  expect([...model.graph.initializers.keys()]).toEqual(["head.0.weight", "head.0.bias"]);
});

test("initial weights fill He's or Glorot's range, biases are zero, the seed decides", () => {
  const seed = 21;
  const spec: HeadSpec = [
    { kind: "dense", units: 200, activation: "relu" },
    { kind: "dense", units: 100, activation: "tanh" },
  ];
  const weights = initialWeights(spec, { width: 300, classes: 10 }, random(seed));
  for (const [name, limit] of [
    ["head.0.weight", Math.sqrt(6 / 300)],
    ["head.1.weight", Math.sqrt(6 / (200 + 100))],
    ["head.2.weight", Math.sqrt(6 / (100 + 10))],
  ] as const) {
    const values = floats(weights.get(name)!);
    const largest = Math.max(...values.map(Math.abs));
    expect(largest, `${name}, seed ${seed}`).toBeLessThanOrEqual(limit * (1 + 1e-6));
    expect(largest, `${name}, seed ${seed}`).toBeGreaterThan(limit * 0.97);
    // The variance of a uniform distribution on ±limit is limit²/3.
    const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    expect(variance / (limit ** 2 / 3), `${name}, seed ${seed}`).toBeCloseTo(1, 0);
  }
  expect(floats(weights.get("head.1.bias")!).every((value) => value === 0)).toBe(true);
  const first = (from: number) =>
    floats(initialWeights(spec, { width: 300, classes: 10 }, random(from)).get("head.0.weight")!)[0];
  expect(first(seed)).toBe(floats(weights.get("head.0.weight")!)[0]);
  expect(first(seed + 1)).not.toBe(first(seed));
});

test("weights that are missing or of another shape are refused", () => {
  const size = { width: 2, classes: 2 };
  expect(() => headGraph([], size, { weights: new Map() })).toThrow("no weights for head.0.weight");
  const wrong = new Map([["head.0.weight", float32([1, 2, 3], [3, 1])]]);
  expect(() => headGraph([], size, { weights: wrong })).toThrow("must be float32 [2,2], not float32 [3,1]");
});
