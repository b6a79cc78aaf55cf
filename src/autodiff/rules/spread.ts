import type { Shape } from "../../onnx/graph.ts";
import type { Gradient, Site } from "../rule.ts";

/**
 * The gradients of an operator whose inputs broadcast against each other, each written in the output's shape: the walk
 * sums them back. An input that the others cannot enlarge is let off, so that its sizes need not be known.
 */
export function spread(site: Site, emits: readonly (() => string)[]): readonly Gradient[] {
  const shapes = site.node.inputs.slice(0, emits.length).map((input) => site.shape(input));
  const shape = site.shape(site.y);
  return emits.map((emit, i) => {
    const mine = shapes[i];
    const whole = mine && shapes.every((other, j) => j === i || !enlarges(other, mine));
    return whole ? { emit } : { emit, shape };
  });
}

/** Whether broadcasting against `other` may give a larger shape than `mine`; axes are aligned at the end. */
function enlarges(other: Shape, mine: Shape): boolean {
  const offset = mine.length - other.length;
  if (offset < 0) return true;
  return other.some((theirs, i) => {
    const own = mine[i + offset];
    if (theirs === 1 || (typeof own === "number" && own !== 1)) return false;
    return theirs === undefined || theirs !== own;
  });
}
