import { floats, sizeOf } from "../core/tensor.ts";
import type { Graph, Node } from "../onnx/graph.ts";
import { consumers, freeInputs, uses } from "../onnx/graph-tools.ts";

/** A stretch of a network between two places where a single tensor carries everything on. */
export interface Block {
  /** The value that enters it; the graph's own input for the first. */
  readonly input: string;
  /** The value that leaves it. */
  readonly output: string;
  readonly nodes: readonly Node[];
  /** Its weights: float32 initializers of more than one element that are used here for the first time. */
  readonly weights: readonly string[];
}

/**
 * A network as a chain of blocks, in its order. Each holds at least one weight and begins as short before its first one
 * as it can; between two of them passes one tensor and nothing else, so that a residual unit is one block. [] for a
 * graph without weights. Nodes that the first input cannot change belong to no block.
 */
export function blocksOf(graph: Graph): readonly Block[] {
  const [start] = freeInputs(graph).map(({ name }) => name);
  const output = graph.outputs[0]?.name;
  if (start === undefined || output === undefined) return [];
  const users = consumers(graph);
  const used = new Set<string>();
  /** Values that a picture can change and that later nodes need, with the number of those nodes. */
  const live = new Map([[start, users.get(start)?.length ?? 0]]);
  const blocks: Block[] = [];
  let input = start;
  let nodes: Node[] = [];
  let weights: string[] = [];
  /** The last place where a single value was alive, and how many of `nodes` stand before it. */
  let gate: { readonly value: string; readonly after: number } | undefined;
  const moving = new Set([start]);
  for (const node of graph.nodes) {
    const needs = [...uses(node)];
    if (!needs.some((name) => moving.has(name))) continue;
    const own = weightsOf(node, graph).filter((name) => !used.has(name));
    if (own.length > 0 && weights.length > 0 && gate !== undefined) {
      blocks.push({ input, output: gate.value, nodes: nodes.slice(0, gate.after), weights });
      [input, nodes, weights, gate] = [gate.value, nodes.slice(gate.after), [], undefined];
    }
    nodes.push(node);
    for (const name of own) {
      used.add(name);
      weights.push(name);
    }
    for (const name of needs) {
      const left = live.get(name);
      if (left === 1) live.delete(name);
      else if (left !== undefined) live.set(name, left - 1);
    }
    for (const name of node.outputs) {
      if (name === "") continue;
      moving.add(name);
      const count = users.get(name)?.length ?? 0;
      if (count > 0) live.set(name, count);
    }
    const [only, ...others] = live.keys();
    if (only !== undefined && others.length === 0) gate = { value: only, after: nodes.length };
  }
  return weights.length > 0 ? [...blocks, { input, output, nodes, weights }] : blocks;
}

/** Inputs of operators that hold settings or statistics, not weights: no gradient passes to them. */
const settings: Readonly<Record<string, readonly number[]>> = {
  BatchNormalization: [3, 4],
  Clip: [1, 2],
  Pad: [2],
  Resize: [1, 2],
  RoiAlign: [1],
};

/** Arithmetic with these may be with a constant of the network's own: a mask, a mean colour. */
const arithmetic: ReadonlySet<string> = new Set(["Add", "Sub", "Mul", "Div", "Where", "Max", "Min"]);
/** No weight of a trained network is as large as this; masks for attention are, where they are not infinite. */
const largest = 1000;

function weightsOf({ opType, inputs }: Node, { initializers }: Graph): readonly string[] {
  return inputs.filter((name, i) => {
    const tensor = initializers.get(name);
    if (tensor?.dtype !== "float32" || sizeOf(tensor.shape) <= 1) return false;
    if (settings[opType]?.includes(i) === true) return false;
    return !arithmetic.has(opType) || floats(tensor).every((value) => Math.abs(value) < largest);
  });
}
