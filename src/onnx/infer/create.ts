import type { Tensor } from "../../core/tensor.ts";
import { floatAttr, floatsAttr, intAttr, intsAttr, stringAttr, tensorAttr } from "../attributes.ts";
import { dtypeOf } from "../dtypes.ts";
import { product } from "./dims.ts";
import { type Known, maxValues, type Rule, unknownDims } from "./op.ts";
import { valuesOf } from "./values.ts";

/** What is known of a constant: everything, and its numbers too where it is short. */
export function knownTensor(tensor: Tensor): Known {
  return { dtype: tensor.dtype, shape: tensor.shape, value: valuesOf(tensor) };
}

const Constant: Rule = (op) => {
  const { node } = op;
  const tensor = tensorAttr(node, "value");
  if (tensor !== undefined) return [knownTensor(tensor)];
  const [int, ints] = [intAttr(node, "value_int"), intsAttr(node, "value_ints")];
  if (int !== undefined) return [{ dtype: "int64", shape: [], value: [int] }];
  if (ints !== undefined) return [{ dtype: "int64", shape: [ints.length], value: ints }];
  const [float, floats] = [floatAttr(node, "value_float"), floatsAttr(node, "value_floats")];
  if (float !== undefined) return [{ dtype: "float32", shape: [], value: [float] }];
  if (floats !== undefined) return [{ dtype: "float32", shape: [floats.length], value: floats }];
  return [stringAttr(node, "value_string") === undefined ? undefined : { dtype: "string", shape: [] }];
};

const ConstantOfShape: Rule = (op) => {
  const fill = tensorAttr(op.node, "value");
  const shape = op.input(0).value;
  const rank = op.shape(0)?.[0];
  const dtype = fill?.dtype ?? "float32";
  if (shape === undefined)
    return [{ dtype, shape: typeof rank === "number" && rank <= 64 ? unknownDims(rank) : undefined }];
  const number = fill === undefined ? 0 : valuesOf(fill)?.[0];
  const length = product(shape);
  const short = shape.length <= 1 && typeof length === "number" && length >= 0 && length <= maxValues;
  return [{ dtype, shape, value: short ? Array.from({ length }, () => number) : undefined }];
};

/** The shape as a vector, from `start` to `end` (opset 15). */
const Shape: Rule = (op) => {
  const shape = op.shape(0);
  const value = shape?.slice(intAttr(op.node, "start", 0), intAttr(op.node, "end"));
  return [{ dtype: "int64", shape: [value?.length], value }];
};

const Size: Rule = (op) => {
  const shape = op.shape(0);
  return [{ dtype: "int64", shape: [], value: shape && [product(shape)] }];
};

/** max(0, ceil((limit - start) / delta)) numbers. */
const Range: Rule = (op) => {
  const dtype = op.dtype(0) ?? op.dtype(1);
  const [start, limit, delta] = [op.numbers(0)?.[0], op.numbers(1)?.[0], op.numbers(2)?.[0]];
  if (start === undefined || limit === undefined || delta === undefined) {
    // 0, 1, 2, ... up to a size that has a name.
    const named = start === 0 && delta === 1 ? op.input(1).value?.[0] : undefined;
    return [{ dtype, shape: [named] }];
  }
  if (delta === 0) op.fail("delta must not be 0");
  const length = Math.max(0, Math.ceil((limit - start) / delta));
  const value = length <= maxValues ? Array.from({ length }, (_, i) => start + i * delta) : undefined;
  return [{ dtype, shape: [length], value }];
};

const OneHot: Rule = (op) => {
  const indices = op.shape(0);
  if (indices === undefined) return [{ dtype: op.dtype(2) }];
  const axis = op.axis(intAttr(op.node, "axis", -1), indices.length + 1);
  return [{ dtype: op.dtype(2), shape: indices.toSpliced(axis, 0, op.input(1).value?.[0]) }];
};

/** [rank, number of non-zero elements] */
const NonZero: Rule = (op) => [{ dtype: "int64", shape: [op.shape(0)?.length, undefined] }];

/** The input's shape, and its element type unless `dtype` states another. */
const like: Rule = (op) => {
  const stated = intAttr(op.node, "dtype");
  return [{ dtype: stated === undefined ? op.dtype(0) : dtypeOf(stated), shape: op.shape(0) }];
};

const Random: Rule = (op) => [
  { dtype: dtypeOf(intAttr(op.node, "dtype", 1)), shape: intsAttr(op.node, "shape") },
];

/** Indices [N,C] of samples drawn. */
const Multinomial: Rule = (op) => {
  const dtype = dtypeOf(intAttr(op.node, "dtype", 6));
  return [{ dtype, shape: [op.shape(0)?.[0], intAttr(op.node, "sample_size", 1)] }];
};

export const creations: Readonly<Record<string, Rule>> = {
  Constant,
  ConstantOfShape,
  Shape,
  Size,
  Range,
  OneHot,
  NonZero,
  EyeLike: like,
  Bernoulli: like,
  RandomNormalLike: like,
  RandomUniformLike: like,
  NonMaxSuppression: () => [{ dtype: "int64", shape: [undefined, 3] }],
  RandomNormal: Random,
  RandomUniform: Random,
  Multinomial,
};
