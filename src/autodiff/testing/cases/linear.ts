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

const einsums: readonly (readonly [equation: string, ...shapes: readonly (readonly number[])[]])[] = [
  ["ij,jk->ik", [2, 3], [3, 4]],
  ["bij,bjk->bik", [2, 3, 4], [2, 4, 5]],
  // Attention: queries and keys by head, then weights and values.
  ["bqhd,bkhd->bhqk", [2, 3, 2, 4], [2, 5, 2, 4]],
  ["bhqk,bkhd->bqhd", [2, 2, 3, 5], [2, 5, 2, 4]],
  ["bhwc,hkc->bhwk", [2, 3, 4, 5], [3, 6, 5]],
  ["ij, jk", [2, 3], [3, 4]],
  ["kj,ji", [2, 3], [3, 4]],
  ["i,j->ij", [2], [3]],
  ["i,i->", [3], [3]],
  ["ij,ij->ij", [2, 3], [2, 3]],
  ["ij,ij->ji", [2, 3], [2, 3]],
  // Letters that one operand has alone: summed by themselves.
  ["ijk,jl->i", [2, 3, 4], [3, 5]],
  ["ijk,j->j", [2, 3, 4], [3]],
  ["aib,j->ij", [1, 2, 3], [4]],
  ["...ij,...jk->...ik", [2, 1, 3, 4], [1, 5, 4, 2]],
  ["...ij,jk->...ik", [2, 5, 3, 4], [4, 2]],
  ["ij,...jk->...ik", [3, 4], [2, 5, 4, 2]],
  ["...ij,...jk", [2, 3, 4], [2, 4, 5]],
  ["i...,j...->ij...", [2, 1, 4], [3, 5, 1]],
  ["i...j,...j->...i", [2, 5, 4, 3], [5, 1, 3]],
  ["ij->ji", [2, 3]],
  ["ijk->ki", [2, 3, 4]],
  ["ijk->", [2, 3, 4]],
  ["ba", [2, 3]],
  ["...ij->...ji", [2, 3, 4]],
  ["...i->...", [2, 3, 4]],
  ["i...->i...", [2, 3, 4]],
  ["ij,jk,kl->il", [2, 3], [3, 4], [4, 2]],
];

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
  Einsum: einsums.map(([equation, ...shapes]) => ({
    shapes,
    attributes: { equation },
    ...(shapes.length === 1 && { step: 1 }),
  })),
};
