import type { Shape } from "../onnx/graph.ts";
import type { Emitter } from "./rule.ts";

/** The shape that a gradient comes in, and how many of its last axes took no part in broadcasting. */
interface Grown {
  readonly shape: Shape;
  readonly own?: number | undefined;
}

/**
 * The gradient of a broadcast: what was repeated is summed. From shape `from` back to `to`, that of `value`, which ONNX
 * broadcast to it (axes aligned at the end; those that `to` lacks, or has as 1, were repeated). The last `own` axes were
 * not, whatever their size.
 */
export function unbroadcast(
  emit: Emitter,
  gradient: string,
  { shape: from, own = 0 }: Grown,
  to: Shape,
  value: string,
): string {
  const extra = from.length - to.length;
  const leading = [...Array(extra).keys()];
  const repeated: number[] = [];
  for (const [i, dim] of to.slice(0, to.length - own).entries()) {
    const grown = from[i + extra];
    if (dim === grown && dim !== undefined) continue;
    // A named or unknown size might be 1 at run time, and then it was repeated.
    if (dim !== 1) return summedAtRunTime(emit, gradient, extra, value);
    repeated.push(i + extra);
  }
  const axes = [...leading, ...repeated];
  if (axes.length === 0) return gradient;
  if (repeated.length === 0) return emit.op("ReduceSum", [gradient, emit.ints(axes)], { keepdims: 0 });
  const summed = emit.op("ReduceSum", [gradient, emit.ints(axes)], { keepdims: 1 });
  return extra === 0 ? summed : emit.op("Squeeze", [summed, emit.ints(leading)]);
}

/** Where it is not known before which axes were repeated: those whose sizes differ when it runs, and `extra` new ones. */
function summedAtRunTime({ op, ints }: Emitter, gradient: string, extra: number, value: string): string {
  const before = op("Shape", [value]);
  const aligned = extra === 0 ? before : op("Concat", [ints(Array(extra).fill(1)), before], { axis: 0 });
  const differ = op("Not", [op("Equal", [aligned, op("Shape", [gradient])])]);
  const axes = op("Reshape", [op("NonZero", [differ]), ints([-1])]);
  const sum = op("ReduceSum", [gradient, axes], { keepdims: 1, noop_with_empty_axes: 1 });
  return extra === 0 ? sum : op("Reshape", [sum, before]);
}
