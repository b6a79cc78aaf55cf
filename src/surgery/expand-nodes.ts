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
  let count = graph.nodes.length;
  const nodes = graph.nodes.flatMap((node) => {
    const made = expand(node, builder);
    if (made === undefined) return [node];
    for (const [i, name] of node.outputs.entries()) {
      if (name !== "" && made[i] !== undefined) renamed.set(made[i], name);
    }
    const written = builder.graph().nodes.slice(count);
    count += written.length;
    return written;
  });
  const nameOf = (value: string): string => renamed.get(value) ?? value;
  const named = nodes.map((node) => ({
    ...node,
    // A node bears its value's name; the old one would be given again.
    name: nameOf(node.name),
    inputs: node.inputs.map(nameOf),
    outputs: node.outputs.map(nameOf),
  }));
  const finished = builder.model();
  return { model: { ...finished, graph: { ...finished.graph, nodes: distinctNodeNames(named) } }, nameOf };
}
