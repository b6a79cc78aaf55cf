import { int64, type Tensor } from "../../../core/tensor.ts";
import type * as rules from "../../rules/indexing.ts";
import { affine, type GradientCase } from "../gradient-case.ts";

type Ints = readonly number[];
const bools = (values: Ints, shape: Ints): Tensor => ({
  dtype: "bool",
  shape,
  bytes: Uint8Array.from(values),
});

const slice = (shape: Ints, starts: Ints, ends: Ints, axes?: Ints, steps?: Ints): GradientCase =>
  affine([shape], {
    fixed: {
      1: int64(starts),
      2: int64(ends),
      ...(axes && { 3: int64(axes) }),
      ...(steps && { 3: axes ? int64(axes) : "", 4: int64(steps) }),
    },
  });

const pad = (shape: Ints, pads: Ints, mode = "constant", axes?: Ints): GradientCase =>
  affine([shape], {
    attributes: { mode },
    fixed: { 1: int64(pads), ...(axes && { 2: "" as const, 3: int64(axes) }) },
    opset: mode === "wrap" ? 19 : 18,
  });

const gather = (shape: Ints, index: Tensor, axis = 0, opset = 18): GradientCase =>
  affine([shape], { attributes: { axis }, fixed: { 1: index }, opset });

const where = (condition: Ints, shape: Ints, a: Ints, b: Ints): GradientCase =>
  affine([a, b], { fixed: { 0: bools(condition, shape) } });

const end = Number.MAX_SAFE_INTEGER;

export const indexing: Readonly<Record<keyof typeof rules, readonly GradientCase[]>> = {
  Slice: [
    slice([5, 6], [1], [4]),
    slice([5, 6], [1, 0], [end, 3]),
    slice([5, 6, 2], [-3, -1], [-1, end], [1, -1]),
    slice([5, 6], [0], [end], [1]),
    slice([5, 6], [-100], [100], [0]),
    // Steps: whole and broken last ones, one that takes a single element, several axes at once.
    slice([2, 6], [0], [end], [1], [2]),
    slice([2, 6], [1], [end], [1], [2]),
    slice([2, 7], [1], [6], [1], [3]),
    slice([2, 7], [3], [end], [1], [100]),
    slice([2, 6, 4, 3], [0, 1], [end, end], [1, 2], [2, 2]),
    slice([3, 6, 5], [1, 0, 2], [end, end, end], undefined, [1, 4, 2]),
    // Backwards.
    slice([5], [-1], [-end], [0], [-1]),
    slice([5, 4], [3], [0], [0], [-1]),
    slice([2, 7], [5], [0], [1], [-2]),
    slice([2, 7], [end, 0], [-end, end], [1, 0], [-3, 1]),
    slice([6, 7], [4, -1], [-end, 1], [0, 1], [-2, -3]),
    slice([5, 2], [0], [-end], [0], [-1]),
  ],
  Pad: [
    pad([2, 3], [0, 1, 2, 0]),
    pad([2, 3], [0, 0, 0, 0]),
    pad([2, 3, 4], [1, -1, 0, 0, 2, -2]),
    pad([4, 5], [-1, 0, -2, -1]),
    pad([2, 3, 4], [1, 2], "constant", [-1]),
    // Further than once round, at the end alone: at the begin onnxruntime 1.30 then reads what it has not written yet.
    pad([2, 5], [0, 5, 0, 12], "wrap"),
    pad([2, 1], [0, 2, 0, 1], "edge"),
    pad([2, 3, 4], [1, 0, -1, 2], "constant", [2, 1]),
    { ...pad([3], [1, 1]), opset: 13 },
    // The constant is differentiated by, too.
    affine([[2, 3], []], { fixed: { 1: int64([1, 0, 0, 2]) } }),
    affine([[4, 3], [1]], { fixed: { 1: int64([-1, 1, 0, 2]) } }),
    ...["reflect", "edge", "wrap"].flatMap((mode) => [
      pad([2, 4], [0, 2, 0, 3], mode),
      pad([3, 4], [2, 1, 1, 0], mode),
      pad([2, 3, 4], [1, 2], mode, [-2]),
      pad([1, 2, 5], [0, 0, 4, 0, 1, 3], mode),
      pad([2, 6], [0, -1, 0, 2], mode),
      pad([2, 6], [0, 2, 0, -3], mode),
      pad([2, 6], [0, -2, 0, -1], mode),
    ]),
  ],
  Gather: [
    gather([4, 3], int64([2], [])),
    gather([4, 3], int64([-1], []), 1),
    gather([4, 3], int64([1, 2])),
    gather([4, 3], int64([3, 0, 2, 1])),
    gather([2, 5, 3], int64([4, -4]), 1, 13),
    gather([2, 5, 3], int64([4, 1, 0, 2], [2, 2]), -2),
    gather([2, 5, 3], int64([1, 2, 3, 4], [2, 2]), 1),
    // Repeats.
    gather([4, 3], int64([1, 1, 3, -3])),
    gather([4, 3], int64([1, 1, 3, 0, 3, 3], [2, 3])),
    gather([2, 4, 3], int64([1, 1, 3, 0, 3, 3], [2, 1, 3]), 1),
    gather([2, 4, 3], int64([0, 0, -3]), -1, 16),
    gather([4], int64([1, 1, 2])),
  ],
  GatherElements: [
    affine([[3, 4]], { fixed: { 1: int64([0, 2, 2, 1, -1, 0, 0, 2], [2, 4]) } }),
    affine([[2, 4]], { attributes: { axis: 1 }, fixed: { 1: int64([0, 0, 3, -1, 2, 2], [2, 3]) } }),
    affine([[2, 3, 2]], {
      attributes: { axis: -2 },
      fixed: { 1: int64([0, 1, 1, 1, 2, 0, -1, -1], [2, 2, 2]) },
      opset: 16,
    }),
  ],
  GatherND: [
    affine([[3, 4]], { fixed: { 1: int64([0, 2, -1, 3, 0, 2], [3, 2]) } }),
    affine([[3, 4]], { fixed: { 1: int64([0, 2, 2, -1], [4, 1]) } }),
    affine([[3, 4, 2]], { fixed: { 1: int64([0, 2, 2, -1, 1, 1, 1, 1], [2, 2, 2]) } }),
    affine([[2, 3, 4]], { attributes: { batch_dims: 1 }, fixed: { 1: int64([2, 0], [2, 1]) } }),
    affine([[2, 3, 4, 2]], {
      attributes: { batch_dims: 2 },
      fixed: { 1: int64([3, 3, 0, 1, -1, 2, 0, 0, 1, 1, 2, 2], [2, 3, 2, 1]) },
    }),
  ],
  ScatterElements: [
    affine(
      [
        [3, 4],
        [2, 4],
      ],
      { fixed: { 1: int64([0, 1, 2, 0, 1, 0, -2, 2], [2, 4]) } },
    ),
    affine(
      [
        [2, 5],
        [2, 2],
      ],
      { attributes: { axis: -1 }, fixed: { 1: int64([0, 4, 3, -4], [2, 2]) }, opset: 13 },
    ),
    affine(
      [
        [2, 5],
        [2, 3],
      ],
      { attributes: { axis: 1, reduction: "add" }, fixed: { 1: int64([0, 4, 4, 3, 3, 3], [2, 3]) } },
    ),
  ],
  ScatterND: [
    affine(
      [
        [3, 4],
        [2, 4],
      ],
      { fixed: { 1: int64([2, 0], [2, 1]) } },
    ),
    affine([[3, 4], [3]], { fixed: { 1: int64([2, 0, -1, 3, 1, 1], [3, 2]) }, opset: 13 }),
    affine([[3, 4], [3]], {
      attributes: { reduction: "add" },
      fixed: { 1: int64([2, 0, 2, 0, 1, 1], [3, 2]) },
    }),
  ],
  Where: [
    where([1, 0, 1, 0, 0, 1], [2, 3], [2, 3], [2, 3]),
    where([1, 0], [2, 1], [2, 3], []),
    where([1, 0, 1], [3], [1], [2, 3]),
    where([1, 0], [2, 1], [3], [4, 1, 3]),
    where([0], [], [2, 3], [3]),
  ],
  Trilu: [
    affine([[3, 4]]),
    affine([[2, 4, 3]], { attributes: { upper: 0 } }),
    affine([[4, 4]], { fixed: { 1: int64([1], []) } }),
    affine([[4, 4]], { fixed: { 1: int64([-2], []) }, attributes: { upper: 0 }, opset: 14 }),
  ],
};
