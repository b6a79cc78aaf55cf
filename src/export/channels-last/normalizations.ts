import { float32, floats } from "../../core/tensor.ts";
import { floatAttr, intAttr } from "../../onnx/attributes.ts";
import { naturalOrder, type Operand } from "./operand.ts";
import type { Rule, Site } from "./site.ts";

/** (x - mean) / sqrt(variance + epsilon) over these axes */
function standardised({ e, node }: Site, x: Operand, axes: readonly number[]): Operand {
  const centred = e.binary("subtract", x, e.reduce("mean", x, axes, true));
  const variance = e.reduce("mean", e.unary("square", centred), axes, true);
  const inverse = e.unary("rsqrt", e.by("add", variance, floatAttr(node, "epsilon", 1e-5)));
  return e.binary("multiply", centred, inverse);
}

/** A number a channel, as [C, 1, ...] behind the batch. */
function byChannel(site: Site, index: number): Operand {
  const x = site.x(index);
  const rank = site.x0.shape.length;
  return site.e.reshape(x, [x.shape[0]!, ...Array<number>(Math.max(0, rank - 2)).fill(1)]);
}

/** y = scale · (x - mean) / sqrt(var + epsilon) + B: a product and a sum, which a convolution in front takes up. */
const BatchNormalization: Rule = (site) => {
  const { e, node } = site;
  if (intAttr(node, "training_mode", 0) !== 0) site.fail("it is in training mode");
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map((index) => byChannel(site, index));
  const inverse = e.unary("rsqrt", e.by("add", variance!, floatAttr(node, "epsilon", 1e-5)));
  const factor = e.binary("multiply", scale!, inverse);
  const shift = e.binary("subtract", bias!, e.binary("multiply", mean!, factor));
  return e.binary("add", e.binary("multiply", site.x0, factor), shift);
};

const LayerNormalization: Rule = (site) => {
  const { e, x0, node } = site;
  if (node.outputs[1] || node.outputs[2]) site.fail("its mean or deviation is asked for");
  const from = site.axis(intAttr(node, "axis", -1));
  const y = standardised(site, x0, naturalOrder(x0.shape.length).slice(from));
  const scaled = e.binary("multiply", y, site.x(1));
  return site.has(2) ? e.binary("add", scaled, site.x(2)) : scaled;
};

const InstanceNormalization: Rule = (site) => {
  const { e, x0 } = site;
  const y = standardised(site, x0, naturalOrder(x0.shape.length).slice(2));
  return e.binary("add", e.binary("multiply", y, byChannel(site, 1)), byChannel(site, 2));
};

/** Of groups of channels. Until operator set 21 scale and bias are one a group, from then on one a channel. */
const GroupNormalization: Rule = (site) => {
  const { e, x0, node } = site;
  const [batch = 1, channels = 1, ...places] = x0.shape;
  const groups = intAttr(node, "num_groups", 1);
  const grouped = e.reshape(x0, [batch, groups, channels / groups, ...places]);
  const normal = standardised(site, grouped, naturalOrder(grouped.shape.length).slice(2));
  const spread = (index: number): Operand => {
    const values = [...floats(site.weight(index))];
    const each = channels / values.length;
    const repeated = values.flatMap((value) => Array.from({ length: each }, () => value));
    return site.fixed(float32(repeated, [channels, ...places.map(() => 1)]));
  };
  const y = e.binary("multiply", e.reshape(normal, x0.shape), spread(1));
  return e.binary("add", y, spread(2));
};

/** y = x / (bias + alpha / size · Σ x² over neighbouring channels)^beta */
const LRN: Rule = ({ e, node, x0 }) => {
  const size = intAttr(node, "size", 1);
  const [alpha, beta] = [floatAttr(node, "alpha", 1e-4), floatAttr(node, "beta", 0.75)];
  const before = Math.floor((size - 1) / 2);
  const none = [0, 0] as const;
  const amounts = x0.shape.map((_, axis) => (axis === 1 ? ([before, size - 1 - before] as const) : none));
  const squares = e.pad(e.unary("square", x0), amounts, 0);
  const parts = Array.from({ length: size }, (_, i) => e.part(squares, 1, i, x0.shape[1]!));
  const sum = parts.reduce((a, b) => e.binary("add", a, b));
  const base = e.by("add", e.by("multiply", sum, alpha / size), floatAttr(node, "bias", 1));
  return e.binary("divide", x0, e.by("power", base, beta));
};

export const normalizations: Readonly<Record<string, Rule>> = {
  BatchNormalization,
  LayerNormalization,
  InstanceNormalization,
  GroupNormalization,
  LRN,
};
