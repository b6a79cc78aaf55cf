import { intAttr, intsAttr } from "../attributes.ts";
import type { Dim, Shape } from "../graph.ts";
import { addDim, showShape } from "./dims.ts";
import { maxValues, type Op, type Rule, sameAsInput, unknownDims } from "./op.ts";

/** data[..., indices, ...]: the axis gives way to the shape of the indices. */
const Gather: Rule = (op) => {
  const { dtype, shape, value } = op.input(0);
  const indices = op.shape(1);
  if (shape === undefined || indices === undefined) return [{ dtype }];
  const axis = op.axis(intAttr(op.node, "axis", 0), shape.length);
  const picked = shape.length === 1 && indices.length <= 1 ? op.numbers(1) : undefined;
  return [
    {
      dtype,
      shape: [...shape.slice(0, axis), ...indices, ...shape.slice(axis + 1)],
      value: value && picked?.map((index) => value.at(index)),
    },
  ];
};

const GatherElements: Rule = (op) => [{ dtype: op.dtype(0), shape: op.shape(1) }];

/** indices [...,K] into data: [..., data.shape[batch_dims + K:]] */
const GatherND: Rule = (op) => {
  const [data, indices] = [op.rank(0, 1), op.rank(1, 1)];
  const depth = indices?.at(-1);
  if (data === undefined || indices === undefined || typeof depth !== "number")
    return [{ dtype: op.dtype(0) }];
  const used = intAttr(op.node, "batch_dims", 0) + depth;
  if (used > data.length)
    op.fail(`indices of depth ${used} reach beyond the ${data.length} axes of the data`);
  return [{ dtype: op.dtype(0), shape: [...indices.slice(0, -1), ...data.slice(used)] }];
};

/** Number of elements from start to end by step, by Python's rules for slices; undefined where it cannot be told. */
function sliceSize(dim: Dim, start: number, end: number, step: number): Dim {
  if (typeof dim !== "number") return start === 0 && end >= 2 ** 31 - 1 && step === 1 ? dim : undefined;
  const [first, last] = sliceRange(dim, start, end, step);
  return Math.max(0, Math.ceil((last - first) / step));
}

function sliceRange(dim: number, start: number, end: number, step: number): [number, number] {
  const from = start < 0 ? start + dim : start;
  const to = end < 0 ? end + dim : end;
  const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);
  return step > 0
    ? [clamp(from, 0, dim), clamp(to, 0, dim)]
    : [clamp(from, 0, dim - 1), clamp(to, -1, dim - 1)];
}

const Slice: Rule = (op) => {
  const { dtype, shape, value } = op.input(0);
  if (shape === undefined) return [{ dtype }];
  // Attributes below opset 10, inputs from there on.
  const starts = intsAttr(op.node, "starts") ?? op.numbers(1);
  const ends = intsAttr(op.node, "ends") ?? op.numbers(2);
  const count = starts?.length ?? ends?.length ?? op.shape(1)?.[0];
  if (typeof count !== "number" || count > shape.length) {
    if (typeof count === "number") op.fail(`${count} slices of ${showShape(shape)}`);
    return [{ dtype, shape: unknownDims(shape.length) }];
  }
  const axes = intsAttr(op.node, "axes") ?? (op.has(3) ? op.numbers(3) : [...Array(count).keys()]);
  const steps = op.has(4) ? op.numbers(4) : Array.from({ length: count }, () => 1);
  if (axes === undefined) return [{ dtype, shape: unknownDims(shape.length) }];
  const result = [...shape];
  for (const [i, stated] of axes.entries()) {
    const axis = op.axis(stated, shape.length);
    const [start, end, step] = [starts?.[i], ends?.[i], steps?.[i]];
    if (step === 0) op.fail("a slice's step must not be 0");
    const known = start !== undefined && end !== undefined && step !== undefined;
    result[axis] = known ? sliceSize(shape[axis], start, end, step) : undefined;
  }
  const [start, end, step] = [starts?.[0], ends?.[0], steps?.[0]];
  const whole = shape.length === 1 && start !== undefined && end !== undefined && step !== undefined;
  return [{ dtype, shape: result, value: whole && value ? sliceValue(value, start, end, step) : undefined }];
};

function sliceValue(value: readonly Dim[], start: number, end: number, step: number): Dim[] {
  const [first, last] = sliceRange(value.length, start, end, step);
  const result: Dim[] = [];
  for (let i = first; step > 0 ? i < last : i > last; i += step) result.push(value[i]);
  return result;
}

const Concat: Rule = (op) => {
  const dtype = op.inputs.find((input) => input?.dtype)?.dtype;
  const shapes = op.inputs.map((input) => input?.shape);
  const first = shapes.find((shape) => shape !== undefined);
  if (first === undefined) return [{ dtype }];
  const rank = first.length;
  const axis = op.axis(intAttr(op.node, "axis", 1), rank);
  let result: Dim[] | undefined;
  for (const shape of shapes) {
    if (shape !== undefined && shape.length !== rank) {
      op.fail(`shapes ${shapes.map(showShape).join(", ")} must have equally many axes`);
    }
    const next: Shape = shape ?? unknownDims(rank);
    const name = (i: number) => `axis ${i} of ${showShape(result)}`;
    result = result
      ? result.map((dim, i) =>
          i === axis ? addDim(dim, next[i]) : op.merge(dim, next[i], name(i), `that of ${showShape(next)},`),
        )
      : [...next];
  }
  const values = op.inputs.map((input) => input?.value);
  const joined = rank === 1 && values.every((value) => value !== undefined) ? values.flat() : undefined;
  return [{ dtype, shape: result, value: joined && joined.length <= maxValues ? joined : undefined }];
};

const Split: Rule = (op) => {
  const { dtype, shape, value } = op.input(0);
  const count = op.node.outputs.length;
  if (shape === undefined) return op.node.outputs.map(() => ({ dtype }));
  const axis = op.axis(intAttr(op.node, "axis", 0), shape.length);
  const sizes = splitSizes(op, shape[axis], count);
  let start = 0;
  return sizes.map((size) => {
    const part =
      typeof size === "number" && shape.length === 1 ? value?.slice(start, start + size) : undefined;
    start += typeof size === "number" ? size : 0;
    return { dtype, shape: shape.with(axis, size), value: part };
  });
};

/** Sizes as the attribute or input says; else equal ones, the last one smaller where they do not come out even. */
function splitSizes(op: Op, dim: Dim, count: number): Dim[] {
  const stated = intsAttr(op.node, "split") ?? (op.has(1) ? op.input(1).value : undefined);
  if (stated !== undefined) {
    if (stated.length !== count) op.fail(`split has ${stated.length} sizes for ${count} outputs`);
    const total = stated.reduce(addDim, 0);
    op.merge(total, dim, `sum of split [${stated}]`, "the axis' size");
    return [...stated];
  }
  if (op.has(1) || typeof dim !== "number") return unknownDims(count);
  const size = Math.ceil(dim / count);
  return Array.from({ length: count }, (_, i) => Math.max(0, Math.min(size, dim - i * size)));
}

const TopK: Rule = (op) => {
  const { dtype, shape } = op.input(0);
  const k = intAttr(op.node, "k") ?? op.input(1).value?.[0];
  const axis = shape && op.axis(intAttr(op.node, "axis", -1), shape.length);
  const result = axis === undefined ? undefined : shape?.with(axis, k);
  return [
    { dtype, shape: result },
    { dtype: "int64", shape: result },
  ];
};

export const indexOps: Readonly<Record<string, Rule>> = {
  Gather,
  GatherElements,
  GatherND,
  Scatter: sameAsInput,
  ScatterElements: sameAsInput,
  ScatterND: sameAsInput,
  TensorScatter: sameAsInput,
  Slice,
  Concat,
  Split,
  TopK,
};
