import type { Graph, Node } from "../onnx/graph.ts";
import { uses } from "../onnx/graph-tools.ts";

/** What was computed in one run, by the name of the value; elements in the same order on both sides. */
export type Values = ReadonlyMap<string, Float32Array>;

/** A node at which an export departs from the trained network. */
export interface Departure {
  readonly node: Node;
  /** How far the signal to noise falls from its inputs to its output. */
  readonly decibels: number;
}

/** Above it float32 numbers of two engines differ by rounding; below the least nothing is left of the signal. */
const [exact, nothing] = [100, 0];
/** What falls by less, or by less than half as much as at the worst node, is how errors pass on. */
const [telling, share] = [6, 0.5];

/**
 * The nodes at which an export's numbers go away from the trained network's on the same picture, the worst first: those
 * whose outputs are much further off than what they are made of. Values that one of the two does not tell are passed over;
 * the first node behind the last known value then stands for all up to the next.
 */
export function departures(graph: Graph, trained: Values, exported: Values): readonly Departure[] {
  const known = new Map<string, { readonly decibels: number; readonly suspect?: Node }>();
  const found: Departure[] = [];
  for (const node of graph.nodes) {
    const inputs = [...uses(node)].map((name) => known.get(name) ?? { decibels: exact });
    const decibels = Math.min(exact, ...inputs.map((input) => input.decibels));
    const suspect = inputs.find((input) => input.suspect)?.suspect ?? node;
    for (const name of node.outputs) {
      const [own, other] = [trained.get(name), exported.get(name)];
      if (own === undefined || other === undefined) {
        known.set(name, { decibels, suspect });
        continue;
      }
      const left = signalToNoise(own, other);
      known.set(name, { decibels: left });
      if (decibels - left >= telling) found.push({ node: suspect, decibels: decibels - left });
    }
  }
  found.sort((a, b) => b.decibels - a.decibels);
  return found.filter((each) => each.decibels >= share * found[0]!.decibels);
}

/** 10 log10(sum x^2 / sum (x - y)^2) within the bounds above. */
function signalToNoise(own: Float32Array, other: Float32Array): number {
  let [signal, noise] = [0, 0];
  for (const [i, value] of own.entries()) {
    signal += value ** 2;
    noise += (value - (other[i] ?? Number.NaN)) ** 2;
  }
  if (noise === 0) return exact;
  const decibels = 10 * Math.log10(signal / noise);
  return Number.isNaN(decibels) ? nothing : Math.min(exact, Math.max(nothing, decibels));
}
