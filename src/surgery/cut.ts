import type { Graph, Model, Node, ValueInfo } from "../onnx/graph.ts";
import { uses } from "../onnx/graph-tools.ts";
import { allNodes } from "./join.ts";

/** Removes nodes, initializers and notes that no output needs. Inputs stay, but for initializers listed among them. */
export function prune(graph: Graph): Graph {
  const needed = new Set(graph.outputs.map((value) => value.name));
  const nodes: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((name) => name !== "" && needed.has(name))) continue;
    nodes.push(node);
    for (const name of uses(node)) needed.add(name);
  }
  return {
    ...graph,
    nodes: nodes.reverse(),
    inputs: graph.inputs.filter(({ name }) => needed.has(name) || !graph.initializers.has(name)),
    initializers: new Map([...graph.initializers].filter(([name]) => needed.has(name))),
    values: new Map([...graph.values].filter(([name]) => needed.has(name))),
  };
}

/** The model up to the named values, which become its outputs; what lies behind them is gone. */
export function cut(model: Model, outputs: readonly ValueInfo[]): Model {
  return { ...model, graph: prune({ ...model.graph, outputs }) };
}

/** The model without imports of operator sets that no node uses; the engine adds all that it knows. */
export function dropUnusedDomains(model: Model): Model {
  const used = new Set(["", ...[...allNodes(model.graph)].map((node) => node.domain)]);
  return { ...model, opsets: new Map([...model.opsets].filter(([domain]) => used.has(domain))) };
}
