import type * as rules from "../../rules/linear.ts";
import { affine, type GradientCase } from "../gradient-case.ts";

const bits = [0, 1] as const;
const gemms = bits.flatMap((transA) =>
  bits.map((transB) =>
    affine([transA ? [4, 2] : [2, 4], transB ? [3, 4] : [4, 3]], {
      attributes: { transA, transB, alpha: 0.5 },
    }),
  ),
);
const gemmBiases = [[3], [1, 3], [2, 1], [2, 3], [1], []].map((bias) =>
  affine([[2, 4], [4, 3], bias], { attributes: { beta: 1.5 } }),
);

export const linear: Readonly<Record<keyof typeof rules, readonly GradientCase[]>> = {
  Gemm: [...gemms, ...gemmBiases].map((each) => ({ ...each, step: 1e-2 })),
  MatMul: [
    [
      [2, 4],
      [4, 3],
    ],
    [[4], [4, 3]],
    [[2, 4], [4]],
    [[4], [4]],
    [
      [5, 2, 4],
      [4, 3],
    ],
    [
      [2, 4],
      [5, 4, 3],
    ],
    [
      [5, 1, 2, 4],
      [6, 4, 3],
    ],
    [
      [1, 2, 4],
      [5, 4, 3],
    ],
    [[4], [5, 4, 3]],
    [[5, 2, 4], [4]],
  ].map((shapes) => ({ shapes })),
};
