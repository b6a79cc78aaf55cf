import type { Rule, Site } from "../rule.ts";

const through = (emit: () => string) => [{ emit }];
const times = (site: Site, factor: string): string => site.op("Mul", [site.dy, factor]);

/** y = x  =>  dx = dy */
export const Identity: Rule = ({ dy }) => through(() => dy);

/** y = -x  =>  dx = -dy */
export const Neg: Rule = ({ op, dy }) => through(() => op("Neg", [dy]));

/** y = max(x, 0)  =>  dx = dy·sign(y); 0 at the kink, as PyTorch has it */
export const Relu: Rule = (site) => through(() => times(site, site.op("Sign", [site.y])));

/** y = tanh x  =>  dx = dy·(1 - y²) */
export const Tanh: Rule = (site) =>
  through(() => times(site, site.op("Sub", [1, site.op("Mul", [site.y, site.y])])));

/** y = σ(x)  =>  dx = dy·y·(1 - y) */
export const Sigmoid: Rule = (site) =>
  through(() => times(site, site.op("Mul", [site.y, site.op("Sub", [1, site.y])])));

/** y = erf x  =>  dx = dy·(2/√π)·exp(-x²) */
export const Erf: Rule = (site) =>
  through(() => {
    const { op, x } = site;
    const bell = op("Exp", [op("Neg", [op("Mul", [x[0], x[0]])])]);
    return times(site, op("Mul", [2 / Math.sqrt(Math.PI), bell]));
  });

/** y = eˣ  =>  dx = dy·y */
export const Exp: Rule = (site) => through(() => times(site, site.y));

/** y = log x  =>  dx = dy / x */
export const Log: Rule = ({ op, x, dy }) => through(() => op("Div", [dy, x[0]]));

/** y = √x  =>  dx = dy / 2y */
export const Sqrt: Rule = ({ op, y, dy }) => through(() => op("Div", [dy, op("Mul", [2, y])]));
