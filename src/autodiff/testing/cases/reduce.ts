import { int64 } from "../../../core/tensor.ts";
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

/** Before opset 18 all but ReduceSum took their axes as an attribute. */
const older: readonly GradientCase[] = [
  affine([[2, 3, 4]], { attributes: { axes: [1] }, opset: 17 }),
  affine([[2, 3, 4]], { attributes: { axes: [-1, 0], keepdims: 0 }, opset: 13 }),
  affine([[2, 3, 4]], { attributes: { keepdims: 0 }, opset: 13 }),
];

/** Reductions that are not linear: a small step, and inputs away from kinks. */
const curved = (domain: GradientCase["domain"] = "wide"): readonly GradientCase[] =>
  [...reductions, ...older].map((each) => ({ ...each, step: 1e-2, domain }));

export const reduce: Readonly<Record<keyof typeof rules, readonly GradientCase[]>> = {
  ReduceSum: reductions,
  ReduceMean: [...reductions, ...older],
  ReduceMax: curved("distinct"),
  ReduceMin: curved("distinct"),
  ReduceProd: curved([0.8, 1.2]),
  ReduceL1: curved("awayFromZero"),
  ReduceL2: curved(),
  ReduceSumSquare: curved(),
  ReduceLogSum: curved("positive"),
  ReduceLogSumExp: curved(),
  CumSum: [
    affine([[5]], { ints: [0] }),
    affine([[2, 3, 4]], { fixed: { 1: int64([1], []) } }),
    affine([[2, 3, 4]], { fixed: { 1: int64([-1], []) }, attributes: { exclusive: 1 } }),
    affine([[2, 3, 4]], { fixed: { 1: int64([0], []) }, attributes: { reverse: 1 }, opset: 13 }),
    affine([[4]], { fixed: { 1: int64([0], []) }, attributes: { exclusive: 1, reverse: 1 } }),
  ],
};
