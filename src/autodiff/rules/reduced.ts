import { intAttr, intsAttr } from "../../onnx/attributes.ts";
import type { Site } from "../rule.ts";

/** The axes that a Reduce operator folds: "none" by design, "all", or those counted from the front. */
export type ReducedAxes = "none" | "all" | readonly number[];

/** What a Reduce node folds, from the attribute (older opsets) or the second input. */
export function reducedAxes({ node, x, constant, shape, fail }: Site): ReducedAxes {
  const attribute = intsAttr(node, "axes");
  const none = intAttr(node, "noop_with_empty_axes", 0) === 1;
  const given = attribute ?? (x[1] === "" ? [] : constant(x[1]));
  if (given === undefined) return fail("its axes are computed, not constant.");
  if (given.length === 0) return none ? "none" : "all";
  const rank = shape(x[0]).length;
  return given.map((axis) => (axis < 0 ? axis + rank : axis));
}

/** A Reduce operator written for the graph's opset: axes were an attribute before 18, but for ReduceSum before 13. */
export function reduceOver(
  { op, ints, opset }: Site,
  opType: string,
  value: string,
  axes: readonly number[] | "all",
  keepdims: 0 | 1 = 1,
): string {
  if (axes === "all") return op(opType, [value], { keepdims });
  if (opType === "ReduceSum" || opset >= 18) return op(opType, [value, ints(axes)], { keepdims });
  return op(opType, [value], { axes, keepdims });
}

/** A value of the shape of y with the axes that keepdims = 0 took away back as 1: it broadcasts against x. */
export function kept({ node, op, ints }: Site, axes: ReducedAxes, value: string): string {
  if (intAttr(node, "keepdims", 1) === 1 || axes === "none" || axes === "all") return value;
  return op("Unsqueeze", [value, ints(axes)]);
}

/** A value that broadcasts against x, repeated to the shape of x. */
export function repeat({ op, x }: Site, value: string): string {
  return op("Expand", [value, op("Shape", [x[0]])]);
}
