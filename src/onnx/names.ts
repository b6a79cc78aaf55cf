import type { Graph, Node } from "./graph.ts";

/** The subgraphs that a node carries: both branches of an If, the body of a Loop or Scan. */
export function bodies(node: Node): Graph[] {
  const graphs: Graph[] = [];
  for (const attribute of node.attributes.values())
    if (attribute.type === "graph") graphs.push(attribute.value);
  return graphs;
}

/** Every name of a value that a graph or one of its subgraphs defines or uses; ONNX forbids to give one twice. */
export function definedNames(graph: Graph, into: Set<string> = new Set()): Set<string> {
  for (const value of [...graph.inputs, ...graph.outputs]) into.add(value.name);
  for (const name of graph.initializers.keys()) into.add(name);
  for (const node of graph.nodes) {
    for (const name of node.inputs) into.add(name);
    for (const name of node.outputs) into.add(name);
    for (const body of bodies(node)) definedNames(body, into);
  }
  into.delete("");
  return into;
}
