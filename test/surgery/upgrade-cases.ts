import { float32, int64, type Tensor } from "../../src/core/tensor.ts";
import { type AttributeValue, float, floats } from "../../src/onnx/attributes.ts";

/** One node in an old operator set; its first input is fed, the others are constants. */
export interface UpgradeCase {
  readonly op: string;
  readonly opset: number;
  /** Shape of the input that is fed, float32. */
  readonly x: readonly number[];
  readonly constants?: readonly (Tensor | undefined)[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly outputs?: number;
}

const reduces = ["L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare"];
const old = [7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17];
/** The operator set before each in which something changed. */
const before = (opset: number): number[] => old.filter((version) => version < opset);
const between = (from: number, to: number): number[] =>
  old.filter((version) => version >= from && version < to);
const at = (opsets: readonly number[], row: Omit<UpgradeCase, "opset">): UpgradeCase[] =>
  opsets.map((opset) => ({ ...row, opset }));

const map = [2, 3, 4, 6];
const ends = (values: readonly (number | bigint)[]): Tensor => int64(values);

/** Every operator whose form changed between opset 7 and 18, in the forms that it had before. */
export const upgradeCases: readonly UpgradeCase[] = [
  ...before(13).flatMap((opset) =>
    ["Softmax", "LogSoftmax", "Hardmax"].flatMap((op) => [
      { op, opset, x: map },
      { op, opset, x: map, attributes: { axis: 2 } },
      { op, opset, x: map, attributes: { axis: 3 } },
      { op, opset, x: [3, 5], attributes: { axis: 0 } },
      { op, opset, x: [3, 5] },
    ]),
  ),
  ...at(between(11, 13), { op: "Softmax", x: map, attributes: { axis: -2 } }),
  ...at(before(11), { op: "Clip", x: map, attributes: { min: float(-0.5), max: float(0.25) } }),
  ...at(before(11), { op: "Clip", x: map, attributes: { min: float(0) } }),
  ...at(before(11), { op: "Clip", x: map }),
  ...at(between(11, 18), { op: "Clip", x: map, constants: [undefined, float32([0.5], [])] }),
  ...at(before(11), { op: "Pad", x: map, attributes: { pads: [0, 0, 1, 2, 0, 0, 3, 0], value: float(1.5) } }),
  ...at(before(11), { op: "Pad", x: map, attributes: { pads: [0, 0, 1, 2, 0, 0, 3, 1], mode: "reflect" } }),
  ...at(before(11), { op: "Pad", x: map, attributes: { pads: [0, 0, 0, 2, 0, 0, 0, 1], mode: "edge" } }),
  ...at(between(11, 18), { op: "Pad", x: map, constants: [int64([0, 0, 1, 2, 0, 0, 3, 0])] }),
  ...at(before(10), { op: "Slice", x: map, attributes: { starts: [1, -3], ends: [3, 1000], axes: [1, 3] } }),
  ...at(before(10), { op: "Slice", x: map, attributes: { starts: [1, 0], ends: [2, 2] } }),
  ...at(between(10, 18), { op: "Slice", x: map, constants: [ends([1]), ends([2n ** 63n - 1n]), ends([3])] }),
  ...at(before(10), { op: "TopK", x: [3, 7], attributes: { k: 2 }, outputs: 2 }),
  ...at(before(10), { op: "TopK", x: map, attributes: { k: 2, axis: 1 }, outputs: 2 }),
  ...at([10], { op: "TopK", x: [3, 7], constants: [int64([2])], outputs: 2 }),
  ...at(before(12), { op: "Dropout", x: map, attributes: { ratio: float(0.3) } }),
  ...at(before(13), { op: "Squeeze", x: [2, 1, 3, 1], attributes: { axes: [1, 3] } }),
  ...at(before(13), { op: "Squeeze", x: [2, 1, 3, 1] }),
  ...at(before(13), { op: "Unsqueeze", x: [2, 3], attributes: { axes: [0, 3] } }),
  ...at([11, 12], { op: "Unsqueeze", x: [2, 3], attributes: { axes: [-1, 1] } }),
  ...at(between(13, 18), { op: "Squeeze", x: [2, 1, 3, 1], constants: [int64([1])] }),
  ...at(before(13), { op: "Split", x: map, attributes: { axis: 3, split: [1, 3, 2] }, outputs: 3 }),
  ...at(before(18), { op: "Split", x: map, attributes: { axis: 3 }, outputs: 3 }),
  ...at(between(13, 18), {
    op: "Split",
    x: map,
    constants: [int64([2, 4])],
    attributes: { axis: 3 },
    outputs: 2,
  }),
  ...[7, 10, 11, 13, 17].flatMap((opset) =>
    reduces
      .filter((name) => name !== "Sum" || opset < 13)
      .flatMap((name) => [
        { op: `Reduce${name}`, opset, x: map, attributes: { axes: [2, 3], keepdims: 0 } },
        { op: `Reduce${name}`, opset, x: map, attributes: { axes: [1] } },
        { op: `Reduce${name}`, opset, x: map },
      ]),
  ),
  ...at(between(13, 18), {
    op: "ReduceSum",
    x: map,
    constants: [int64([1, 2])],
    attributes: { keepdims: 0 },
  }),
  ...["nearest", "linear"].flatMap((mode) => [
    ...[7, 8].flatMap((opset) => [
      { op: "Upsample", opset, x: map, attributes: { mode, scales: floats([1, 1, 2, 3]) } },
      { op: "Upsample", opset, x: map, attributes: { mode, scales: floats([1, 1, 1.5, 2.5]) } },
    ]),
    { op: "Upsample", opset: 9, x: map, constants: [float32([1, 1, 2, 1.7])], attributes: { mode } },
    { op: "Resize", opset: 10, x: map, constants: [float32([1, 1, 2, 1.7])], attributes: { mode } },
    { op: "Resize", opset: 10, x: map, constants: [float32([1, 1, 0.5, 0.6])], attributes: { mode } },
  ]),
  ...between(11, 18).flatMap((opset) =>
    ["half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel"].map((mode) => ({
      op: "Resize",
      opset,
      x: map,
      constants: [float32([]), float32([1, 1, 2, 1.5])],
      attributes: { mode: "linear", coordinate_transformation_mode: mode },
    })),
  ),
  ...before(15).flatMap((opset) => ({
    op: "BatchNormalization",
    opset,
    x: map,
    constants: [
      [1, 2, 3],
      [0, 1, -1],
      [0.1, 0.2, 0.3],
      [1, 2, 0.5],
    ].map((values) => float32(values)),
    attributes: { epsilon: float(0.01), momentum: float(0.8), ...(opset < 9 && { spatial: 1 }) },
  })),
  {
    op: "Scatter",
    opset: 9,
    x: [3, 3],
    constants: [int64([1, 0, 2], [1, 3]), float32([5, 6, 7], [1, 3])],
    attributes: { axis: 0 },
  },
  ...at([10, 11, 15], {
    op: "RoiAlign",
    x: [1, 2, 8, 8],
    constants: [float32([0, 0, 5.5, 6], [1, 4]), int64([0])],
    attributes: { output_height: 2, output_width: 2, sampling_ratio: 2 },
  }),
  // Unchanged in form: rows that would notice if they were not.
  ...at([7, 9, 10, 13], { op: "ArgMax", x: map, attributes: { axis: 1 } }),
  ...at([7, 10, 11], { op: "AveragePool", x: map, attributes: { kernel_shape: [2, 2], pads: [1, 0, 0, 1] } }),
  ...at([8, 10, 11], { op: "MaxPool", x: map, attributes: { kernel_shape: [3, 2], strides: [2, 2] } }),
  ...at([7, 11], { op: "DepthToSpace", x: [1, 8, 2, 2], attributes: { blocksize: 2 } }),
  ...at([7, 9, 16], { op: "PRelu", x: map, constants: [float32([0.1, 0.2, 0.3], [3, 1, 1])] }),
  ...at([7, 9, 11], {
    op: "Gemm",
    x: [2, 3],
    constants: [float32([1, 2, 3, 4, 5, 6], [2, 3]), float32([1, 2])],
    attributes: { transB: 1 },
  }),
  ...at([7, 13], { op: "LRN", x: [1, 5, 2, 2], attributes: { size: 3 } }),
  ...at([7, 9, 11], { op: "Flatten", x: map, attributes: { axis: 2 } }),
];
