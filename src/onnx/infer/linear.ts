import type { DType } from "../../core/tensor.ts";
import { intAttr, stringAttr } from "../attributes.ts";
import type { Dim, Shape } from "../graph.ts";
import type { Op, Rule } from "./op.ts";

/** op(A)[M,K]·op(B)[K,N] + C -> [M,N] */
const Gemm: Rule = (op) => {
  const [a, b] = [op.rank(0, 2, 2), op.rank(1, 2, 2)];
  const [transA, transB] = [intAttr(op.node, "transA", 0) !== 0, intAttr(op.node, "transB", 0) !== 0];
  const [m, ka] = transA ? [a?.[1], a?.[0]] : [a?.[0], a?.[1]];
  const [kb, n] = transB ? [b?.[1], b?.[0]] : [b?.[0], b?.[1]];
  op.merge(ka, kb, "columns of A", "rows of B");
  return [{ dtype: op.dtype(0) ?? op.dtype(1), shape: [m, n] }];
};

/** As numpy.matmul: [...,M,K]·[...,K,N] -> [...,M,N]; a vector gains an axis that the result loses again. */
function matmulShape(op: Op, left: number, right: number): Shape | undefined {
  const [a, b] = [op.rank(left, 1), op.rank(right, 1)];
  if (a === undefined || b === undefined) return undefined;
  const rows: Dim[] = a.length === 1 ? [] : [a.at(-2)];
  const columns: Dim[] = b.length === 1 ? [] : [b.at(-1)];
  op.merge(a.at(-1), b.length === 1 ? b[0] : b.at(-2), "columns of A", "rows of B");
  const batch = op.broadcast([a.slice(0, -2), b.slice(0, -2)]);
  return batch && [...batch, ...rows, ...columns];
}

const matmul =
  (left: number, right: number, dtype: (op: Op) => DType | undefined): Rule =>
  (op) => [{ dtype: dtype(op), shape: matmulShape(op, left, right) }];

/** "bij,bjk->bik": a letter is one size; "..." stands for leading axes that broadcast. */
const Einsum: Rule = (op) => {
  const dtype = op.dtype(0);
  const [terms = "", result] = stringAttr(op.node, "equation", "").replaceAll(" ", "").split("->");
  const sizes = new Map<string, Dim>();
  const ellipses: Shape[] = [];
  const list = terms.split(",");
  if (list.length !== op.inputs.length)
    op.fail(`the equation names ${list.length} inputs of ${op.inputs.length}`);
  for (const [i, term] of list.entries()) {
    const shape = op.shape(i);
    if (shape === undefined) return [{ dtype }];
    const letters = term.replace("...", "");
    const free = shape.length - letters.length;
    if (free < 0 || (free > 0 && !term.includes("...")))
      op.fail(`'${term}' does not fit ${shape.length} axes`);
    const start = term.includes("...") ? term.indexOf("...") : 0;
    if (term.includes("...")) ellipses.push(shape.slice(start, start + free));
    for (const [j, letter] of [...letters].entries()) {
      const dim = shape[j < start ? j : j + free];
      sizes.set(
        letter,
        sizes.has(letter) ? op.merge(sizes.get(letter), dim, `size of '${letter}'`, "size") : dim,
      );
    }
  }
  const output = result ?? implicitResult(terms);
  const batch = op.broadcast(ellipses) ?? [];
  const expand = (text: string): Dim[] => [...text].map((letter) => sizes.get(letter));
  const [before = "", after = ""] = output.split("...");
  const shape = output.includes("...") ? [...expand(before), ...batch, ...expand(after)] : expand(output);
  return [{ dtype, shape }];
};

/** Without "->": the letters that occur once, in alphabetic order, after the ellipsis. */
function implicitResult(terms: string): string {
  const letters = [...terms.replaceAll(/[^a-zA-Z]/g, "")];
  const once = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter));
  return (terms.includes("...") ? "..." : "") + once.sort().join("");
}

export const linear: Readonly<Record<string, Rule>> = {
  Gemm,
  MatMul: matmul(0, 1, (op) => op.dtype(0) ?? op.dtype(1)),
  MatMulInteger: matmul(0, 1, () => "int32"),
  QLinearMatMul: matmul(0, 3, (op) => op.dtype(7)),
  Einsum,
};
