import { assert } from "../core/assert.ts";
import type { Graph, Model, Node, ValueInfo } from "../onnx/graph.ts";
import { bodies, definedNames } from "../onnx/names.ts";

type Rename = (name: string) => string;

function renameNode(node: Node, rename: Rename): Node {
  const attributes = new Map(node.attributes);
  for (const [key, attribute] of attributes) {
    if (attribute.type === "graph")
      attributes.set(key, { ...attribute, value: renameGraph(attribute.value, rename) });
  }
  return { ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename), attributes };
}

/** The graph with every value renamed; "", the input left out, stays "". */
export function renameGraph(graph: Graph, rename: Rename): Graph {
  const named = (name: string): string => (name === "" ? "" : rename(name));
  const info = (value: ValueInfo): ValueInfo => ({ ...value, name: named(value.name) });
  return {
    ...graph,
    nodes: graph.nodes.map((node) => renameNode(node, named)),
    inputs: graph.inputs.map(info),
    outputs: graph.outputs.map(info),
    initializers: new Map([...graph.initializers].map(([name, tensor]) => [named(name), tensor])),
    values: new Map([...graph.values].map(([name, value]) => [named(name), info(value)])),
  };
}

/** Every node of a graph and of the graphs inside it. */
export function* allNodes(graph: Graph): Generator<Node> {
  for (const node of graph.nodes) {
    yield node;
    for (const body of bodies(node)) yield* allNodes(body);
  }
}

/** Gives nodes distinct names: ONNX Runtime refuses a graph in which two share one. */
export function distinctNodeNames(nodes: readonly Node[]): Node[] {
  const taken = new Set<string>();
  return nodes.map((node) => {
    let name = node.name;
    for (let i = 1; name !== "" && taken.has(name); i++) name = `${node.name}_${i}`;
    taken.add(name);
    return name === node.name ? node : { ...node, name };
  });
}

/** The model with other names for those of its values that bear one of `names`: they are wanted for something else. */
export function reserve(model: Model, names: readonly string[]): Model {
  const taken = definedNames(model.graph);
  const fresh = new Map<string, string>();
  for (const name of names) {
    if (!taken.has(name)) continue;
    const other = freshName(taken, `${name}_inner`);
    taken.add(other);
    fresh.set(name, other);
  }
  if (fresh.size === 0) return model;
  return { ...model, graph: renameGraph(model.graph, (name) => fresh.get(name) ?? name) };
}

/** `hint`, or with a number behind it, so that nothing bears the name yet. */
export function freshName(taken: ReadonlySet<string>, hint: string): string {
  let name = hint;
  for (let i = 1; taken.has(name); i++) name = `${hint}_${i}`;
  return name;
}

/**
 * One model out of two: `wires` maps inputs of `second` to values of `first` that feed them. The inputs are first's,
 * then those of second that no wire feeds; the outputs are second's, then `keep`, values of first. Names of first stay;
 * a name of second that first has too gets a suffix, but never one of second's outputs.
 */
export function join(
  first: Model,
  second: Model,
  wires: Readonly<Record<string, string>>,
  keep: readonly string[] = [],
): Model {
  const opset = first.opsets.get("");
  assert(opset === second.opsets.get(""), `join: opset ${opset} meets opset ${second.opsets.get("")}`);
  for (const [input, value] of Object.entries(wires)) {
    assert(
      second.graph.inputs.some(({ name }) => name === input),
      `join: the second graph has no input '${input}'`,
    );
    assert(definesValue(first.graph, value), `join: the first graph has no value '${value}'`);
  }
  const outputs = new Set(second.graph.outputs.map((value) => value.name));
  const clashing = definedNames(first.graph);
  for (const name of outputs) assert(!clashing.has(name), `join: both graphs have a value '${name}'`);

  const taken = new Set([...clashing, ...definedNames(second.graph)]);
  const renamed = new Map(Object.entries(wires));
  for (const name of definedNames(second.graph)) {
    if (renamed.has(name) || !clashing.has(name)) continue;
    const fresh = freshName(taken, name);
    taken.add(fresh);
    renamed.set(name, fresh);
  }
  const tail = renameGraph(withoutStaleNotes(second.graph), (name) => renamed.get(name) ?? name);
  const kept = keep.map((name) => describe(first.graph, name));
  const fed = new Set(Object.values(wires));
  return {
    ...first,
    irVersion: Math.max(first.irVersion, second.irVersion),
    opsets: new Map([...first.opsets, ...second.opsets]),
    graph: {
      ...first.graph,
      nodes: distinctNodeNames([...first.graph.nodes, ...tail.nodes]),
      inputs: [...first.graph.inputs, ...tail.inputs.filter((value) => !fed.has(value.name))],
      outputs: [...tail.outputs, ...kept],
      initializers: new Map([...first.graph.initializers, ...tail.initializers]),
      values: new Map([...withoutStaleNotes(first.graph).values, ...tail.values]),
    },
    metadata: new Map([...first.metadata, ...second.metadata]),
  };
}

/** Notes on values that a pass took away would be read as notes on values of that name in the other graph. */
function withoutStaleNotes(graph: Graph): Graph {
  const there = definedNames(graph);
  return { ...graph, values: new Map([...graph.values].filter(([name]) => there.has(name))) };
}

function definesValue({ nodes, inputs, initializers }: Graph, name: string): boolean {
  return (
    inputs.some((input) => input.name === name) ||
    initializers.has(name) ||
    nodes.some((node) => node.outputs.includes(name))
  );
}

function describe(graph: Graph, name: string): ValueInfo {
  const known = graph.outputs.find((value) => value.name === name) ?? graph.values.get(name);
  return known ?? { name, type: undefined };
}
