import { intAttr } from "../../onnx/attributes.ts";
import type { Rule } from "../rule.ts";
import { sign } from "./masks.ts";
import { through, times } from "./through.ts";

/** y = x  =>  dx = dy */
export const Identity: Rule = ({ dy }) => through(() => dy);

/** y = x  =>  dx = dy where float32 stays float32; no gradient passes another type */
export const Cast: Rule = ({ node, dy }) => (intAttr(node, "to", 0) === 1 ? through(() => dy) : []);

/** y = x at inference  =>  dx = dy */
export const Dropout: Rule = ({ x, dy, tensor, fail }) => {
  const mode = x[2];
  if (mode !== "") {
    const flag = tensor(mode) ?? fail(`whether it drops values is computed, by '${mode}'.`);
    if (flag.bytes[0] !== 0) {
      fail(`its training_mode is true, so it drops values at random; '${mode}' must be false.`);
    }
  }
  return through(() => dy);
};

/** y = -x  =>  dx = -dy */
export const Neg: Rule = ({ op, dy }) => through(() => op("Neg", [dy]));

/** y = |x|  =>  dx = dy·sign(x); 0 at the kink */
export const Abs: Rule = (site) => through(() => times(site, sign(site, site.x[0])));

/** y = 1 / x  =>  dx = -dy·y² */
export const Reciprocal: Rule = (site) => {
  const { op, y } = site;
  return through(() => times(site, op("Neg", [op("Mul", [y, y])])));
};

/** y = √x  =>  dx = dy / 2y */
export const Sqrt: Rule = ({ op, y, dy }) => through(() => op("Div", [dy, op("Mul", [2, y])]));

/** y = eˣ  =>  dx = dy·y */
export const Exp: Rule = (site) => through(() => times(site, site.y));

/** y = ln x  =>  dx = dy / x */
export const Log: Rule = ({ op, x, dy }) => through(() => op("Div", [dy, x[0]]));

/** y = erf x  =>  dx = dy·(2/√π)·exp(-x²) */
export const Erf: Rule = (site) =>
  through(() => {
    const { op, x } = site;
    const bell = op("Exp", [op("Neg", [op("Mul", [x[0], x[0]])])]);
    return times(site, op("Mul", [2 / Math.sqrt(Math.PI), bell]));
  });

/** y = sin x  =>  dx = dy·cos x */
export const Sin: Rule = (site) => through(() => times(site, site.op("Cos", [site.x[0]])));

/** y = cos x  =>  dx = -dy·sin x */
export const Cos: Rule = (site) => {
  const { op, x } = site;
  return through(() => times(site, op("Neg", [op("Sin", [x[0]])])));
};

/** y = tan x  =>  dx = dy·(1 + y²) */
export const Tan: Rule = (site) => {
  const { op, y } = site;
  return through(() => times(site, op("Add", [op("Mul", [y, y]), 1])));
};

/** y = asin x  =>  dx = dy / √(1 - x²) */
export const Asin: Rule = ({ op, x: [x], dy }) =>
  through(() => op("Div", [dy, op("Sqrt", [op("Sub", [1, op("Mul", [x, x])])])]));

/** y = acos x  =>  dx = -dy / √(1 - x²) */
export const Acos: Rule = ({ op, x: [x], dy }) =>
  through(() => op("Neg", [op("Div", [dy, op("Sqrt", [op("Sub", [1, op("Mul", [x, x])])])])]));

/** y = atan x  =>  dx = dy / (1 + x²) */
export const Atan: Rule = ({ op, x: [x], dy }) =>
  through(() => op("Div", [dy, op("Add", [op("Mul", [x, x]), 1])]));

/** y = sinh x  =>  dx = dy·cosh x */
export const Sinh: Rule = (site) => through(() => times(site, site.op("Cosh", [site.x[0]])));

/** y = cosh x  =>  dx = dy·sinh x */
export const Cosh: Rule = (site) => through(() => times(site, site.op("Sinh", [site.x[0]])));

/** y = asinh x  =>  dx = dy / √(x² + 1) */
export const Asinh: Rule = ({ op, x: [x], dy }) =>
  through(() => op("Div", [dy, op("Sqrt", [op("Add", [op("Mul", [x, x]), 1])])]));

/** y = acosh x  =>  dx = dy / √(x² - 1) */
export const Acosh: Rule = ({ op, x: [x], dy }) =>
  through(() => op("Div", [dy, op("Sqrt", [op("Sub", [op("Mul", [x, x]), 1])])]));

/** y = atanh x  =>  dx = dy / (1 - x²) */
export const Atanh: Rule = ({ op, x: [x], dy }) =>
  through(() => op("Div", [dy, op("Sub", [1, op("Mul", [x, x])])]));
