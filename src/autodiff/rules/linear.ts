import { float, floatAttr, intAttr, intsAttr } from "../../onnx/attributes.ts";
import type { Node } from "../../onnx/graph.ts";
import type { Rule, Site } from "../rule.ts";
import { equationOf } from "./equation.ts";

/**
 * y = α·A'·B' + β·C, where A' is A or Aᵀ (transA) and B' likewise:
 *   dA' = α·dy·B'ᵀ, dB' = α·A'ᵀ·dy, dC = β·dy, and a transposed operand takes the transposed product.
 */
export const Gemm: Rule = ({ node, op, x: [a, b], y, dy, shape }) => {
  const alpha = float(floatAttr(node, "alpha", 1));
  const beta = floatAttr(node, "beta", 1);
  const transA = intAttr(node, "transA", 0);
  const transB = intAttr(node, "transB", 0);
  return [
    {
      emit: () =>
        transA
          ? op("Gemm", [b, dy], { alpha, transA: transB, transB: 1 })
          : op("Gemm", [dy, b], { alpha, transB: 1 - transB }),
    },
    {
      emit: () =>
        transB
          ? op("Gemm", [dy, a], { alpha, transA: 1, transB: transA })
          : op("Gemm", [a, dy], { alpha, transA: 1 - transA }),
    },
    { emit: () => (beta === 1 ? dy : op("Mul", [dy, beta])), shape: shape(y) },
  ];
};

/**
 * y = a·b over the last two axes, the ones before them broadcast  =>  da = dy·bᵀ, db = aᵀ·dy.
 * A vector on the left is a row [1, K], one on the right a column [K, 1], and the output lacks that axis.
 * Where b is a matrix turned round, db is written as (dyᵀ·a)ᵀ: the turn behind it undoes that, and nothing is moved.
 */
export const MatMul: Rule = ({ op, ints, x: [a, b], y, dy, shape, maker }) => {
  const [shapeA, shapeB] = [shape(a), shape(b)];
  const batch = shape(y).slice(0, shape(y).length - Number(shapeA.length > 1) - Number(shapeB.length > 1));
  const row = shapeA.length === 1;
  const column = shapeB.length === 1;
  const matrix = (): string => {
    const lacking = [...(row ? [-2] : []), ...(column ? [-1] : [])];
    return lacking.length === 0 ? dy : op("Unsqueeze", [dy, ints(lacking)]);
  };
  const transposed = (value: string, rank: number): string =>
    op("Transpose", [value], { perm: turnOf(rank) });
  return [
    {
      // A vector's row axis is one of size 1 in front, which the walk sums away with the batch's.
      shape: [...batch, ...(row ? [1, ...shapeA] : shapeA.slice(-2))],
      own: row ? 1 : 2,
      emit: () => {
        const right = column ? op("Unsqueeze", [b, ints([0])]) : transposed(b, shapeB.length);
        return op("MatMul", [matrix(), right]);
      },
    },
    {
      shape: [...batch, ...shapeB.slice(-2)],
      own: column ? 1 : 2,
      emit: () => {
        if (!row && !column && isTurned(maker(b), shapeB.length)) {
          const product = op("MatMul", [transposed(dy, shape(y).length), a]);
          return transposed(product, shape(y).length);
        }
        const left = row ? op("Unsqueeze", [a, ints([1])]) : transposed(a, shapeA.length);
        const product = op("MatMul", [left, matrix()]);
        return column ? op("Squeeze", [product, ints([-1])]) : product;
      },
    },
  ];
};

/** The order of axes that exchanges the last two. */
function turnOf(rank: number): readonly number[] {
  return [...Array(rank - 2).keys(), rank - 1, rank - 2];
}

function isTurned(node: Node | undefined, rank: number): boolean {
  return (
    node?.opType === "Transpose" &&
    node.domain === "" &&
    String(intsAttr(node, "perm")) === String(turnOf(rank))
  );
}

/**
 * y = Σ Π xᵢ, each xᵢ's axes named by letters, the sum over letters that y lacks
 *   =>  dxᵢ = Σ dy·Π of the others, an Einsum with the letters of y and xᵢ changing places.
 * A letter that stands in xᵢ alone was summed by itself: along it the gradient repeats.
 */
export const Einsum: Rule = (site) => {
  const { terms, output } = equationOf(site);
  return terms.map((term, i) => ({
    emit: () => {
      const { op, ints, node, dy, shape } = site;
      const x = node.inputs[i] ?? "";
      const others = terms.toSpliced(i, 1);
      const letters = [...term];
      const found = letters.filter((letter) => [output, ...others].join("").includes(letter)).join("");
      const product =
        others.length === 0
          ? permuted(site, output, found)
          : op("Einsum", [dy, ...node.inputs.toSpliced(i, 1)], {
              equation: `${[output, ...others].join(",")}->${found}`,
            });
      const alone = [...letters.keys()].filter((axis) => !found.includes(letters[axis] ?? ""));
      if (alone.length === 0) return product;
      const unsqueezed = op("Unsqueeze", [product, ints(alone)]);
      const repeats = alone.some((axis) => shape(x)[axis] !== 1);
      return repeats ? op("Expand", [unsqueezed, op("Shape", [x])]) : unsqueezed;
    },
  }));
};

/** dy with its axes, named by the letters `from`, in the order `to`. */
function permuted({ op, dy }: Site, from: string, to: string): string {
  return from === to ? dy : op("Transpose", [dy], { perm: [...to].map((letter) => from.indexOf(letter)) });
}
