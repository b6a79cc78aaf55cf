import { floatsAttr, intsAttr, stringAttr } from "../attributes.ts";
import type { Dim, Shape } from "../graph.ts";
import { addDim, isStatic } from "./dims.ts";
import { type Op, type Rule, unknownDims } from "./op.ts";

/** floor(size · scale), in single precision as the engines compute it. */
function scaled(op: Op, dim: Dim, scale: number | undefined): Dim {
  if (scale !== undefined && !(scale > 0)) op.fail(`the scale ${scale} must be above 0`);
  if (scale === 1) return dim;
  return typeof dim === "number" && scale !== undefined ? Math.floor(Math.fround(dim * scale)) : undefined;
}

function scaledShape(op: Op, shape: Shape, scales: readonly number[], axes: readonly number[]): Shape {
  if (scales.length !== axes.length) op.fail(`${scales.length} scales for ${axes.length} axes`);
  const result = [...shape];
  for (const [i, axis] of axes.entries()) result[axis] = scaled(op, shape[axis], scales[i]);
  return result;
}

/** Sizes as they are stated, or the largest within (smallest around) them that keeps the picture's proportions. */
function sizedShape(op: Op, shape: Shape, sizes: readonly Dim[], axes: readonly number[]): Shape {
  if (sizes.length !== axes.length) op.fail(`${sizes.length} sizes for ${axes.length} axes`);
  const policy = stringAttr(op.node, "keep_aspect_ratio_policy", "stretch");
  const before: Shape = axes.map((axis) => shape[axis]);
  const result = [...shape];
  const ratios =
    isStatic(before) && isStatic(sizes) ? before.map((dim, i) => (sizes[i] ?? 0) / dim) : undefined;
  const scale = ratios && (policy === "not_larger" ? Math.min(...ratios) : Math.max(...ratios));
  for (const [i, axis] of axes.entries()) {
    const dim = shape[axis];
    if (policy === "stretch") result[axis] = sizes[i];
    else
      result[axis] =
        scale !== undefined && typeof dim === "number" ? Math.floor(dim * scale + 0.5) : undefined;
  }
  return result;
}

const Resize: Rule = (op) => {
  const { dtype, shape } = op.input(0);
  if (shape === undefined) return [{ dtype }];
  const axes = intsAttr(op.node, "axes", [...shape.keys()]).map((axis) => op.axis(axis, shape.length));
  // Below opset 11 the scales stand second, from there on after the region of interest.
  const scalesAt = op.opset < 11 ? 1 : 2;
  const sizes = op.opset < 11 ? undefined : op.input(3).value;
  if (sizes !== undefined && sizes.length > 0) return [{ dtype, shape: sizedShape(op, shape, sizes, axes) }];
  const scales = op.numbers(scalesAt);
  if (scales !== undefined && scales.length > 0)
    return [{ dtype, shape: scaledShape(op, shape, scales, axes) }];
  return [{ dtype, shape: shape.map((dim, i) => (axes.includes(i) ? undefined : dim)) }];
};

const Upsample: Rule = (op) => {
  const { dtype, shape } = op.input(0);
  const scales = floatsAttr(op.node, "scales") ?? op.numbers(1);
  if (shape === undefined) return [{ dtype }];
  const axes = [...shape.keys()];
  return [{ dtype, shape: scales ? scaledShape(op, shape, scales, axes) : unknownDims(shape.length) }];
};

/** Pads from the attribute (below opset 11) or the second input; the begins of all axes stand before the ends. */
const Pad: Rule = (op) => {
  const { dtype, shape } = op.input(0);
  if (shape === undefined) return [{ dtype }];
  const pads = intsAttr(op.node, "pads") ?? intsAttr(op.node, "paddings") ?? op.input(1).value;
  const axes = op.has(3) ? op.numbers(3)?.map((axis) => op.axis(axis, shape.length)) : [...shape.keys()];
  if (pads === undefined || axes === undefined) return [{ dtype, shape: unknownDims(shape.length) }];
  if (pads.length !== 2 * axes.length)
    op.fail(`pads has ${pads.length} numbers and must have ${2 * axes.length}`);
  const result = [...shape];
  for (const [i, axis] of axes.entries()) {
    const size = addDim(addDim(shape[axis], pads[i]), pads[i + axes.length]);
    if (typeof size === "number" && size < 0)
      op.fail(`axis ${axis} of size ${shape[axis]} cannot lose ${-size} more`);
    result[axis] = size;
  }
  return [{ dtype, shape: result }];
};

/** X[N,C,spatial], grid[N,spatial',rank] -> [N,C,spatial'] */
const GridSample: Rule = (op) => {
  const [input, grid] = [op.rank(0, 3), op.rank(1, 3)];
  if (grid === undefined) return [{ dtype: op.dtype(0) }];
  return [{ dtype: op.dtype(0), shape: [input?.[0] ?? grid[0], input?.[1], ...grid.slice(1, -1)] }];
};

/** The shape [N,C,H,W] (or [N,C,D,H,W]) -> grid [N,H,W,2] (or [N,D,H,W,3]) */
const AffineGrid: Rule = (op) => {
  const size = op.input(1).value;
  return [{ dtype: op.dtype(0), shape: size && [size[0], ...size.slice(2), size.length - 2] }];
};

/** The named axes cropped or padded to the stated sizes. */
const CenterCropPad: Rule = (op) => {
  const { dtype, shape } = op.input(0);
  if (shape === undefined) return [{ dtype }];
  const sizes = op.input(1).value;
  const axes = intsAttr(op.node, "axes", [...shape.keys()]).map((axis) => op.axis(axis, shape.length));
  const result = [...shape];
  for (const [i, axis] of axes.entries()) result[axis] = sizes?.[i];
  return [{ dtype, shape: result }];
};

export const resizes: Readonly<Record<string, Rule>> = {
  Resize,
  Upsample,
  Pad,
  GridSample,
  AffineGrid,
  CenterCropPad,
};
