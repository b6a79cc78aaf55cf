import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession } from "onnxruntime-node";
import { afterAll, expect, test } from "vitest";
import { random } from "../../src/core/random.ts";
import { float32, floats, sizeOf, type Tensor } from "../../src/core/tensor.ts";
import { calibrate, observe, observed } from "../../src/export/quantise/calibrate.ts";
import { gridOf, throughGrid } from "../../src/export/quantise/numbers.ts";
import type { PlanOptions } from "../../src/export/quantise/plan.ts";
import { quantise } from "../../src/export/quantise/quantise.ts";
import { rangeOf } from "../../src/export/quantise/range.ts";
import { sensitivity, signalToNoise } from "../../src/export/quantise/sensitivity.ts";
import type { Model } from "../../src/onnx/graph.ts";
import { readModel } from "../../src/onnx/read.ts";
import { writeModel } from "../../src/onnx/write.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { Net } from "../surgery/networks.ts";
import { run } from "../surgery/run.ts";

const seed = 31;
const folder = mkdtempSync(join(tmpdir(), "tsugiki-quantise-"));
afterAll(() => rmSync(folder, { recursive: true }));

function normal(shape: readonly number[], shift = 0, from = random(seed)): Tensor {
  return float32(
    Float32Array.from({ length: sizeOf(shape) }, () => from.normal() + shift),
    shape,
  );
}

/** Eight inputs for a Net, each drawn anew. */
function draws(shift = 0): { input: Tensor }[] {
  const from = random(seed);
  return Array.from({ length: 8 }, () => ({ input: normal([1, 3, 32, 32], shift, from) }));
}

async function rangesFor(model: Model, options: PlanOptions = {}, shift = 0) {
  const counting = observed(model, options);
  const session = await nodeRuntime().load(writeModel(counting.model));
  const ranges = await calibrate(session, counting, draws(shift), "min-max");
  await session.release();
  return ranges;
}

async function quantised(model: Model, options: PlanOptions = {}, shift = 0): Promise<Model> {
  return quantise(model, await rangesFor(model, options, shift), options);
}

/** The operators that the engine really runs. */
async function fused(model: Model): Promise<Model> {
  const path = join(folder, "optimised.onnx");
  const options = { optimizedModelFilePath: path, logSeverityLevel: 4 } as const;
  await (await InferenceSession.create(writeModel(model), options)).release();
  return readModel(readFileSync(path));
}

function counts({ graph }: Model): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { opType } of graph.nodes) found[opType] = (found[opType] ?? 0) + 1;
  return found;
}

/** Signal to noise of the first output, over inputs that were not calibrated with. */
async function agreement(model: Model, other: Model, shift = 0): Promise<number> {
  const input = normal([1, 3, 32, 32], shift, random(seed + 1));
  const [name = ""] = model.graph.outputs.map((output) => output.name);
  const [exact, rounded] = [await run(model, { input }), await run(other, { input })];
  return signalToNoise([floats(exact[name]!)], [floats(rounded[name]!)]);
}

test("rounding to a grid is what the engine's QuantizeLinear and DequantizeLinear do", async () => {
  const model = new Net().b;
  const grid = gridOf({ low: -1.7, high: 2.3 });
  const [scale, zero] = [
    model.constant(float32([grid.scale], [])),
    model.constant({ dtype: "uint8", shape: [], bytes: Uint8Array.of(grid.zero) }),
  ];
  model.output(
    model.op(
      "DequantizeLinear",
      [model.op("QuantizeLinear", ["input", scale, zero]), scale, zero],
      {},
      { outputs: ["y"] },
    ),
    "float32",
  );
  const input = normal([1, 3, 32, 32]);
  const { y } = await run(model.model(), { input });
  expect(throughGrid(floats(input), grid)).toEqual(floats(y!));
});

/** Convolutions with Relu and Clip, a depthwise one, a sum, two kinds of pool, a concatenation and a head. */
function network(): Model {
  const net = new Net();
  const clip = (x: string): string =>
    net.b.op("Clip", [x, net.b.constant(float32([0], [])), net.b.constant(float32([6], []))]);
  const stem = clip(net.conv("input", 3, 8, 3, 2));
  const depthwise = net.b.op(
    "Conv",
    [stem, net.weight(8, 1, 3, 3), net.weight(8)],
    { group: 8, pads: [1, 1, 1, 1] },
    { name: "depthwise" },
  );
  const narrow = net.conv(net.relu(depthwise), 8, 8, 1);
  const sum = net.b.op("Add", [stem, narrow], {}, { name: "sum" });
  const pooled = net.b.op("MaxPool", [net.relu(sum)], { kernel_shape: [2, 2], strides: [2, 2] });
  const both = [net.relu(net.conv(pooled, 8, 6, 1)), net.relu(net.conv(pooled, 8, 10))];
  const wide = net.b.op("Concat", both, { axis: 1 }, { name: "wide" });
  const last = net.relu(
    net.conv(net.b.op("AveragePool", [wide], { kernel_shape: [2, 2], strides: [2, 2] }), 16, 12),
  );
  const vector = net.flatten(net.pool(last));
  net.b.output(net.b.op("Identity", [vector], {}, { outputs: ["embedding"] }), "float32");
  net.b.output(net.gemm(vector, 12, 5, "logits"), "float32");
  return net.b.model();
}

test("every kind of layer reaches its 8-bit kernel, and the answer is near", async () => {
  const model = network();
  const small = await quantised(model);
  const kernels = counts(await fused(small));
  expect(kernels).toMatchObject({
    QuantizeLinear: 1,
    QLinearConv: 6,
    QLinearAdd: 1,
    QLinearConcat: 1,
    NhwcMaxPool: 1,
  });
  expect(kernels).toMatchObject({
    QLinearAveragePool: 1,
    DequantizeLinear: 1,
    GlobalAveragePool: 1,
    Gemm: 1,
  });
  expect(kernels).not.toHaveProperty("Relu");
  expect(kernels).not.toHaveProperty("Clip");
  expect(await agreement(model, small), `seed ${seed}`).toBeGreaterThan(25);
  expect(small.graph.outputs).toEqual(model.graph.outputs);
  // What goes into a concatenation stands on the grid of the whole.
  const scales = small.graph.nodes.flatMap(({ opType, inputs }) =>
    opType === "QuantizeLinear" ? [inputs[1]] : [],
  );
  expect(scales.length - new Set(scales).size).toBe(3);
});

test("up to the output asked for: with the logits the head is in 8 bits too and answers in float", async () => {
  const model = network();
  const small = await quantised(model, { until: "logits" });
  expect(counts(await fused(small))).toMatchObject({ QGemm: 1, QLinearGlobalAveragePool: 1 });
  expect(await agreement(model, small), `seed ${seed}`).toBeGreaterThan(20);
});

test("an excluded layer keeps its weights, and the engine does not quantise it behind our back", async () => {
  const model = network();
  const small = quantise(model, await rangesFor(model), { exclude: new Set(["depthwise", "wide"]) });
  const kernels = counts(await fused(small));
  expect(kernels).toMatchObject({ QLinearConv: 5, Conv: 1, Concat: 1 });
  const conv = small.graph.nodes.find(({ name }) => name === "depthwise")!;
  const before = model.graph.nodes.find(({ name }) => name === "depthwise")!;
  expect(conv.inputs.slice(1)).toEqual(before.inputs.slice(1));
  expect(small.graph.initializers.get(conv.inputs[1]!)).toBe(model.graph.initializers.get(before.inputs[1]!));
  expect(await agreement(model, small), `seed ${seed}`).toBeGreaterThan(25);
});

test("padding is exact where all numbers seen are far from zero", async () => {
  const net = new Net();
  net.b.output(net.conv("input", 3, 4), "float32");
  const model = net.b.model();
  const ranges = await rangesFor(model, {}, 50);
  expect(ranges.get("input")!.low).toBe(0);
  expect(await agreement(model, quantise(model, ranges), 50), `seed ${seed}`).toBeGreaterThan(30);
});

test("a Clip that leaves out zero stays, as does one whose input others read", async () => {
  const net = new Net();
  const bound = (value: number): string => net.b.constant(float32([value], []));
  const first = net.conv("input", 3, 4);
  const clipped = net.b.op("Clip", [first, bound(0.5), bound(2)]);
  const second = net.conv(clipped, 4, 4);
  const third = net.conv(net.b.op("Add", [net.relu(second), second]), 4, 4);
  net.b.output(third, "float32");
  const model = net.b.model();
  const small = await quantised(model);
  expect(counts(small)).toMatchObject({ Clip: 1, Relu: 1, Conv: 3 });
  expect(await agreement(model, small), `seed ${seed}`).toBeGreaterThan(25);
});

test("MatMul with constant weights", async () => {
  const net = new Net();
  net.b.output(net.b.op("MatMul", ["input", net.weight(32, 7)]), "float32");
  const model = net.b.model();
  const small = await quantised(model);
  expect(counts(await fused(small))).not.toHaveProperty("MatMul");
  expect(await agreement(model, small), `seed ${seed}`).toBeGreaterThan(30);
});

test("the graph counts what plain numbers count, and the rules find their ranges", async () => {
  const net = new Net();
  net.b.output(net.conv("input", 3, 4), "float32");
  const counting = observed(net.b.model());
  const session = await nodeRuntime().load(writeModel(counting.model));
  const histogram = (await observe(session, counting, draws())).get("input")!;
  await session.release();
  const values = draws().flatMap(({ input }) => Array.from(floats(input)));
  values.sort((a, b) => a - b);
  expect(histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(values.length);
  expect(rangeOf(histogram, "min-max")).toEqual({ low: values[0], high: values.at(-1) });
  const cut = Math.floor(values.length * 0.00005);
  const { low, high } = rangeOf(histogram, "percentile");
  expect(Math.abs(low / values[cut]! - 1), `seed ${seed}`).toBeLessThan(0.02);
  expect(Math.abs(high / values.at(-1 - cut)! - 1), `seed ${seed}`).toBeLessThan(0.02);
  const best = rangeOf(histogram, "least-squares");
  const error = (range: { low: number; high: number }): number =>
    throughGrid(Float32Array.from(values), gridOf(range)).reduce(
      (sum, value, i) => sum + (value - values[i]!) ** 2,
      0,
    );
  for (const share of [0.5, 0.7, 1.1])
    expect(error(best) / error({ low: best.low * share, high: best.high * share }), `${share}`).toBeLessThan(
      1.02,
    );
});

test("the layer that 8 bits hurt most is named first", async () => {
  const model = network();
  const ranges = new Map(await rangesFor(model));
  const conv = model.graph.nodes.find(({ name }) => name === "depthwise")!;
  const made = model.graph.nodes.find(({ inputs }) => inputs[0] === conv.outputs[0])!.outputs[0]!;
  ranges.set(made, { low: 0, high: 1000 });
  const ranked = await sensitivity(model, ranges, {
    load: (variant) => nodeRuntime().load(writeModel(variant)),
    pictures: draws().slice(0, 2),
  });
  // The layer that reads the spoilt value suffers as the one that makes it.
  expect(ranked.slice(0, 2).map(({ node }) => node)).toContain("depthwise");
  expect(ranked).toHaveLength(6);
  expect(ranked[0]!.decibels).toBeLessThan(ranked.at(-1)!.decibels - 20);
});
