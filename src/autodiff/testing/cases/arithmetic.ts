import { float32, int32, int64, scalar, type Tensor } from "../../../core/tensor.ts";
import type * as rules from "../../rules/arithmetic.ts";
import { affine, type GradientCase } from "../gradient-case.ts";

/** Every way in which two shapes broadcast: equal, lower rank, size 1, both, scalars. */
const pairs: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [[3], [2, 3]],
  [
    [2, 1],
    [1, 3],
  ],
  [[2, 3], []],
  [[], [2, 3]],
  [
    [1, 1],
    [2, 3],
  ],
  [
    [4, 1, 3],
    [2, 1],
  ],
  [[1], [1]],
  [
    [1, 5],
    [1, 1, 1],
  ],
];

const binary = (domain: GradientCase["domain"] = "wide"): readonly GradientCase[] =>
  pairs.map((shapes) => ({ shapes, domain }));

const powers = [2, 3, 1, 0, -2];
const roots = [0.5, -0.5, -1, 1.7];
/** A constant exponent at input 1. */
const power = (exponent: Tensor, domain: GradientCase["domain"] = "wide"): GradientCase => ({
  shapes: [[2, 3]],
  fixed: { 1: exponent },
  domain,
});

/** Inputs at least 0.05 apart, so that no step changes which of them is reached. */
const extrema: readonly GradientCase[] = [
  ...[[[2, 3]], [[2, 3], []], [[], [2, 3]], [[4, 2, 3], [1]]].map((shapes) => ({
    shapes,
    domain: "distinct" as const,
  })),
  { shapes: [[2, 3]], fixed: { 1: float32([-0.13, 0.02, 0.13]) }, domain: "distinct" },
  { shapes: [[2, 3]], fixed: { 0: float32([0.02, -0.12], [2, 1]) }, domain: "distinct" },
  {
    shapes: [[2, 3], [3]],
    fixed: { 1: scalar(-0.07), 3: float32([-0.13, 0.07], [2, 1]) },
    domain: "distinct",
  },
];

export const arithmetic: Readonly<Record<keyof typeof rules, readonly GradientCase[]>> = {
  Add: pairs.map((shapes) => affine(shapes)),
  Sub: pairs.map((shapes) => affine(shapes)),
  Mul: binary(),
  Div: binary("awayFromZero"),
  Sum: [affine([[2, 3]]), affine([[2, 3], [3], [2, 1]]), ...pairs.map((shapes) => affine(shapes))],
  Mean: [affine([[2, 3]]), affine([[2, 3], [3], [2, 1]]), ...pairs.map((shapes) => affine(shapes))],
  Pow: [
    ...powers.map((exponent) => power(scalar(exponent), "awayFromZero")),
    ...powers.map((exponent) => power(int64([exponent], [1, 1, 1]), "awayFromZero")),
    ...roots.map((exponent) => power(scalar(exponent), "positive")),
    power(int32([2, -1, 3], [3]), "awayFromZero"),
    power(float32([2, -1, 3]), "awayFromZero"),
    { ...power(scalar(2), "wide"), opset: 13 },
    ...binary("positive"),
  ],
  Max: extrema,
  Min: extrema,
};
