import type { Rule, Site } from "../rule.ts";
import { correlated, scattered } from "./conv/choose.ts";
import { gather } from "./conv/general.ts";
import { convTransposeWindows, convWindows } from "./conv/window.ts";

/** db = Σ dy over the batch and all places */
function bias({ op, ints, dy, y, shape }: Site): string {
  const axes = shape(y).flatMap((_, i) => (i === 1 ? [] : [i]));
  return op("ReduceSum", [dy, ints(axes)], { keepdims: 0 });
}

/**
 * y[n, m, o] = Σ_{c, k} x[n, c, o·stride + k·dilation - pad]·w[m, c, k] + b[m]
 *   =>  dx = dy scattered back by w, dw = x correlated with dy, db = Σ dy.
 */
export const Conv: Rule = (site) => {
  const { x, dy } = site;
  const windows = convWindows(site);
  return [
    { emit: () => scattered(site, dy, x[1], windows) },
    { emit: () => correlated(site, x[0], dy, windows) },
    { emit: () => bias(site) },
  ];
};

/** The transpose of Conv with the same weight  =>  dx = Conv of dy by w, dw = dy correlated with x, db = Σ dy. */
export const ConvTranspose: Rule = (site) => {
  const { x, dy } = site;
  const windows = convTransposeWindows(site);
  return [
    { emit: () => gather(site, dy, x[1], windows) },
    { emit: () => correlated(site, dy, x[0], windows) },
    { emit: () => bias(site) },
  ];
};
