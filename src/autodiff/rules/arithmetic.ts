import type { Rule, Site } from "../rule.ts";
import { constantNumber } from "./constant-number.ts";
import { toFloat } from "./masks.ts";
import { once } from "./once.ts";
import { spread } from "./spread.ts";
import { times } from "./through.ts";

/** y = a + b  =>  da = dy, db = dy */
export const Add: Rule = (site) => spread(site, [() => site.dy, () => site.dy]);

/** y = a - b  =>  da = dy, db = -dy */
export const Sub: Rule = (site) => spread(site, [() => site.dy, () => site.op("Neg", [site.dy])]);

/** y = a·b  =>  da = dy·b, db = dy·a */
export const Mul: Rule = (site) =>
  spread(site, [() => site.op("Mul", [site.dy, site.x[1]]), () => site.op("Mul", [site.dy, site.x[0]])]);

/** y = a / b  =>  da = dy / b, db = -(dy / b)·y */
export const Div: Rule = (site) => {
  const { op, x, y } = site;
  const quotient = once(() => op("Div", [site.dy, x[1]]));
  return spread(site, [quotient, () => op("Neg", [op("Mul", [quotient(), y])])]);
};

/** y = Σ xᵢ, broadcast  =>  dxᵢ = dy */
export const Sum: Rule = (site) =>
  spread(
    site,
    site.node.inputs.map(() => () => site.dy),
  );

/** y = Σ xᵢ / n, broadcast  =>  dxᵢ = dy / n */
export const Mean: Rule = (site) => {
  const { inputs } = site.node;
  const share = once(() => (inputs.length === 1 ? site.dy : site.op("Mul", [site.dy, 1 / inputs.length])));
  return spread(
    site,
    inputs.map(() => share),
  );
};

/**
 * y = aᵇ  =>  da = dy·b·aᵇ⁻¹, db = dy·y·ln a. Where a = 0, db is 0; where a < 0 it is NaN, as y is for any other b near
 * that one.
 */
export const Pow: Rule = (site) => {
  const { op, x, y } = site;
  const [a, b] = x;
  return spread(site, [
    () => fromPower(site, constantNumber(site, b)),
    () => {
      // ln 1 = 0 in place of ln 0, which times y = 0 would be NaN.
      const log = op("Log", [op("Add", [a, toFloat(site, op("Equal", [a, 0]))])]);
      return times(site, op("Mul", [y, log]));
    },
  ]);
};

/** dy·p·aᵖ⁻¹, without the slow general power where the exponent p is known and has a cheaper form. */
function fromPower(site: Site, p: number | undefined): string {
  const { op, x, y, dy, dtype } = site;
  const [a, b] = x;
  switch (p) {
    case undefined: {
      const exponent = (dtype(b) ?? "float32") === "float32" ? b : op("Cast", [b], { to: 1 });
      return times(site, op("Mul", [exponent, op("Pow", [a, op("Sub", [exponent, 1])])]));
    }
    case 0:
      return op("Mul", [dy, 0]);
    case 1:
      return dy;
    case 2:
      return times(site, op("Mul", [a, 2]));
    case 0.5:
      return op("Div", [op("Mul", [dy, 0.5]), y]);
    case -0.5:
      return times(site, op("Mul", [op("Pow", [y, 3]), -0.5]));
    case -1:
      return times(site, op("Neg", [op("Mul", [y, y])]));
    default:
      return times(site, op("Mul", [op("Pow", [a, p - 1]), p]));
  }
}

/** y is at each place one of its inputs, broadcast: dy goes there to the first that equals it, and to no other. */
const toFirstEqual: Rule = (site) => {
  const { node, op, y } = site;
  const last = node.inputs.length - 1;
  if (last === 0) return [{ emit: () => site.dy }];
  let earlier: (() => string) | undefined;
  const emits = node.inputs.map((input, i) => {
    const equal = once(() => op("Equal", [input, y]));
    const before = earlier;
    earlier = before ? once(() => op("Or", [before(), equal()])) : equal;
    const chosen = (): string => {
      if (!before) return equal();
      const free = op("Not", [before()]);
      return i === last ? free : op("And", [equal(), free]);
    };
    return () => times(site, toFloat(site, chosen()));
  });
  return spread(site, emits);
};

/** y = max xᵢ  =>  dxᵢ = dy where xᵢ is the first to reach it */
export const Max: Rule = toFirstEqual;

/** y = min xᵢ  =>  dxᵢ = dy where xᵢ is the first to reach it */
export const Min: Rule = toFirstEqual;
