import { intAttr, intsAttr } from "../../onnx/attributes.ts";
import type { Rule, Site } from "../rule.ts";
import { type AxisMatrix, identity, multiplyAxes } from "./axis-matrix.ts";
import { scatterMaxima } from "./max-pool.ts";
import { through } from "./through.ts";

/** y = the largest x of each window  =>  dx = dy at its place (the first, where several are equal) */
export const MaxPool: Rule = (site) => through(() => scatterMaxima(site));

/** y = A·x·Bᵀ with the windows' means in A and B  =>  dx = Aᵀ·dy·B */
export const AveragePool: Rule = (site) => through(() => multiplyAxes(site, site.dy, windowMatrices(site)));

/** y = mean of x over the spatial axes  =>  dx = dy / n, repeated along them */
export const GlobalAveragePool: Rule = (site) =>
  through(() => {
    const { op, floats, x, y, dy, shape } = site;
    const spatial = shape(x[0]).slice(2);
    const known = spatial.filter((dim) => typeof dim === "number");
    if (known.length < spatial.length) {
      const size = (value: string): string => op("Cast", [op("Size", [value])], { to: 1 });
      const mean = op("Div", [dy, op("Div", [size(x[0]), size(y)])]);
      return op("Expand", [mean, op("Shape", [x[0]])]);
    }
    // Scaled and repeated at once, in half the time of Mul and Expand.
    const n = known.reduce((product, dim) => product * dim, 1);
    return op("Mul", [dy, floats(Array(n).fill(1 / n), [1, 1, ...known])]);
  });

/** y = the largest x of each channel  =>  dx = dy at its place (the first, where several are equal) */
export const GlobalMaxPool: Rule = ({ op, ints, x, dy }) =>
  through(() => {
    const flat = (value: string): string => op("Reshape", [value, ints([0, 0, -1])]);
    const rows = flat(x[0]);
    const zeros = op("ConstantOfShape", [op("Shape", [rows])]);
    const places = op("ArgMax", [rows], { axis: 2 });
    const scattered = op("ScatterElements", [zeros, places, flat(dy)], { axis: 2 });
    return op("Reshape", [scattered, op("Shape", [x[0]])]);
  });

/** y = (Σ |x|ᵖ)^(1/p) over each window  =>  dx = sign(x)·|x|^(p-1) · Σ dy·y^(1-p) over the windows that hold x */
export const LpPool: Rule = (site) =>
  through(() => timesPower(site, multiplyAxes(site, overPower(site), windowMatrices(site))));

/** y = (Σ |x|ᵖ)^(1/p) over the spatial axes  =>  dx = sign(x)·|x|^(p-1) · dy·y^(1-p) */
export const GlobalLpPool: Rule = (site) => through(() => timesPower(site, overPower(site)));

const normOrder = ({ node }: Site): number => intAttr(node, "p", 2);

/** dy / y^(p-1); where y is 0 so is all x below it, and any finite number will do. */
function overPower(site: Site): string {
  const { op, y, dy } = site;
  const p = normOrder(site);
  if (p === 1) return dy;
  return op("Div", [dy, op("Max", [p === 2 ? y : op("Pow", [y, p - 1]), 1e-20])]);
}

/** sign(x)·|x|^(p-1)·factor */
function timesPower(site: Site, factor: string): string {
  const { op, x } = site;
  const p = normOrder(site);
  if (p === 2) return op("Mul", [x[0], factor]);
  const signed = op("Mul", [op("Sign", [x[0]]), factor]);
  return p === 1 ? signed : op("Mul", [op("Pow", [op("Abs", [x[0]]), p - 1]), signed]);
}

/**
 * The share that each input has in each window of an axis, asked of the pool itself in one dimension: what a mean is
 * divided by is a product over the axes, so they stay apart.
 */
function windowMatrices(site: Site): AxisMatrix[] {
  const { node, op, ints, x, shape } = site;
  const rank = shape(x[0]).length;
  return Array.from({ length: rank - 2 }, (_, i) => {
    const of = (name: string, places: readonly number[]): number[] | undefined => {
      const all = intsAttr(node, name);
      return all && places.map((place) => all[place] ?? 0);
    };
    const attributes = {
      ...Object.fromEntries(node.attributes),
      kernel_shape: of("kernel_shape", [i]),
      strides: of("strides", [i]),
      dilations: of("dilations", [i]),
      pads: of("pads", [i, i + rank - 2]),
    };
    const row = op("Unsqueeze", [identity(site, i + 2), ints([0])]);
    const pooled = op(node.opType, [row], attributes);
    return { axis: i + 2, matrix: op("Squeeze", [pooled, ints([0])]) };
  });
}
