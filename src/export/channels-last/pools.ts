import { float32 } from "../../core/tensor.ts";
import { intAttr, intsAttr } from "../../onnx/attributes.ts";
import { channelsLast, naturalOrder, type Operand, storedShape } from "./operand.ts";
import type { Padding } from "./program.ts";
import type { Rule, Site } from "./site.ts";
import { everyNth, mapOf, type Pair, type Sliding, slidingOf, withMargin } from "./windows.ts";

/** Below every other number: what a maximum never takes. */
const lowest = -3.4028234663852886e38;

const MaxPool: Rule = (site) => {
  mapOf(site);
  if (site.node.outputs[1]) site.fail("its second output, the places of the maxima, is asked for");
  const sliding = slidingOf(site, kernelOf(site));
  if (sliding.dilations.some((step) => step > 1)) return dilatedMaximum(site, sliding);
  const { padding } = sliding;
  if (padding) return pooled(site, "maxPool", site.x(), sliding, padding);
  return pooled(site, "maxPool", withMargin(site, sliding, lowest), sliding, "valid");
};

/** y = max over rows of max over columns, each as the maximum of shifted maps; then the strides. */
function dilatedMaximum(site: Site, sliding: Sliding): Operand {
  const { e } = site;
  const { kernel, strides, dilations } = sliding;
  let x = withMargin(site, sliding, lowest);
  for (const axis of [0, 1] as const) {
    const left = x.shape[axis + 2]! - dilations[axis] * (kernel[axis] - 1);
    const shifted = Array.from({ length: kernel[axis] }, (_, i) =>
      e.part(x, axis + 2, i * dilations[axis], left),
    );
    x = shifted.reduce((a, b) => e.binary("maximum", a, b));
  }
  return strides.some((step) => step > 1) ? everyNth(site, x, strides, site.shape) : x;
}

/**
 * TensorFlow divides by what lies within the map, as ONNX does without count_include_pad. Where its padding is another,
 * zeros are laid around the map, and the mean over whole windows is corrected place by place.
 */
const AveragePool: Rule = (site) => {
  mapOf(site);
  const sliding = slidingOf(site, kernelOf(site));
  const { padding, kernel, dilations } = sliding;
  if (dilations.some((step) => step > 1)) site.fail("its windows are dilated");
  const includesPad = intAttr(site.node, "count_include_pad", 0) !== 0;
  if (padding === "valid" || (padding === "same" && !includesPad))
    return pooled(site, "averagePool", site.x(), sliding, padding);
  const mean = pooled(site, "averagePool", withMargin(site, sliding, 0), sliding, "valid");
  const [rows, columns] = [0, 1].map((axis) => counts(site, sliding, axis as 0 | 1, includesPad));
  const area = kernel[0] * kernel[1];
  const factors = rows!.flatMap((row) => columns!.map((column) => area / (row * column)));
  if (factors.every((factor) => factor === 1)) return mean;
  const correction = float32(factors, [1, 1, rows!.length, columns!.length]);
  return site.e.binary("multiply", mean, site.fixed(correction));
};

/** How many positions each window along an axis counts. */
function counts(site: Site, sliding: Sliding, axis: 0 | 1, includesPad: boolean): number[] {
  const size = site.x().shape[axis + 2]!;
  const [before, after] = [sliding.stated[0][axis], sliding.stated[1][axis]];
  const [from, to] = includesPad ? [-before, size + after] : [0, size];
  return Array.from({ length: site.shape[axis + 2]! }, (_, i) => {
    const start = i * sliding.strides[axis] - before;
    return Math.min(start + sliding.kernel[axis], to) - Math.max(start, from);
  });
}

function kernelOf(site: Site): Pair {
  const kernel = intsAttr(site.node, "kernel_shape");
  return (kernel ?? site.fail("kernel_shape is missing")) as Pair;
}

function pooled(
  { e, shape }: Site,
  op: "maxPool" | "averagePool",
  x: Operand,
  { kernel, strides }: Sliding,
  padding: Padding,
): Operand {
  const input = e.ordered(x, channelsLast);
  const result = { order: channelsLast, shape };
  const name = e.step({ op, input, window: kernel, strides, padding }, storedShape(result));
  return { kind: "stored", name, ...result };
}

function spatial({ shape }: Operand): number[] {
  return naturalOrder(shape.length).slice(2);
}

const GlobalAveragePool: Rule = (site) => site.e.reduce("mean", site.x(), spatial(site.x()), true);
const GlobalMaxPool: Rule = (site) => site.e.reduce("reduceMax", site.x(), spatial(site.x()), true);

export const pools: Readonly<Record<string, Rule>> = {
  MaxPool,
  AveragePool,
  GlobalAveragePool,
  GlobalMaxPool,
};
