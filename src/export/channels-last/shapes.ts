import { float32, floats, sizeOf } from "../../core/tensor.ts";
import { intAttr, intsAttr, stringAttr, tensorAttr } from "../../onnx/attributes.ts";
import { asFloat32 } from "./constants.ts";
import { naturalOrder, type Operand } from "./operand.ts";
import { picked } from "./picked.ts";
import type { Rule, Site } from "./site.ts";

const relaid: Rule = (site) => site.e.reshape(site.x0, site.shape);

const Reshape = relaid;
const Flatten = relaid;
const Squeeze = relaid;
const Unsqueeze = relaid;

const Identity: Rule = (site) => site.x0;

/** Without training it drops nothing. */
const Dropout: Rule = (site) => (site.node.outputs[1] ? site.fail("its mask is asked for") : site.x0);

/** Weights kept in another type are read once and for all. */
const Cast: Rule = (site) => {
  const constant = site.constant(0);
  if (intAttr(site.node, "to", 0) !== 1) site.fail("it casts to another type than float32");
  if (constant === undefined) return site.x0;
  return site.fixed(asFloat32(constant) ?? site.fail(`it casts from ${constant.dtype}`));
};

const ConstantOfShape: Rule = (site) => {
  const fill = tensorAttr(site.node, "value");
  const number = fill ? floats(fill)[0]! : 0;
  return site.fixed(float32(new Float32Array(sizeOf(site.shape)).fill(number), site.shape));
};

const Transpose: Rule = (site) => {
  const reversed = naturalOrder(site.x0.shape.length).reverse();
  return site.e.transpose(site.x0, intsAttr(site.node, "perm", reversed));
};

const Concat: Rule = (site) => {
  const filled = site.all.filter(({ shape }) => sizeOf(shape) > 0);
  return site.e.concat(filled, site.axis(intAttr(site.node, "axis", 0)));
};

const Split: Rule = (site) => {
  const axis = site.axis(intAttr(site.node, "axis", 0));
  let begin = 0;
  return site.shapes.map((shape) => {
    const size = shape[axis]!;
    begin += size;
    return site.e.part(site.x0, axis, begin - size, size);
  });
};

/** Repeated by a product with ones, for whoever needs the whole shape. */
const Expand: Rule = (site) => {
  const { e, x0, shape } = site;
  if (String(x0.shape) === String(shape)) return x0;
  return e.binary("multiply", x0, site.fixed(float32(new Float32Array(sizeOf(shape)).fill(1), shape)));
};

/** Copies side by side along each axis. */
const Tile: Rule = (site) =>
  (site.numbers(1) ?? []).reduce<Operand>(
    (x, count, axis) =>
      site.e.concat(
        Array.from({ length: count }, () => x),
        axis,
      ),
    site.x0,
  );

/** [N, b² · C, H, W] -> [N, C, H · b, W · b]: blocks of channels, in front of the others (DCR) or behind, become pixels. */
const DepthToSpace: Rule = (site) => {
  const { e, x0, node, shape } = site;
  const block = intAttr(node, "blocksize", 1);
  const [n, c, h, w] = [x0.shape[0]!, shape[1]!, x0.shape[2]!, x0.shape[3]!];
  const inFront = stringAttr(node, "mode", "DCR") === "DCR";
  const apart = e.reshape(x0, inFront ? [n, block, block, c, h, w] : [n, c, block, block, h, w]);
  return e.reshape(e.transpose(apart, inFront ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3]), shape);
};

/** [N, C, H · b, W · b] -> [N, b² · C, H, W] */
const SpaceToDepth: Rule = (site) => {
  const { e, x0, node, shape } = site;
  const block = intAttr(node, "blocksize", 1);
  const apart = e.reshape(x0, [shape[0]!, x0.shape[1]!, shape[2]!, block, shape[3]!, block]);
  return e.reshape(e.transpose(apart, [0, 3, 5, 1, 2, 4]), shape);
};

const Slice: Rule = (site) => {
  const { e, x0 } = site;
  const [starts = [], ends = []] = [site.numbers(1), site.numbers(2)];
  const axes = site.numbers(3) ?? naturalOrder(starts.length);
  const steps = site.numbers(4) ?? starts.map(() => 1);
  let result = x0;
  for (const [i, stated] of axes.entries()) {
    const axis = site.axis(stated);
    const [size, step] = [x0.shape[axis]!, steps[i]!];
    const fromFront = (at: number): number => (at < 0 ? at + size : at);
    const last = step > 0 ? size : size - 1;
    const begin = Math.min(Math.max(fromFront(starts[i]!), 0), last);
    const end = Math.min(Math.max(fromFront(ends[i]!), step > 0 ? 0 : -1), size);
    const count = Math.max(0, Math.ceil((end - begin) / step));
    result =
      step === 1
        ? e.part(result, axis, begin, count)
        : picked(
            site,
            result,
            axis,
            Array.from({ length: count }, (_, j) => begin + j * step),
          );
  }
  return result;
};

const Gather: Rule = (site) => {
  const axis = site.axis(intAttr(site.node, "axis", 0));
  const size = site.x0.shape[axis]!;
  const indices = site.numbers(1) ?? [];
  const fromFront = indices.map((index) => (index < 0 ? index + size : index));
  return site.e.reshape(picked(site, site.x0, axis, fromFront), site.shape);
};

const Pad: Rule = (site) => {
  const { e, x0 } = site;
  const rank = x0.shape.length;
  const axes = (site.numbers(3) ?? naturalOrder(rank)).map((axis) => site.axis(axis));
  const pads = site.numbers(1) ?? [];
  const amounts = naturalOrder(rank).map((axis) => {
    const i = axes.indexOf(axis);
    return i < 0 ? ([0, 0] as const) : ([pads[i]!, pads[i + axes.length]!] as const);
  });
  const mode = stringAttr(site.node, "mode", "constant");
  if (mode !== "constant") return mirrored(site, mode, amounts);
  // Negative amounts cut.
  const begin = amounts.map(([before]) => Math.max(0, -before));
  const left = x0.shape.map((size, axis) => size - begin[axis]! - Math.max(0, -amounts[axis]![1]));
  const grown = amounts.map(([before, after]) => [Math.max(0, before), Math.max(0, after)] as const);
  return e.pad(e.slice(x0, begin, left), grown, site.numbers(2)?.[0] ?? 0);
};

/** Margins of what the map holds itself: "edge" repeats its border, "reflect" mirrors at it, "wrap" goes round. */
function mirrored(site: Site, mode: string, amounts: readonly (readonly [number, number])[]): Operand {
  return amounts.reduce((x, [before, after], axis) => {
    const size = x.shape[axis]!;
    if (before === 0 && after === 0) return x;
    const period = mode === "reflect" ? Math.max(1, 2 * (size - 1)) : size;
    const place = (at: number): number => {
      if (mode === "edge") return Math.min(Math.max(at, 0), size - 1);
      const within = ((at % period) + period) % period;
      return within < size ? within : period - within;
    };
    const indices = Array.from({ length: before + size + after }, (_, i) => place(i - before));
    return picked(site, x, axis, indices);
  }, site.x0);
}

export const shapes: Readonly<Record<string, Rule>> = {
  Reshape,
  Flatten,
  Squeeze,
  Unsqueeze,
  Identity,
  Dropout,
  Cast,
  ConstantOfShape,
  Transpose,
  Concat,
  Split,
  Expand,
  Tile,
  DepthToSpace,
  SpaceToDepth,
  Slice,
  Gather,
  Pad,
};
