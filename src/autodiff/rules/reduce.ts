import { intAttr, intsAttr } from "../../onnx/attributes.ts";
import type { Rule, Site } from "../rule.ts";

/** Axes that a Reduce operator sums over: "none" by design, "all", or the name of an int64 vector. */
function reducedAxes({ node, x, ints, constant, fail }: Site): "none" | "all" | { readonly name: string } {
  const attribute = intsAttr(node, "axes");
  const none = intAttr(node, "noop_with_empty_axes", 0) === 1;
  if (attribute !== undefined) return attribute.length === 0 ? "all" : { name: ints(attribute) };
  if (x[1] === "") return none ? "none" : "all";
  const values = constant(x[1]) ?? fail("its axes are computed, not constant.");
  if (values.length === 0) return none ? "none" : "all";
  return { name: x[1] };
}

/** dy in x's shape: the reduced axes come back as 1, then repeat. */
function repeat(site: Site): string {
  const { node, op, x, dy } = site;
  const axes = reducedAxes(site);
  if (axes === "none") return dy;
  const kept = intAttr(node, "keepdims", 1) === 1 || axes === "all";
  return op("Expand", [kept ? dy : op("Unsqueeze", [dy, axes.name]), op("Shape", [x[0]])]);
}

/** y = Σ x over the axes  =>  dx = dy, repeated along them */
export const ReduceSum: Rule = (site) => [{ emit: () => repeat(site) }];

/** y = mean of x over the axes  =>  dx = dy / n, repeated along them; n = size(x) / size(y) */
export const ReduceMean: Rule = (site) => [
  {
    emit: () => {
      const { op, x, y } = site;
      const size = (value: string): string => op("Cast", [op("Size", [value])], { to: 1 });
      return op("Div", [repeat(site), op("Div", [size(x[0]), size(y)])]);
    },
  },
];
