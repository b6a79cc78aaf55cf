import { closest } from "../core/closest.ts";
import { GraphError, ShapeError } from "./errors.ts";
import type { Graph, Model, Node, Shape, TensorType, ValueInfo } from "./graph.ts";
import { knownTensor } from "./infer/create.ts";
import { showShape } from "./infer/dims.ts";
import { type Known, Op } from "./infer/op.ts";
import { rules } from "./infer/rules.ts";

/**
 * The model with element type and shape of every value filled in, as far as they can be told. `inputShapes` replaces what
 * the file says of its inputs' sizes; what it says of other values is then set aside, and is otherwise believed only
 * where no rule knows better. Throws ShapeError where the shapes contradict each other, GraphError for an unknown input.
 */
export function inferShapes(model: Model, inputShapes: Readonly<Record<string, Shape>> = {}): Model {
  const { graph } = model;
  const resized = Object.keys(inputShapes).length > 0;
  const inputs = withShapes(graph, inputShapes);
  const declared = new Map(graph.values);
  for (const output of graph.outputs) declared.set(output.name, output);
  const known = new Map<string, Known>();
  for (const input of inputs) known.set(input.name, limited(tensorType(input) ?? {}));
  for (const [name, tensor] of graph.initializers) known.set(name, limited(knownTensor(tensor)));
  for (const node of graph.nodes) {
    const outputs = inferNode(node, model.opsets, known);
    for (const [i, name] of node.outputs.entries()) {
      if (name === "") continue;
      known.set(name, limited(completed(outputs[i] ?? {}, tensorType(declared.get(name)), resized)));
    }
  }
  return { ...model, graph: { ...graph, inputs, ...annotate(graph, known, resized) } };
}

function tensorType(value: ValueInfo | undefined): TensorType | undefined {
  return value?.type?.kind === "tensor" ? value.type : undefined;
}

function withShapes(graph: Graph, shapes: Readonly<Record<string, Shape>>): ValueInfo[] {
  const names = graph.inputs.map((input) => input.name);
  for (const name of Object.keys(shapes)) {
    if (names.includes(name)) continue;
    const near = closest(name, names);
    const list = (near.length > 0 ? near : names).map((item) => `'${item}'`).join(", ");
    throw new GraphError(
      { what: `The model has no input named '${name}'.`, next: `Its inputs: ${list}.` },
      { names: [name, ...names] },
    );
  }
  return graph.inputs.map((input) => {
    const shape = shapes[input.name];
    const type = tensorType(input);
    if (shape === undefined || type === undefined) return input;
    if (type.shape !== undefined && type.shape.length !== shape.length) {
      throw new ShapeError(
        {
          what: `Input '${input.name}' cannot have the shape ${showShape(shape)}.`,
          why: `The model was made for ${showShape(type.shape)}, with ${type.shape.length} axes.`,
          next: "Give as many sizes as the model's input has axes.",
        },
        { node: input.name, opType: "input" },
      );
    }
    return { ...input, type: { ...type, shape } };
  });
}

function inferNode(
  node: Node,
  opsets: ReadonlyMap<string, number>,
  known: ReadonlyMap<string, Known>,
): readonly (Known | undefined)[] {
  const rule = node.domain === "" ? rules.get(node.opType) : undefined;
  if (rule === undefined) return [];
  return rule(
    new Op(
      node,
      opsets.get("") ?? 1,
      node.inputs.map((name) => known.get(name)),
    ),
  );
}

/** More axes than any real tensor has: a chain of Gathers could double their number at each node. */
const maxRank = 64;

function limited(known: Known): Known {
  return (known.shape?.length ?? 0) > maxRank ? { dtype: known.dtype } : known;
}

/** Fills gaps with what the file declares; its sizes belong to the declared input sizes only. */
function completed(inferred: Known, declared: TensorType | undefined, resized: boolean): Known {
  const dtype = inferred.dtype ?? declared?.dtype;
  const stated = resized ? undefined : declared?.shape;
  const { shape = stated } = inferred;
  const agrees = shape !== undefined && stated !== undefined && stated.length === shape.length;
  return { ...inferred, dtype, shape: agrees ? shape.map((dim, i) => dim ?? stated[i]) : shape };
}

function annotate(
  graph: Graph,
  known: ReadonlyMap<string, Known>,
  resized: boolean,
): Pick<Graph, "outputs" | "values"> {
  const typed = (value: ValueInfo): ValueInfo => {
    const { dtype, shape } = known.get(value.name) ?? {};
    if (dtype !== undefined)
      return { ...value, type: { ...tensorType(value), kind: "tensor", dtype, shape } };
    const type = tensorType(value);
    return resized && type !== undefined ? { ...value, type: { ...type, shape: undefined } } : value;
  };
  const outer = new Set([...graph.inputs, ...graph.outputs].map((value) => value.name));
  const values = new Map(graph.values);
  for (const name of graph.nodes.flatMap((node) => node.outputs)) {
    if (name === "" || outer.has(name)) continue;
    const value = typed(graph.values.get(name) ?? { name, type: undefined });
    if (value.type === undefined) values.delete(name);
    else values.set(name, value);
  }
  return { values, outputs: graph.outputs.map(typed) };
}
