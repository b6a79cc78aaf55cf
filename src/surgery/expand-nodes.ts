import { GraphBuilder } from "../onnx/builder.ts";
import type { Model, Node } from "../onnx/graph.ts";
import { distinctNodeNames } from "./join.ts";

export interface Expanded {
  readonly model: Model;
  /** What a value that `expand` wrote is called now. */
  readonly nameOf: (value: string) => string;
}

/**
 * The model with single nodes written as several: `expand` writes what takes a node's place with the builder and returns
 * the names of what it made for the node's outputs, in their order; undefined leaves the node as it is. The outputs keep
 * their names, and every other node its inputs.
 */
export function expandNodes(
  model: Model,
  expand: (node: Node, builder: GraphBuilder) => readonly string[] | undefined,
): Expanded {
  const { graph } = model;
  const builder = GraphBuilder.from(model);
  for (const { name } of graph.outputs) builder.output(name);
  const renamed = new Map<string, string>();
  const written = new Set<Node>();
  let count = graph.nodes.length;
  const nodes = graph.nodes.flatMap((node) => {
    const made = expand(node, builder);
    if (made === undefined) return [node];
    for (const [i, name] of node.outputs.entries()) {
      if (name !== "" && made[i] !== undefined) renamed.set(made[i], name);
    }
    const parts = builder.graph().nodes.slice(count);
    count += parts.length;
    for (const part of parts) written.add(part);
    return parts;
  });
  const nameOf = (value: string): string => renamed.get(value) ?? value;
  const named = nodes.map((node) => {
    if (!written.has(node)) return node;
    // A node bears its value's name; the old one would be given again.
    const [inputs, outputs] = [node.inputs.map(nameOf), node.outputs.map(nameOf)];
    return { ...node, name: nameOf(node.name), inputs, outputs };
  });
  const finished = builder.model();
  return { model: { ...finished, graph: { ...finished.graph, nodes: distinctNodeNames(named) } }, nameOf };
}
