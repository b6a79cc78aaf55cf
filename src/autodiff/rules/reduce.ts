import { intAttr } from "../../onnx/attributes.ts";
import type { Rule, Site } from "../rule.ts";
import { kept, reducedAxes, reduceOver, repeat } from "./reduced.ts";
import { through } from "./through.ts";

type Axes = "all" | readonly number[];

/** A Reduce operator's gradient in the shape of x, out of dy and y with their folded axes back as 1. */
const reduced = (site: Site, dx: (dy: string, axes: Axes, y: () => string) => string) =>
  through(() => {
    const axes = reducedAxes(site);
    return dx(kept(site, axes, site.dy), axes === "none" ? [] : axes, () => kept(site, axes, site.y));
  });

/** The same for an operator that hands x on as it is where it has no axes and noop_with_empty_axes is set: dx = dy. */
const folded: typeof reduced = (site, dx) =>
  reducedAxes(site) === "none" ? through(() => site.dy) : reduced(site, dx);

/** y = Σ x over the axes  =>  dx = dy, repeated along them */
export const ReduceSum: Rule = (site) => folded(site, (dy) => repeat(site, dy));

/** y = Σ x / n over the axes  =>  dx = dy / n, repeated along them; n = size(x) / size(y) where it is not known before */
export const ReduceMean: Rule = (site) =>
  folded(site, (dy, axes) => {
    const { op, x, y, shape } = site;
    const size = (value: string): string => op("Cast", [op("Size", [value])], { to: 1 });
    const gone = shape(x[0]).filter((_, i) => axes === "all" || axes.includes(i));
    const known = gone.filter((dim) => typeof dim === "number");
    const count = known.length === gone.length ? known.reduce((n, dim) => n * dim, 1) : undefined;
    return repeat(site, op("Div", [dy, count ?? op("Div", [size(x[0]), size(y)])]));
  });

/** y = x at its extreme place  =>  dx = dy there, shared evenly where several places tie (as PyTorch's amax has it) */
const extreme: Rule = (site) =>
  folded(site, (dy, axes, y) => {
    const { op, x } = site;
    const mask = op("Cast", [op("Equal", [x[0], y()])], { to: 1 });
    return op("Mul", [mask, op("Div", [dy, reduceOver(site, "ReduceSum", mask, axes)])]);
  });

/** y = max x  =>  dx = dy where x = y */
export const ReduceMax: Rule = extreme;

/** y = min x  =>  dx = dy where x = y */
export const ReduceMin: Rule = extreme;

/**
 * y = Π x  =>  dx = dy·(the product of the others), which is y / x unless something is zero: with x' = x and 1 for each
 * zero, it is Π x' / x' where none of the others is zero, else 0.
 */
export const ReduceProd: Rule = (site) =>
  folded(site, (dy, axes) => {
    const { op, x } = site;
    const zero = op("Cast", [op("Equal", [x[0], 0])], { to: 1 });
    const nonzero = op("Add", [x[0], zero]);
    const zeros = reduceOver(site, "ReduceSum", zero, axes);
    const othersNonzero = op("Cast", [op("Equal", [zeros, zero])], { to: 1 });
    const product = op("Mul", [dy, reduceOver(site, "ReduceProd", nonzero, axes)]);
    return op("Mul", [op("Div", [product, nonzero]), othersNonzero]);
  });

/** y = Σ |x|  =>  dx = dy·sign(x) */
export const ReduceL1: Rule = (site) =>
  reduced(site, (dy) => site.op("Mul", [site.op("Sign", [site.x[0]]), dy]));

/** y = √(Σ x²)  =>  dx = x·dy / y; 0 where all x are 0 */
export const ReduceL2: Rule = (site) =>
  reduced(site, (dy, _, y) => {
    const { op, x } = site;
    return op("Mul", [x[0], op("Div", [dy, op("Max", [y(), 1e-30])])]);
  });

/** y = Σ x²  =>  dx = 2·dy·x */
export const ReduceSumSquare: Rule = (site) =>
  reduced(site, (dy) => site.op("Mul", [site.x[0], site.op("Mul", [dy, 2])]));

/** y = log Σ x  =>  dx = dy·e⁻ʸ, repeated along the axes */
export const ReduceLogSum: Rule = (site) =>
  reduced(site, (dy, _, y) => repeat(site, site.op("Mul", [dy, site.op("Exp", [site.op("Neg", [y()])])])));

/** y = log Σ eˣ  =>  dx = dy·e^(x - y) */
export const ReduceLogSumExp: Rule = (site) =>
  folded(site, (dy, _, y) => site.op("Mul", [site.op("Exp", [site.op("Sub", [site.x[0], y()])]), dy]));

/** y = running sums of x along an axis  =>  dx = running sums of dy from the other end */
export const CumSum: Rule = ({ node, op, x, dy }) =>
  through(() =>
    op("CumSum", [dy, x[1]], {
      exclusive: intAttr(node, "exclusive", 0),
      reverse: 1 - intAttr(node, "reverse", 0),
    }),
  );
