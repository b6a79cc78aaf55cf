import { sizeOf } from "../../core/tensor.ts";
import { floatAttr, intAttr, stringAttr } from "../../onnx/attributes.ts";
import type { Emitter } from "./emitter.ts";
import type { Operand } from "./operand.ts";
import type { Rule, Site } from "./site.ts";

const Relu: Rule = (site) => site.e.unary("relu", site.x0);
const Sigmoid: Rule = (site) => site.e.unary("sigmoid", site.x0);
const Tanh: Rule = (site) => site.e.unary("tanh", site.x0);
const HardSwish: Rule = (site) => site.e.unary("hardSwish", site.x0);

const LeakyRelu: Rule = (site) => {
  const slope = floatAttr(site.node, "alpha", 0.01);
  return site.e.like(site.x0, (input) => ({ op: "leakyRelu", input, slope }));
};

/** Slopes by channel, or one for all, are a step's; others are written out: y = max(x, 0) - slope · max(-x, 0) */
const PRelu: Rule = (site) => {
  const { e } = site;
  const [x, slopes] = [site.x(0), site.x(1)];
  const { order } = e.stored(x);
  // The axis that lies last, counted from the end as broadcasting does.
  const channel = slopes.shape.length - x.shape.length + order.at(-1)!;
  const byChannel = sizeOf(slopes.shape) === (slopes.shape[channel] ?? 1);
  if (slopes.kind === "fixed" && byChannel) {
    const name = e.aligned(slopes, order);
    return e.like(x, (input) => ({ op: "prelu", input, slopes: name }));
  }
  const below = e.unary("relu", e.unary("negate", x));
  return e.binary("subtract", e.unary("relu", x), e.binary("multiply", below, slopes));
};

/** y = x where x > 0, alpha · (eˣ - 1) elsewhere */
function elu(e: Emitter, x: Operand, alpha: number): Operand {
  if (alpha === 1) return e.unary("elu", x);
  const below = e.unary("elu", e.by("minimum", x, 0));
  return e.binary("add", e.unary("relu", x), e.by("multiply", below, alpha));
}

const Elu: Rule = (site) => elu(site.e, site.x0, floatAttr(site.node, "alpha", 1));

/** y = gamma · elu(x) */
const Selu: Rule = ({ e, node, x0 }) => {
  const alpha = floatAttr(node, "alpha", 1.6732631921768188);
  return e.by("multiply", elu(e, x0, alpha), floatAttr(node, "gamma", 1.0507010221481323));
};

/** y = max(0, x) + min(0, alpha · (e^(x / alpha) - 1)) */
const Celu: Rule = ({ e, node, x0 }) => {
  const alpha = floatAttr(node, "alpha", 1);
  const below = e.unary("elu", e.by("divide", e.by("minimum", x0, 0), alpha));
  return e.binary("add", e.unary("relu", x0), e.by("multiply", below, alpha));
};

/** y = log(1 + eˣ) = max(x, 0) + log(1 + e^-|x|), which never overflows */
function softplus(e: Emitter, x: Operand): Operand {
  const tail = e.unary("exp", e.unary("negate", e.unary("abs", x)));
  return e.binary("add", e.unary("relu", x), e.unary("log", e.by("add", tail, 1)));
}

const Softplus: Rule = ({ e, x0 }) => softplus(e, x0);

/** y = x · tanh(softplus(x)) */
const Mish: Rule = ({ e, x0 }) => e.binary("multiply", x0, e.unary("tanh", softplus(e, x0)));

/** y = x / (1 + |x|) */
const Softsign: Rule = ({ e, x0 }) => e.binary("divide", x0, e.by("add", e.unary("abs", x0), 1));

/** Beyond it a float32 bounds nothing. */
const farthest = 3e38;

function clipped(e: Emitter, x: Operand, low: number, high: number): Operand {
  if (low === 0 && high === 6) return e.unary("relu6", x);
  const above = low === 0 ? e.unary("relu", x) : low <= -farthest ? x : e.by("maximum", x, low);
  return high >= farthest ? above : e.by("minimum", above, high);
}

const Clip: Rule = (site) => {
  const [low = -Infinity] = site.numbers(1) ?? [];
  const [high = Infinity] = site.numbers(2) ?? [];
  return clipped(site.e, site.x0, low, high);
};

/** y = max(0, min(1, alpha · x + beta)) */
const HardSigmoid: Rule = ({ e, node, x0 }) => {
  const [alpha, beta] = [floatAttr(node, "alpha", 0.2), floatAttr(node, "beta", 0.5)];
  // MobileNet v3's is TensorFlow's own.
  if (Math.abs(alpha - 1 / 6) < 1e-7 && beta === 0.5)
    return e.by("multiply", e.unary("relu6", e.by("add", x0, 3)), 1 / 6);
  return clipped(e, e.by("add", e.by("multiply", x0, alpha), beta), 0, 1);
};

/** y = x · Φ(x), or the approximation x · (1 + tanh(√(2/π) · (x + 0.044715 x³))) / 2 */
const Gelu: Rule = ({ e, node, x0 }) => {
  if (stringAttr(node, "approximate", "none") !== "tanh") return e.unary("gelu", x0);
  const cubed = e.by("multiply", e.binary("multiply", e.unary("square", x0), x0), 0.044715);
  const inner = e.by("multiply", e.binary("add", x0, cubed), Math.sqrt(2 / Math.PI));
  const twice = e.by("add", e.unary("tanh", inner), 1);
  return e.by("multiply", e.binary("multiply", x0, twice), 0.5);
};

/** The operand with an axis laid last. */
function lastly({ e, x0 }: Site, axis: number): Operand {
  const { order } = e.stored(x0);
  if (order.at(-1) === axis) return x0;
  const turned = [...order.filter((one) => one !== axis), axis];
  return { kind: "stored", name: e.ordered(x0, turned), order: turned, shape: x0.shape };
}

const Softmax: Rule = (site) => {
  const last = lastly(site, site.axis(intAttr(site.node, "axis", -1)));
  return site.e.like(last, (input) => ({ op: "softmax", input }));
};

/** y = x - max - log Σ e^(x - max) */
const LogSoftmax: Rule = (site) => {
  const { e, x0 } = site;
  const axes = [site.axis(intAttr(site.node, "axis", -1))];
  const shifted = e.binary("subtract", x0, e.reduce("reduceMax", x0, axes, true));
  const sum = e.reduce("sum", e.unary("exp", shifted), axes, true);
  return e.binary("subtract", shifted, e.unary("log", sum));
};

export const activations: Readonly<Record<string, Rule>> = {
  Relu,
  Sigmoid,
  Tanh,
  HardSwish,
  LeakyRelu,
  PRelu,
  Elu,
  Selu,
  Celu,
  Softplus,
  Mish,
  Softsign,
  Clip,
  HardSigmoid,
  Gelu,
  Softmax,
  LogSoftmax,
};
