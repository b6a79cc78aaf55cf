import type * as rules from "../../rules/reduce.ts";
import { affine, type GradientCase } from "../gradient-case.ts";

const reductions: readonly GradientCase[] = [
  affine([[2, 3, 4]]),
  affine([[2, 3, 4]], { attributes: { keepdims: 0 } }),
  affine([[]]),
  affine([[2, 3, 4]], { ints: [1] }),
  affine([[2, 3, 4]], { ints: [0, 2], attributes: { keepdims: 0 } }),
  affine([[2, 3, 4]], { ints: [-1, 0], attributes: { keepdims: 0 } }),
  affine([[2, 3, 4]], { ints: [-2] }),
  affine([[2, 3]], { attributes: { noop_with_empty_axes: 1 } }),
];

export const reduce: Readonly<Record<keyof typeof rules, readonly GradientCase[]>> = {
  ReduceSum: reductions,
  ReduceMean: [
    ...reductions,
    affine([[2, 3, 4]], { attributes: { axes: [1] }, opset: 17 }),
    affine([[2, 3, 4]], { attributes: { axes: [-1, 0], keepdims: 0 }, opset: 13 }),
  ],
};
