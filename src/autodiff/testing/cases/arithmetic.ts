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

export const arithmetic: Readonly<Record<keyof typeof rules, readonly GradientCase[]>> = {
  Add: pairs.map((shapes) => affine(shapes)),
  Sub: pairs.map((shapes) => affine(shapes)),
  Mul: binary(),
  Div: binary("awayFromZero"),
  Sum: [affine([[2, 3]]), affine([[2, 3], [3], [2, 1]]), ...pairs.map((shapes) => affine(shapes))],
};
