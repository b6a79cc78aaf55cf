import type { Shape } from "../onnx/graph.ts";
import type { Emitter, Site } from "./rule.ts";

/**
 * The gradient of a broadcast: what was repeated is summed. From shape `from` back to `to`, which ONNX broadcast to it
 * (axes aligned at the end; those that `to` lacks, or has as 1, were repeated).
 */
export function unbroadcast(
  emit: Emitter,
  gradient: string,
  from: Shape,
  to: Shape,
  fail: Site["fail"],
): string {
  const extra = from.length - to.length;
  const leading = [...Array(extra).keys()];
  const repeated: number[] = [];
  for (const [i, dim] of to.entries()) {
    const grown = from[i + extra];
    if (dim === grown && dim !== undefined) continue;
    // A named or unknown size might be 1 at run time, and then it was repeated: what to write cannot be known.
    if (dim !== 1)
      fail(`it broadcasts [${to}] to [${from}], sizes that are not known to differ or to agree.`);
    repeated.push(i + extra);
  }
  const axes = [...leading, ...repeated];
  if (axes.length === 0) return gradient;
  if (repeated.length === 0) return emit.op("ReduceSum", [gradient, emit.ints(axes)], { keepdims: 0 });
  const summed = emit.op("ReduceSum", [gradient, emit.ints(axes)], { keepdims: 1 });
  return extra === 0 ? summed : emit.op("Squeeze", [summed, emit.ints(leading)]);
}
