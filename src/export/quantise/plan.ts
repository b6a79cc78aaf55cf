import type { Graph, Model, Node } from "../../onnx/graph.ts";
import { consumers, uses } from "../../onnx/graph-tools.ts";
import { embeddingOutput } from "../classifier.ts";
import { carrying, clampOf, folding, keeping, type Layer, layerOf } from "./kinds.ts";

export interface PlanOptions {
  /** Names of nodes that stay in float; a Relu or Clip goes with the node in front of it. */
  readonly exclude?: ReadonlySet<string>;
  /**
   * Only what this output needs is quantised. Default "embedding", so that a classifier's head and what tells strange
   * pictures stay in float; of a model without that output, all that its outputs need.
   */
  readonly until?: string;
}

/** Which nodes of a graph compute in 8 bits, and which values stand in 8 bits between them. */
export interface Plan {
  /** The nodes in 8 bits; those with weights are mapped to their layer. */
  readonly nodes: ReadonlyMap<Node, Layer | undefined>;
  /** Relu and Clip that are gone: the value that each made, by the value in front of it. */
  readonly folded: ReadonlyMap<string, string>;
  /** Values that stand in 8 bits, each mapped to the one whose range it has. */
  readonly grids: ReadonlyMap<string, string>;
}

/** The output of a planned node, or of the Relu or Clip that is folded into it. */
export function madeBy(node: Node, folded: ReadonlyMap<string, string>): string {
  const [output = ""] = node.outputs;
  return folded.get(output) ?? output;
}

/** Works out what is computed in 8 bits. */
export function planOf({ graph }: Model, { exclude = new Set(), until }: PlanOptions = {}): Plan {
  const users = consumers(graph);
  const kept = new Set(graph.outputs.map(({ name }) => name));
  const scope = needed(graph, until);
  const nodes = new Map<Node, Layer | undefined>();
  const folded = new Map<string, string>();
  const clamps = new Map<string, string>();
  const made = new Map<string, Node>();
  for (const node of graph.nodes) {
    const [output = ""] = node.outputs;
    if (!scope.has(node) || node.domain !== "") continue;
    const [input = ""] = node.inputs;
    const clamp = clampOf(node, graph);
    const maker = made.get(input);
    const alone = users.get(input)?.length === 1 && !kept.has(input);
    if (clamp && alone && maker?.outputs[0] === input && folding.has(maker.opType)) {
      // Zero has to stand in every range, so a clamp that leaves it out is more than a range.
      if (clamp[0] > 0 || clamp[1] < 0) continue;
      folded.set(input, output);
      clamps.set(output, String(clamp));
      made.set(output, maker);
      continue;
    }
    if (exclude.has(node.name)) continue;
    const layer = layerOf(node, graph);
    const moving = keeping.has(node.opType) ? [input] : node.inputs;
    const carries = carrying.has(node.opType) && moving.every((name) => made.has(name));
    if (layer === undefined && !carries) continue;
    // A MaxPool that also tells the places of its maxima has no 8-bit kernel.
    if (node.outputs.filter((name) => name !== "").length > 1) continue;
    nodes.set(node, layer);
    made.set(output, node);
  }
  dropIdle(graph, { nodes, folded, users });
  return { nodes, folded, grids: gridsOf({ nodes, folded, clamps, users, kept }) };
}

function needed(graph: Graph, until: string | undefined): ReadonlySet<Node> {
  const outputs = graph.outputs.map(({ name }) => name);
  const wanted = until ?? outputs.find((name) => name === embeddingOutput);
  const values = new Set(wanted === undefined ? outputs : [wanted]);
  const scope = new Set<Node>();
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((name) => values.has(name))) continue;
    scope.add(node);
    for (const name of uses(node)) values.add(name);
  }
  return scope;
}

interface Draft {
  readonly nodes: Map<Node, Layer | undefined>;
  readonly folded: Map<string, string>;
  readonly users: ReadonlyMap<string, readonly Node[]>;
}

/**
 * Takes out what nothing in 8 bits uses. A pool or sum at the very end is as cheap in float, and the mean of 49 numbers
 * has digits that 8 bits would drop. A convolution stays, for its kernel answers in nothing but 8 bits.
 */
function dropIdle(graph: Graph, { nodes, folded, users }: Draft): void {
  for (const node of [...graph.nodes].reverse()) {
    if (!nodes.has(node)) continue;
    const output = madeBy(node, folded);
    const used = users.get(output)?.some((user) => nodes.has(user)) ?? false;
    if (used || node.opType === "Conv") continue;
    folded.delete(node.outputs[0] ?? "");
    if (nodes.get(node) === undefined) nodes.delete(node);
  }
}

interface Fixed extends Draft {
  readonly clamps: ReadonlyMap<string, string>;
  /** Outputs of the graph. */
  readonly kept: ReadonlySet<string>;
}

function gridsOf({ nodes, folded, clamps, users, kept }: Fixed): ReadonlyMap<string, string> {
  const makers = new Map([...nodes.keys()].map((node) => [madeBy(node, folded), node]));
  const isUsed = (value: string): boolean => users.get(value)?.some((user) => nodes.has(user)) ?? false;
  const clampOfValue = (value: string): string | undefined => {
    const maker = makers.get(value);
    return maker && keeping.has(maker.opType) ? clampOfValue(maker.inputs[0] ?? "") : clamps.get(value);
  };
  const gridOf = (value: string): string => {
    const maker = makers.get(value);
    if (maker && keeping.has(maker.opType)) return gridOf(maker.inputs[0] ?? "");
    const [user, ...others] = users.get(value) ?? [];
    if (user?.opType !== "Concat" || others.length > 0 || !nodes.has(user) || kept.has(value)) return value;
    // Rounded once to what the whole is rounded to anyway; but a folded Relu must find its own bounds there.
    const alike = new Set(user.inputs.map(clampOfValue)).size === 1;
    return alike ? gridOf(user.outputs[0] ?? "") : value;
  };
  const grids = new Map<string, string>();
  for (const [node, layer] of nodes) {
    const moving = layer ? [layer.input] : keeping.has(node.opType) ? node.inputs.slice(0, 1) : node.inputs;
    for (const value of moving) grids.set(value, gridOf(value));
    const output = madeBy(node, folded);
    // The dense layer that ends a network answers in float.
    if (node.opType === "Conv" || isUsed(output)) grids.set(output, gridOf(output));
  }
  return grids;
}
