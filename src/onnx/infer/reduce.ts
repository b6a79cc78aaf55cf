import type { DType } from "../../core/tensor.ts";
import { intAttr, intsAttr, stringAttr } from "../attributes.ts";
import type { Dim, Shape } from "../graph.ts";
import { mulDim } from "./dims.ts";
import { type Op, type Rule, unknownDims } from "./op.ts";

/** The axes from the attribute (older opsets) or the second input; null: given, but not known. */
function axesOf(op: Op): readonly number[] | undefined | null {
  const attribute = intsAttr(op.node, "axes");
  if (attribute !== undefined) return attribute;
  return op.has(1) ? (op.numbers(1) ?? null) : undefined;
}

function reducedShape(op: Op): Shape | undefined {
  const shape = op.shape(0);
  const keep = intAttr(op.node, "keepdims", 1) !== 0;
  const axes = axesOf(op);
  if ((axes === undefined || axes?.length === 0) && intAttr(op.node, "noop_with_empty_axes", 0) !== 0)
    return shape;
  if (shape === undefined) return axes === undefined && !keep ? [] : undefined;
  if (axes === null) return keep ? unknownDims(shape.length) : undefined;
  const all = axes === undefined || axes.length === 0;
  const gone = new Set(all ? shape.keys() : axes.map((axis) => op.axis(axis, shape.length)));
  return shape.flatMap((dim, i) => (gone.has(i) ? (keep ? [1] : []) : [dim]));
}

/** A vector that holds a shape, reduced to its product: the number of elements. */
function reduce(fold?: (a: Dim, b: Dim) => Dim, dtype?: DType): Rule {
  return (op) => {
    const shape = reducedShape(op);
    const value = op.input(0).value;
    const single = shape?.every((dim) => dim === 1) && value !== undefined && value.length > 0;
    return [{ dtype: dtype ?? op.dtype(0), shape, value: single && fold ? [value.reduce(fold)] : undefined }];
  };
}

const onNumbers = (compute: (a: number, b: number) => number) => (a: Dim, b: Dim) =>
  typeof a === "number" && typeof b === "number" ? compute(a, b) : undefined;

const ArgReduce: Rule = (op) => {
  const shape = op.shape(0);
  if (shape === undefined) return [{ dtype: "int64" }];
  const axis = op.axis(intAttr(op.node, "axis", 0), shape.length);
  const keep = intAttr(op.node, "keepdims", 1) !== 0;
  return [{ dtype: "int64", shape: shape.flatMap((dim, i) => (i === axis ? (keep ? [1] : []) : [dim])) }];
};

/** Scores [N,C,...] and labels [N,...]: one loss each, or their mean or sum. */
const Loss: Rule = (op) => {
  const shape = stringAttr(op.node, "reduction", "mean") === "none" ? op.shape(1) : [];
  return [
    { dtype: op.dtype(0), shape },
    { dtype: op.dtype(0), shape: op.shape(0) },
  ];
};

export const reductions: Readonly<Record<string, Rule>> = {
  ReduceL1: reduce(),
  ReduceL2: reduce(),
  ReduceLogSum: reduce(),
  ReduceLogSumExp: reduce(),
  ReduceMax: reduce(onNumbers(Math.max)),
  ReduceMean: reduce(),
  ReduceMin: reduce(onNumbers(Math.min)),
  ReduceProd: reduce(mulDim),
  ReduceSum: reduce(onNumbers((a, b) => a + b)),
  ReduceSumSquare: reduce(),
  ArgMax: ArgReduce,
  ArgMin: ArgReduce,
  SoftmaxCrossEntropyLoss: Loss,
  NegativeLogLikelihoodLoss: Loss,
};
