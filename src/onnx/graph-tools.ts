import { describe } from "./attributes.ts";
import { GraphError } from "./errors.ts";
import type { Graph, Node, ValueInfo } from "./graph.ts";
import { bodies, definedNames } from "./names.ts";

/** The node that makes each value. */
export function producers(graph: Graph): Map<string, Node> {
  const made = new Map<string, Node>();
  for (const node of graph.nodes) for (const name of node.outputs) if (name !== "") made.set(name, node);
  return made;
}

/** The nodes that use each value, in graph order, each once; use by a node's subgraph counts as use by the node. */
export function consumers(graph: Graph): Map<string, Node[]> {
  const users = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    for (const name of uses(node)) {
      const list = users.get(name);
      if (list === undefined) users.set(name, [node]);
      else list.push(node);
    }
  }
  return users;
}

/** Inputs that must be fed: old files (format below 4) list their initializers among the inputs too. */
export function freeInputs(graph: Graph): ValueInfo[] {
  return graph.inputs.filter((input) => !graph.initializers.has(input.name));
}

/** A name that nothing in the graph or its subgraphs bears: the hint itself, else the hint with a number. */
export function freshName(graph: Graph, hint: string): string {
  const taken = definedNames(graph);
  if (hint !== "" && !taken.has(hint)) return hint;
  let count = 0;
  while (taken.has(`${hint}_${count}`)) count++;
  return `${hint}_${count}`;
}

/** Values of the outer graph that a node's subgraphs use: the captures of an If, Loop or Scan. */
export function subgraphUses(node: Node): Set<string> {
  const captured = new Set<string>();
  for (const body of bodies(node)) {
    const own = new Set([...body.inputs.map((input) => input.name), ...body.initializers.keys()]);
    for (const inner of body.nodes) for (const name of inner.outputs) own.add(name);
    for (const inner of body.nodes) for (const name of uses(inner)) if (!own.has(name)) captured.add(name);
    for (const { name } of body.outputs) if (!own.has(name)) captured.add(name);
  }
  return captured;
}

/** Every value that a node needs: its inputs and the captures of its subgraphs, without the ones left out. */
export function uses(node: Node): Set<string> {
  const names = new Set(node.inputs);
  for (const name of subgraphUses(node)) names.add(name);
  names.delete("");
  return names;
}

/** Whether no node uses a value that a later one makes. */
export function isSorted(nodes: readonly Node[]): boolean {
  const later = new Set(nodes.flatMap((node) => node.outputs));
  later.delete("");
  for (const node of nodes) {
    for (const name of uses(node)) if (later.has(name)) return false;
    for (const name of node.outputs) later.delete(name);
  }
  return true;
}

/**
 * The nodes in topological order (Kahn 1962); those that are sorted already are handed back as they are. Throws
 * GraphError when nodes wait for each other in a circle.
 */
export function sorted(nodes: readonly Node[]): readonly Node[] {
  if (isSorted(nodes)) return nodes;
  const maker = new Map<string, number>();
  nodes.forEach((node, i) => {
    for (const name of node.outputs) if (name !== "") maker.set(name, i);
  });
  const users: number[][] = nodes.map(() => []);
  const waiting = nodes.map((node, i) => {
    const before = new Set(
      [...uses(node)].map((name) => maker.get(name)).filter((index) => index !== undefined),
    );
    for (const index of before) users[index]?.push(i);
    return before.size;
  });
  const ready = waiting.flatMap((count, i) => (count === 0 ? [i] : []));
  // `ready` grows while it is walked: it ends as the order itself.
  for (const index of ready) {
    for (const user of users[index] ?? []) {
      const left = (waiting[user] ?? 0) - 1;
      waiting[user] = left;
      if (left === 0) ready.push(user);
    }
  }
  const stuck = nodes.filter((_, i) => (waiting[i] ?? 0) > 0);
  if (stuck.length > 0) {
    const names = stuck.slice(0, 5).map(describe);
    throw new GraphError(
      {
        what: `The graph has a cycle: ${stuck.length} nodes wait for each other, among them ${names.join(", ")}.`,
        why: "An ONNX graph runs forward only.",
        next: "Export the model again, or check it with onnx.checker.",
      },
      { names },
    );
  }
  return ready.flatMap((index) => nodes[index] ?? []);
}
