import { expect, test } from "vitest";
import { random } from "../../src/core/random.ts";
import { float32, floats, integers, sizeOf } from "../../src/core/tensor.ts";
import type { Program, Step } from "../../src/export/channels-last/program.ts";
import { type Int8Plan, int8Plan, isLayer, rangedValues, storedLayer } from "../../src/export/tflite/int8.ts";
import { writeTflite } from "../../src/export/tflite/write.ts";
import { loadLitert } from "../../src/runtime/litert-node.ts";

const seed = 11;
const rng = random(seed);
const drawn = (...shape: number[]) =>
  float32(
    Float32Array.from({ length: sizeOf(shape) }, () => rng.normal() * 0.3),
    shape,
  );
const sliding = { strides: [1, 1], padding: "same", dilations: [1, 1] } as const;

/** Every step that has an 8-bit kernel, between a multiplication and a head that have none. */
const steps: readonly (Step & { readonly shape: readonly number[] })[] = [
  { op: "multiply", inputs: ["image", "half"], output: "scaled", shape: [1, 8, 8, 3] },
  {
    ...{ op: "conv2d", input: "scaled", filter: "f1", bias: "b1", activation: "relu6", ...sliding },
    ...{ output: "conv", shape: [1, 8, 8, 6] },
  },
  {
    ...{ op: "depthwiseConv2d", input: "conv", filter: "f2", bias: "b1", multiplier: 1 },
    ...{ activation: "none", ...sliding, output: "deep", shape: [1, 8, 8, 6] },
  },
  { op: "add", inputs: ["conv", "deep"], output: "sum", shape: [1, 8, 8, 6] },
  { op: "relu", input: "sum", output: "bent", shape: [1, 8, 8, 6] },
  { op: "concat", inputs: ["bent", "deep"], axis: 3, output: "both", shape: [1, 8, 8, 12] },
  {
    ...{ op: "pad", input: "both", amounts: [...margin(0), ...margin(1), ...margin(1), ...margin(0)] },
    ...{ value: -3.4028234663852886e38, output: "wide", shape: [1, 10, 10, 12] },
  },
  {
    ...{ op: "maxPool", input: "wide", window: [2, 2], strides: [2, 2], padding: "valid" },
    ...{ output: "most", shape: [1, 5, 5, 12] },
  },
  {
    ...{ op: "averagePool", input: "most", window: [2, 2], strides: [1, 1], padding: "valid" },
    ...{ output: "means", shape: [1, 4, 4, 12] },
  },
  { op: "mean", input: "means", axes: [1, 2], keepDims: true, output: "mean", shape: [1, 1, 1, 12] },
  { op: "reshape", input: "mean", output: "flat", shape: [1, 12] },
  {
    ...{ op: "fullyConnected", input: "flat", weights: "w1", bias: "b1", activation: "relu" },
    ...{ output: "hidden", shape: [1, 6] },
  },
  {
    ...{ op: "fullyConnected", input: "hidden", weights: "w2", bias: "b2", activation: "none" },
    ...{ output: "logits", shape: [1, 4] },
  },
  { op: "softmax", input: "logits", output: "answer", shape: [1, 4] },
] as const;

function margin(by: number): readonly (readonly [number, number])[] {
  return [[by, by]];
}

const program: Program = {
  name: "net",
  inputs: ["image"],
  outputs: ["answer"],
  values: new Map([
    ["image", { dtype: "float32", shape: [1, 8, 8, 3] }],
    ...steps.map(({ output, shape }) => [output, { dtype: "float32", shape }] as const),
  ]),
  constants: new Map([
    ["half", float32([0.5])],
    ["f1", drawn(6, 3, 3, 3)],
    ["b1", drawn(6)],
    ["f2", drawn(1, 3, 3, 6)],
    ["w1", drawn(6, 12)],
    ["w2", drawn(4, 6)],
    ["b2", drawn(4)],
  ]),
  steps,
};
const image = Float32Array.from({ length: 192 }, () => rng.normal() * 2);

async function answers(weights: "float32" | Int8Plan, outputs = program.outputs) {
  const file = writeTflite({ ...program, outputs }, { weights, labels: [], name: "net" });
  const session = await loadLitert(file);
  try {
    return await session.answers(image, [1, 8, 8, 3]);
  } finally {
    session.release();
  }
}

async function plan(exclude?: ReadonlySet<string>): Promise<Int8Plan> {
  const names = rangedValues(program);
  const values = await answers("float32", names);
  const ranges = names.map((name, i) => {
    const numbers = values[i]!;
    return [name, { low: Math.min(...numbers), high: Math.max(...numbers) }] as const;
  });
  return int8Plan(program, new Map(ranges), exclude);
}

/** What has a place in 8 bits. */
const names = steps.map(({ output }) => output).slice(1, -2);

test("every value of a program in 8 bits is within a few steps of its grid of what it is in float", async () => {
  const whole = await plan();
  expect([...whole.steps]).toEqual(names);
  // The margin is the lowest number in either, which is not the same.
  const compared = names.filter((name) => name !== "wide");
  const [exact, rounded] = [await answers("float32", compared), await answers(whole, compared)];
  for (const [i, name] of compared.entries()) {
    const { scale } = whole.grids.get(name)!;
    const apart = Math.max(...exact[i]!.map((value, k) => Math.abs(value - rounded[i]![k]!)));
    expect(apart, `${name}, seed ${seed}`).toBeLessThan(6 * scale);
    expect(apart, `${name} differs at all`).toBeGreaterThan(0);
  }
});

test("grids: worked out by hand, and shared where numbers are handed on", async () => {
  const ranges = new Map([
    ["scaled", { low: -1, high: 3 }],
    ["conv", { low: 0, high: 5.1 }],
  ]);
  const { steps: inInt8, grids } = int8Plan(program, ranges);
  expect([...inInt8]).toEqual(["conv"]);
  expect(grids.get("scaled")).toEqual({ scale: Math.fround(4 / 255), zero: -64 });
  expect(grids.get("conv")).toEqual({ scale: Math.fround(5.1 / 255), zero: -128 });
  const whole = await plan();
  for (const name of ["bent", "deep", "wide", "most", "means"])
    expect(whole.grids.get(name)).toEqual(whole.grids.get("both"));
  expect(whole.grids.get("flat")).toEqual(whole.grids.get("mean"));
});

test("what is excluded stays in float, and what no layer in 8 bits needs", async () => {
  expect([...(await plan(new Set(["conv"]))).steps]).toEqual(["deep", "hidden"]);
  const pooled = await plan(new Set(["hidden"]));
  expect([...pooled.steps]).toEqual(["conv", "deep"]);
  const [[exact], [rounded]] = [await answers("float32"), await answers(pooled)];
  for (const [i, value] of exact!.entries()) expect(rounded![i]).toBeCloseTo(value, 1);
});

test("weights have a scale an output channel, dense layers one for all; biases that of their products", () => {
  for (const step of program.steps.filter(isLayer)) {
    const { weights, bias } = storedLayer(step, program.constants, 0.02);
    const exact = floats(program.constants.get(step.op === "fullyConnected" ? step.weights : step.filter)!);
    expect(weights.scales).toHaveLength(step.op === "fullyConnected" ? 1 : 6);
    const channel = {
      conv2d: (i: number) => Math.floor(i / 27),
      depthwiseConv2d: (i: number) => i % 6,
      fullyConnected: () => 0,
    }[step.op];
    const whole = new Int8Array(weights.tensor.bytes.buffer);
    for (const [i, value] of exact.entries()) {
      const scale = weights.scales[channel(i)]!;
      expect(Math.abs(whole[i]! * scale - value)).toBeLessThanOrEqual(0.5001 * scale);
    }
    for (const [i, value] of integers(bias.tensor).entries()) {
      const scale = weights.scales[weights.scales.length > 1 ? i : 0]! * 0.02;
      expect(Math.abs(value * scale - floats(program.constants.get(step.bias)!)[i]!)).toBeLessThan(scale);
    }
  }
});
