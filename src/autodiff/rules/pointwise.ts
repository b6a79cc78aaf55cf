import type { Rule } from "../rule.ts";
import { through, times } from "./through.ts";

/** y = x  =>  dx = dy */
export const Identity: Rule = ({ dy }) => through(() => dy);

/** y = -x  =>  dx = -dy */
export const Neg: Rule = ({ op, dy }) => through(() => op("Neg", [dy]));

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
