import { expect, test } from "vitest";
import { float32, floats, int64 } from "../../core/tensor.ts";
import type { AttributeValue } from "../../onnx/attributes.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { writeModel } from "../../onnx/write.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import { backward } from "../backward.ts";

/** d Σ y / dx for a picture [1, 1, rows, columns]. */
async function gradient(
  operator: string,
  picture: readonly (readonly number[])[],
  attributes: Readonly<Record<string, AttributeValue>>,
  rest: (b: GraphBuilder) => readonly string[] = () => [],
  opset = 18,
): Promise<number[]> {
  const b = new GraphBuilder({ opset });
  const x = b.initializer("x", float32(picture.flat(), [1, 1, picture.length, picture[0]!.length]));
  b.op("ReduceSum", [b.op(operator, [x, ...rest(b)], attributes)], { keepdims: 0 }, { outputs: ["loss"] });
  const { model, gradients } = backward(b.model(), "loss", ["x"]);
  const session = await nodeRuntime().load(writeModel(model));
  const answer = await session.run({});
  await session.release();
  return [...floats(answer[gradients.get("x")!]!)];
}

const level = [
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
];

test.each([13, 18])(
  "MaxPool, opset %i: of equal values the first of each window takes all",
  async (opset) => {
    const overlapping = await gradient("MaxPool", level, { kernel_shape: [2, 2] }, undefined, opset);
    expect(overlapping).toEqual([1, 1, 0, 1, 1, 0, 0, 0, 0]);
    const disjoint = await gradient(
      "MaxPool",
      level,
      { kernel_shape: [1, 2], strides: [1, 2] },
      undefined,
      opset,
    );
    expect(disjoint).toEqual([1, 0, 0, 1, 0, 0, 1, 0, 0]);
  },
);

test("MaxPool: windows that share their maximum add up there", async () => {
  const peak = level.with(1, [0, 5, 0]);
  expect(await gradient("MaxPool", peak, { kernel_shape: [2, 2] })).toEqual([0, 0, 0, 0, 4, 0, 0, 0, 0]);
});

test("GlobalMaxPool: of equal values the first takes all", async () => {
  expect(await gradient("GlobalMaxPool", level, {})).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0]);
});

test.each([1, 2, 3])("LpPool, p = %i: a window of zeros takes no gradient and makes no NaN", async (p) => {
  const edge = level.with(2, [0, 0, 7]);
  const expected = [0, 0, 0, 0, 0, 0, 0, 0, 1];
  const found = await gradient("LpPool", edge, { kernel_shape: [2, 2], p });
  for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i]!, 5);
});

test("AveragePool: what hangs over the padding counts or does not", async () => {
  // One row and column of padding in front: windows of 1, 2, 2 and 4 pixels.
  const attributes = { kernel_shape: [2, 2], strides: [2, 2], pads: [1, 1, 0, 0] };
  expect(await gradient("AveragePool", level, attributes)).toEqual([
    1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.5, 0.25, 0.25,
  ]);
  const counted = await gradient("AveragePool", level, { ...attributes, count_include_pad: 1 });
  expect(counted).toEqual(Array(9).fill(0.25));
});

test("Resize: linear by two, half pixels, on a row", async () => {
  // Outputs at -0.25, 0.25, 0.75, 1.25: shares (1, 0), (3/4, 1/4), (1/4, 3/4), (0, 1).
  const row = [[3, 8]];
  const found = await gradient("Resize", row, { mode: "linear" }, (b) => [
    "",
    b.constant(float32([1, 1, 1, 2])),
  ]);
  expect(found).toEqual([2, 2]);
});

test("Resize: a form that no rule covers is named", async () => {
  const policy = { mode: "linear", keep_aspect_ratio_policy: "not_larger", axes: [2, 3] };
  const sizes = (b: GraphBuilder) => ["", "", b.constant(int64([6, 9]))];
  await expect(gradient("Resize", level, policy, sizes)).rejects.toThrow(
    /keep_aspect_ratio_policy 'stretch'/,
  );
});
