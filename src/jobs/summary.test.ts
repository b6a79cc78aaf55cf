import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { float32, type Tensor } from "../core/tensor.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import type { Model } from "../onnx/graph.ts";
import { saveModel } from "../onnx/load-node.ts";
import { blocksOf } from "../surgery/blocks.ts";
import { firstTrained, parseUnfreeze } from "../surgery/split-at.ts";
import { type Summary, summary } from "./summary.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tsugiki-summary-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function summaryOf(name: string, model: Model): Promise<Summary> {
  const base = join(folder, `${name}.onnx`);
  await saveModel(base, model);
  return summary({ base, classes: 2 });
}

const ones = (shape: readonly number[]): Tensor =>
  float32(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1), shape);

const int8 = (shape: readonly number[]): Tensor => ({
  dtype: "int8",
  shape,
  bytes: new Uint8Array(shape.reduce((a, b) => a * b, 1)).fill(1),
});

/** Conv of 3 to 4 channels by 3 x 3 on a picture of 8 x 8, `between` it and the pooling. */
function network(
  weight: (b: GraphBuilder) => string,
  between: (b: GraphBuilder, x: string) => string = (_, x) => x,
): Model {
  const b = new GraphBuilder({ opset: 18 });
  const x = b.input("image", "float32", [1, 3, 8, 8]);
  const maps = between(b, b.op("Conv", [x, weight(b)], { pads: [1, 1, 1, 1] }));
  b.output(b.op("Flatten", [b.op("GlobalAveragePool", [b.op("Relu", [maps])])]), "float32", [1, 4]);
  return b.model();
}

const plainWeight = (b: GraphBuilder): string => b.constant(ones([4, 3, 3, 3]));

test("a plain Conv: its weights, and nothing was folded", async () => {
  const { parameters, base } = await summaryOf("plain", network(plainWeight));
  expect([parameters.frozen, base.folded]).toEqual([108, false]);
});

test("int8 weights are parameters; their scales and zero points are not", async () => {
  const quantised = (b: GraphBuilder): string =>
    b.op("DequantizeLinear", [
      b.constant(int8([4, 3, 3, 3])),
      b.constant(float32([0.5], [])),
      b.constant(int8([])),
    ]);
  const { parameters } = await summaryOf("quantised", network(quantised));
  expect(parameters.frozen).toBe(108);
});

test("BatchNorm is folded into the Conv before it, and the summary says so", async () => {
  const normalised = network(plainWeight, (b, x) =>
    b.op("BatchNormalization", [x, ...[1, 2, 3, 4].map(() => b.constant(ones([4])))]),
  );
  const { parameters, layers, base } = await summaryOf("normalised", normalised);
  expect(layers.map(({ type }) => type)).not.toContain("BatchNormalization");
  // The Conv's weights, and the bias that folding gave it.
  expect([parameters.frozen, base.folded]).toEqual([108 + 4, true]);
});

test("blocks are counted from the end, each with the node that --unfreeze takes", async () => {
  const deeper = network(plainWeight, (b, x) => {
    const maps = b.op("Relu", [x]);
    return b.op("Conv", [maps, b.constant(ones([4, 4, 1, 1]))]);
  });
  const { layers, blocks } = await summaryOf("blocks", deeper);
  expect(blocks.map(({ block, parameters }) => [block, parameters])).toEqual([
    [2, 108],
    [1, 16],
  ]);
  const convs = layers.filter(({ type }) => type === "Conv");
  expect(convs.map(({ block }) => block)).toEqual([2, 1]);
  const own = blocksOf(deeper.graph);
  for (const { from, block } of blocks) {
    expect(layers.find(({ layer }) => layer === from)?.block).toBe(block);
    expect(own.length - firstTrained(own, parseUnfreeze(from))).toBe(block);
  }
  // The picture and the head belong to no block.
  expect([layers[0]?.block, layers.at(-1)?.block]).toEqual([null, null]);
});

test("an abort stops it", async () => {
  await expect(summary({ classes: 2, signal: AbortSignal.abort(new Error("stop")) })).rejects.toThrow("stop");
});
