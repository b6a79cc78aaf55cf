import { intAttr, intsAttr } from "../attributes.ts";
import type { Dim, Shape } from "../graph.ts";
import { isStatic, product, showShape } from "./dims.ts";
import { maxValues, type Op, type Rule, unknownDims } from "./op.ts";

/**
 * The size that -1 stands for: elements of the input over those of the other axes. Equal names on both sides cancel, and
 * so do the axes copied by 0, known or not.
 */
function remainingDim(op: Op, source: Shape, target: Shape, copied: ReadonlySet<number>, hole: number): Dim {
  const from = source.filter((_, i) => !copied.has(i));
  const to = target.filter((_, i) => !copied.has(i) && i !== hole);
  const names = from.filter((dim) => typeof dim === "string");
  for (const dim of to) {
    if (typeof dim === "number") continue;
    const index = dim === undefined ? -1 : names.indexOf(dim);
    if (index < 0) return undefined;
    names.splice(index, 1);
  }
  if (from.includes(undefined)) return undefined;
  const total = product(from.filter((dim) => typeof dim === "number"));
  const divisor = product(to.filter((dim) => typeof dim === "number"));
  if (typeof total !== "number" || typeof divisor !== "number") return undefined;
  if (names.length > 0) return names.length === 1 && total === divisor ? names[0] : undefined;
  if (divisor === 0 || total % divisor !== 0) {
    op.fail(`${total} elements of shape ${showShape(source)} cannot be laid out as ${showShape(target)}`);
  }
  return total / divisor;
}

/** 0 copies the input's size (unless allowzero=1), -1 is what remains. */
function reshaped(op: Op, source: Shape | undefined, wanted: readonly Dim[]): Shape {
  const copied = new Set<number>();
  const zeroCopies = intAttr(op.node, "allowzero", 0) === 0;
  const target = wanted.map((dim, i) => {
    if (typeof dim === "number" && dim < -1) op.fail(`the shape ${showShape(wanted)} has a negative size`);
    if (dim !== 0 || !zeroCopies) return dim;
    if (source !== undefined && i >= source.length)
      op.fail(`0 at place ${i} has no axis to copy in ${showShape(source)}`);
    copied.add(i);
    return source?.[i];
  });
  const holes = [...target.keys()].filter((i) => target[i] === -1);
  if (holes.length > 1) op.fail(`the shape ${showShape(wanted)} holds -1 more than once`);
  // One unknown size, all else known, is as good as -1.
  const unknown = [...target.keys()].filter((i) => target[i] === undefined && !copied.has(i));
  const hole = holes[0] ?? (unknown.length === 1 ? unknown[0] : undefined);
  if (source === undefined) return target.map((dim) => (dim === -1 ? undefined : dim));
  if (hole !== undefined) return target.with(hole, remainingDim(op, source, target, copied, hole));
  if (isStatic(source) && isStatic(target) && product(source) !== product(target)) {
    op.fail(
      `shape ${showShape(source)} of ${product(source)} elements cannot become ${showShape(target)} of ${product(target)}`,
    );
  }
  return target;
}

const Reshape: Rule = (op) => {
  const { dtype, shape, value } = op.input(0);
  const wanted = intsAttr(op.node, "shape") ?? op.input(1).value;
  if (wanted !== undefined) {
    const target = reshaped(op, shape, wanted);
    return [{ dtype, shape: target, value: target.length <= 1 ? value : undefined }];
  }
  const rank = op.shape(1)?.[0];
  return [{ dtype, shape: typeof rank === "number" && rank <= 64 ? unknownDims(rank) : undefined }];
};

/** [a,b,c,d] at axis 1 -> [a, b·c·d] */
const Flatten: Rule = (op) => {
  const { dtype, shape } = op.input(0);
  if (shape === undefined) return [{ dtype, shape: [undefined, undefined] }];
  const axis = intAttr(op.node, "axis", 1);
  const cut = axis === shape.length ? axis : op.axis(axis, shape.length);
  return [{ dtype, shape: [product(shape.slice(0, cut)), product(shape.slice(cut))] }];
};

const Transpose: Rule = (op) => {
  const { dtype, shape, value } = op.input(0);
  if (shape === undefined) return [{ dtype }];
  const order = intsAttr(op.node, "perm") ?? [...shape.keys()].reverse();
  const axes = new Set(order.map((axis) => op.axis(axis, shape.length)));
  if (order.length !== shape.length || axes.size !== shape.length) {
    op.fail(`perm [${order}] must name each of the ${shape.length} axes of ${showShape(shape)} once`);
  }
  return [{ dtype, shape: [...axes].map((axis) => shape[axis]), value }];
};

/** Axes from the attribute (below opset 13) or the second input. */
function axesOf(op: Op): readonly number[] | undefined {
  return intsAttr(op.node, "axes") ?? op.numbers(1);
}

const Squeeze: Rule = (op) => {
  const { dtype, shape, value } = op.input(0);
  const axes = axesOf(op);
  if (shape === undefined || (axes === undefined && (op.has(1) || !isStatic(shape)))) return [{ dtype }];
  const gone = new Set(
    axes?.map((axis) => op.axis(axis, shape.length)) ?? [...shape.keys()].filter((i) => shape[i] === 1),
  );
  for (const axis of gone)
    op.merge(shape[axis], 1, `axis ${axis} of ${showShape(shape)} has size`, "the squeezable");
  return [{ dtype, shape: shape.filter((_, i) => !gone.has(i)), value }];
};

const Unsqueeze: Rule = (op) => {
  const { dtype, shape, value } = op.input(0);
  const axes = axesOf(op);
  if (shape === undefined || axes === undefined) return [{ dtype }];
  const rank = shape.length + axes.length;
  const added = new Set(axes.map((axis) => op.axis(axis, rank)));
  if (added.size !== axes.length) op.fail(`axes [${axes}] name an axis twice`);
  const rest = shape.values();
  const result = Array.from({ length: rank }, (_, i) => (added.has(i) ? 1 : rest.next().value));
  return [{ dtype, shape: result, value: rank <= 1 ? value : undefined }];
};

/** The input broadcast against the wanted shape. */
const Expand: Rule = (op) => {
  const { dtype, shape, value } = op.input(0);
  const rank = op.shape(1)?.[0];
  const wanted =
    op.input(1).value ?? (typeof rank === "number" && rank <= 64 ? unknownDims(rank) : undefined);
  if (wanted === undefined) return [{ dtype }];
  const result = op.broadcast([shape, wanted]);
  const [length] = result ?? [];
  const repeated =
    result?.length === 1 && value?.length === 1 && typeof length === "number" && length <= maxValues;
  return [{ dtype, shape: result, value: repeated ? Array.from({ length }, () => value[0]) : undefined }];
};

const Tile: Rule = (op) => {
  const { dtype, shape } = op.input(0);
  const repeats = op.input(1).value;
  if (shape === undefined) return [{ dtype }];
  if (repeats === undefined) return [{ dtype, shape: unknownDims(shape.length) }];
  if (repeats.length !== shape.length)
    op.fail(`repeats has ${repeats.length} numbers and must have ${shape.length}`);
  return [{ dtype, shape: shape.map((dim, i) => product([dim, repeats[i]])) }];
};

/** [N,C,H,W] -> [N, C/b², H·b, W·b] */
const DepthToSpace: Rule = (op) => {
  const [n, c, h, w] = op.rank(0, 4, 4) ?? [];
  const block = intAttr(op.node, "blocksize", 1);
  return [
    {
      dtype: op.dtype(0),
      shape: [n, divided(op, c, block * block), product([h, block]), product([w, block])],
    },
  ];
};

/** [N,C,H,W] -> [N, C·b², H/b, W/b] */
const SpaceToDepth: Rule = (op) => {
  const [n, c, h, w] = op.rank(0, 4, 4) ?? [];
  const block = intAttr(op.node, "blocksize", 1);
  return [
    {
      dtype: op.dtype(0),
      shape: [n, product([c, block * block]), divided(op, h, block), divided(op, w, block)],
    },
  ];
};

function divided(op: Op, dim: Dim, by: number): Dim {
  if (by < 1) op.fail("blocksize must be at least 1");
  if (typeof dim !== "number") return by === 1 ? dim : undefined;
  if (dim % by !== 0) op.fail(`size ${dim} must be a multiple of ${by}`);
  return dim / by;
}

export const reshapes: Readonly<Record<string, Rule>> = {
  Reshape,
  Flatten,
  Transpose,
  Squeeze,
  Unsqueeze,
  Expand,
  Tile,
  DepthToSpace,
  SpaceToDepth,
};
