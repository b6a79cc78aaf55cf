import type { Binary, Unary } from "./emitter.ts";
import type { Operand } from "./operand.ts";
import type { Rule, Site } from "./site.ts";

const binary =
  (op: Binary): Rule =>
  (site) =>
    site.e.binary(op, site.x(0), site.x(1));

const unary =
  (op: Unary): Rule =>
  (site) =>
    site.e.unary(op, site.x());

const Add = binary("add");
const Sub = binary("subtract");
const Mul = binary("multiply");
const Div = binary("divide");

/** A square and a root have steps of their own, which are faster and know negative numbers. */
const Pow: Rule = (site) => {
  const exponent = site.constant(1) && site.numbers(1);
  const [only] = exponent?.length === 1 ? exponent : [];
  if (only === 1) return site.x();
  if (only === 2) return site.e.unary("square", site.x());
  if (only === 0.5) return site.e.unary("sqrt", site.x());
  if (only !== undefined) return site.e.by("power", site.x(), only);
  return site.e.binary("power", site.x(0), site.x(1));
};

const folded = ({ e, all }: Site, op: Binary): Operand => all.reduce((a, b) => e.binary(op, a, b));

const Sum: Rule = (site) => folded(site, "add");
const Max: Rule = (site) => folded(site, "maximum");
const Min: Rule = (site) => folded(site, "minimum");
const Mean: Rule = (site) => site.e.by("multiply", folded(site, "add"), 1 / site.all.length);

const Exp = unary("exp");
const Log = unary("log");
const Sqrt = unary("sqrt");
const Abs = unary("abs");
const Neg = unary("negate");
const Floor = unary("floor");

/** y = 1 / x */
const Reciprocal: Rule = (site) => site.e.binary("divide", site.fixed(one), site.x());

const one = { dtype: "float32", shape: [], bytes: new Uint8Array(new Float32Array([1]).buffer) } as const;

export const elementwise: Readonly<Record<string, Rule>> = {
  Add,
  Sub,
  Mul,
  Div,
  Pow,
  Sum,
  Max,
  Min,
  Mean,
  Exp,
  Log,
  Sqrt,
  Abs,
  Neg,
  Floor,
  Reciprocal,
};
