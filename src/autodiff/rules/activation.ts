import { intAttr } from "../../onnx/attributes.ts";
import type { Rule } from "../rule.ts";
import { through, times } from "./through.ts";

/** y = max(x, 0)  =>  dx = dy·sign(y); 0 at the kink, as PyTorch has it */
export const Relu: Rule = (site) => through(() => times(site, site.op("Sign", [site.y])));

/** y = tanh x  =>  dx = dy·(1 - y²) */
export const Tanh: Rule = (site) =>
  through(() => times(site, site.op("Sub", [1, site.op("Mul", [site.y, site.y])])));

/** y = σ(x)  =>  dx = dy·y·(1 - y) */
export const Sigmoid: Rule = (site) =>
  through(() => times(site, site.op("Mul", [site.y, site.op("Sub", [1, site.y])])));

/** y = x - log Σ eˣ along an axis  =>  dx = dy - eʸ·Σ dy */
export const LogSoftmax: Rule = ({ node, op, ints, y, dy }) => [
  {
    emit: () => {
      const sum = op("ReduceSum", [dy, ints([intAttr(node, "axis", -1)])], { keepdims: 1 });
      return op("Sub", [dy, op("Mul", [op("Exp", [y]), sum])]);
    },
  },
];
