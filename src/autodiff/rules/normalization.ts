import { floatAttr, intAttr } from "../../onnx/attributes.ts";
import type { Rule, Site } from "../rule.ts";
import { batchwise, isTrainingForm, sumByChannel } from "./batchwise.ts";
import { axesFrom, byChannel, standardise, unstandardise } from "./normalised.ts";
import { once } from "./once.ts";
import { reduceOver } from "./reduced.ts";
import { through } from "./through.ts";

/**
 * Inference form: y = (x - mean)·scale·r + bias with r = 1 / √(var + ε)
 *   =>  dx = dy·scale·r, dscale = r·Σ dy·(x - mean), dbias = Σ dy, summed over all axes but the channels.
 * Running mean and variance are no weights: no gradient by them.
 */
export const BatchNormalization: Rule = (site) => {
  if (isTrainingForm(site)) return batchwise(site);
  const { node, op, x: inputs, dy, shape } = site;
  const [x, scale, , mean, variance] = inputs;
  const rank = shape(x).length;
  const epsilon = Math.fround(floatAttr(node, "epsilon", 1e-5));
  const deviation = once(() => op("Sqrt", [op("Add", [variance, epsilon])]));
  return [
    { emit: () => op("Mul", [dy, byChannel(site, op("Div", [scale, deviation()]), rank)]) },
    {
      emit: () => {
        const centred = op("Sub", [x, byChannel(site, mean, rank)]);
        return op("Div", [sumByChannel(site, op("Mul", [dy, centred])), deviation()]);
      },
    },
    { emit: () => sumByChannel(site, dy) },
  ];
};

/** y = x̂·scale + bias, x̂ standardised over each channel of each picture  =>  dscale = Σ dy·x̂, dbias = Σ dy */
export const InstanceNormalization: Rule = (site) => groupwise(site, [0, 0, -1], [-1, 1]);

/** The same over groups of channels, [N, G, ...]; scale and bias are one a group before opset 21, then one a channel. */
export const GroupNormalization: Rule = (site) => {
  const groups = intAttr(site.node, "num_groups", 1);
  if (site.opset < 21) return groupwise(site, [0, groups, -1], [-1, 1]);
  const [channels = 0] = site.sizes(site.x[1]);
  return groupwise(site, [0, groups, channels / groups, -1], [groups, -1, 1]);
};

/** Standardised over the axes from 2 on of x seen in the shape `view`, then scaled; `scaleView` is scale's shape there. */
function groupwise(site: Site, view: readonly number[], scaleView: readonly number[]): ReturnType<Rule> {
  const { node, op, ints, x: inputs, dy } = site;
  const axes = axesFrom(2, view.length);
  const seen = (value: string): string => op("Reshape", [value, ints(view)]);
  const parts = once(() => standardise(site, seen(inputs[0]), axes, floatAttr(node, "epsilon", 1e-5)));
  const scale = once(() => op("Reshape", [inputs[1], ints(scaleView)]));
  const g = once(() => seen(dy));
  const product = once(() => op("Mul", [g(), parts().normalised]));
  const sum = (value: string): string => {
    const summed = reduceOver(site, "ReduceSum", value, [0, view.length - 1], 0);
    return view.length === 3 ? summed : op("Reshape", [summed, ints([-1])]);
  };
  return [
    {
      emit: () => {
        const { normalised, inverse } = parts();
        // One number for all that is standardised together can wait; one that differs within it cannot.
        const dx =
          view.length === 3
            ? { normalised, g: g(), product: product(), factor: op("Mul", [inverse, scale()]) }
            : {
                normalised,
                g: op("Mul", [g(), scale()]),
                product: op("Mul", [product(), scale()]),
                factor: inverse,
              };
        return op("Reshape", [unstandardise(site, dx, axes), op("Shape", [inputs[0]])]);
      },
    },
    { emit: () => sum(product()) },
    { emit: () => sum(g()) },
  ];
}

/** y = x̂·scale + bias, x̂ = (x - mean)·r over the axes from `axis` on  =>  dscale = dy·x̂, dbias = dy, summed */
export const LayerNormalization: Rule = (site) => {
  const { node, op, x: inputs, dy, shape, output } = site;
  const [x, scale] = inputs;
  const rank = shape(x).length;
  const axis = intAttr(node, "axis", -1);
  const axes = axesFrom(axis < 0 ? axis + rank : axis, rank);
  const normalised = once(() => op("Mul", [op("Sub", [x, output(1)]), output(2)]));
  return [
    {
      emit: () => {
        const g = op("Mul", [dy, scale]);
        const product = op("Mul", [g, normalised()]);
        return unstandardise(site, { normalised: normalised(), g, product, factor: output(2) }, axes);
      },
    },
    { emit: () => op("Mul", [dy, normalised()]), shape: shape(x) },
    { emit: () => dy, shape: shape(x) },
  ];
};

/**
 * y = x·s^-β, s = bias + α·(Σ x² / n) over a window of n channels around each
 *   =>  dx = dy·s^-β - 2αβ·x·(Σ dy·y/s / n) over the same window. The engine knows odd n only, which have a middle.
 */
export const LRN: Rule = (site) =>
  through(() => {
    const { node, op, x, y, dy } = site;
    const alpha = floatAttr(node, "alpha", 1e-4);
    const beta = floatAttr(node, "beta", 0.75);
    const squares = windowMean(site, op("Mul", [x[0], x[0]]));
    const s = op("Add", [op("Mul", [squares, alpha]), floatAttr(node, "bias", 1)]);
    const others = windowMean(site, op("Div", [op("Mul", [dy, y]), s]));
    const own = op("Mul", [dy, op("Pow", [s, -beta])]);
    return op("Sub", [own, op("Mul", [op("Mul", [x[0], 2 * alpha * beta]), others])]);
  });

/** Means over each channel's window, zeros beyond the ends: a pool over the channels of [N, 1, C, ...]. */
function windowMean({ node, op, ints, x, shape }: Site, value: string): string {
  const size = intAttr(node, "size", 1);
  const places = shape(x[0]).slice(2);
  const pads = [(size - 1) / 2, ...places.map(() => 0)];
  const pooled = op("AveragePool", [op("Unsqueeze", [value, ints([1])])], {
    kernel_shape: [size, ...places.map(() => 1)],
    pads: [...pads, ...pads],
    count_include_pad: 1,
  });
  return op("Squeeze", [pooled, ints([1])]);
}

/**
 * y = x / ‖x‖ along an axis  =>  dx = (dy - t·Σ dy·y) / ‖x‖, with t = y for p = 2 and sign(x) for p = 1; 0 where x is all
 * zeros, as y is.
 */
export const LpNormalization: Rule = (site) =>
  through(() => {
    const { node, op, x, y, dy, shape } = site;
    const p = intAttr(node, "p", 2);
    const rank = shape(x[0]).length;
    const axis = (intAttr(node, "axis", -1) + rank) % rank;
    const norm = reduceOver(site, p === 1 ? "ReduceL1" : "ReduceL2", x[0], [axis]);
    const inverse = op("Div", [op("Sign", [norm]), op("Max", [norm, 1e-30])]);
    const along = reduceOver(site, "ReduceSum", op("Mul", [dy, y]), [axis]);
    const turned = op("Mul", [p === 1 ? op("Sign", [x[0]]) : y, along]);
    return op("Mul", [op("Sub", [dy, turned]), inverse]);
  });
