import { intAttr, intsAttr } from "../../onnx/attributes.ts";
import type { Reduction } from "./emitter.ts";
import { naturalOrder, type Operand } from "./operand.ts";
import type { Rule, Site } from "./site.ts";

/** The operand reduced, before and after which something may happen to each element. */
function reduced(
  op: Reduction,
  before: (site: Site) => Operand = ({ x0 }) => x0,
  after: (site: Site, y: Operand) => Operand = (_, y) => y,
): Rule {
  return (site) => {
    const { e, node, x0 } = site;
    const stated = intsAttr(node, "axes") ?? site.numbers(1) ?? [];
    const none = stated.length === 0 && intAttr(node, "noop_with_empty_axes", 0) !== 0;
    const axes = stated.length > 0 ? stated.map((axis) => site.axis(axis)) : naturalOrder(x0.shape.length);
    const keep = intAttr(node, "keepdims", 1) !== 0;
    return after(site, none ? before(site) : e.reduce(op, before(site), axes, keep));
  };
}

const squares = ({ e, x0 }: Site): Operand => e.unary("square", x0);

const ReduceMean = reduced("mean");
const ReduceSum = reduced("sum");
const ReduceMax = reduced("reduceMax");
const ReduceMin = reduced("reduceMin");
const ReduceSumSquare = reduced("sum", squares);
const ReduceL2 = reduced("sum", squares, ({ e }, y) => e.unary("sqrt", y));
const ReduceL1 = reduced("sum", ({ e, x0 }) => e.unary("abs", x0));
const ReduceLogSum = reduced("sum", undefined, ({ e }, y) => e.unary("log", y));

export const reductions: Readonly<Record<string, Rule>> = {
  ReduceMean,
  ReduceSum,
  ReduceMax,
  ReduceMin,
  ReduceSumSquare,
  ReduceL2,
  ReduceL1,
  ReduceLogSum,
};
