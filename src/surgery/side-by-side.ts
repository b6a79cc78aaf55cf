import { assert } from "../core/assert.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import type { Dim, Model, ValueInfo } from "../onnx/graph.ts";
import { definedNames } from "../onnx/names.ts";
import { UpgradeError } from "./errors.ts";
import { allNodes, distinctNodeNames, freshName, join, renameGraph, reserve } from "./join.ts";

/** Operators that mean something else, or are written otherwise, from this operator set on. */
const changedSince: ReadonlyMap<string, number> = new Map([
  ["GridSample", 20],
  ["DFT", 20],
  ["GroupNormalization", 21],
]);

/**
 * Networks that take the same input and give a vector [N, width] each, as one: output = Concat(vectors, axis 1), in
 * their order. Throws UpgradeError where they are of operator sets that cannot be brought together.
 */
export function sideBySide(models: readonly Model[], output: string): Model {
  const [first, ...others] = models;
  assert(first !== undefined, "sideBySide: there is no network");
  if (others.length === 0) return first;
  const opset = Math.max(...models.map(({ opsets }) => opsets.get("") ?? 0));
  const taken = new Set([output, ...models.flatMap(({ graph }) => [...definedNames(graph)])]);
  const parts = models.map((model) => {
    const named = withOutput(raise(model, opset), freshName(taken, output), taken);
    return reserve(named, [output]);
  });
  const joined = parts.reduce((left, right) => {
    const [own, its] = [left.graph.inputs[0]?.name, right.graph.inputs[0]?.name];
    assert(own !== undefined && its !== undefined, "sideBySide: a network has no input");
    return join(left, right, { [its]: own }, namesOf(left));
  });

  const vectors = parts.map(({ graph }) => graph.outputs[0]);
  const shapes = vectors.map((vector) => shapeOf(vector));
  // A network of one picture at a time holds the others to it.
  const batch: Dim = shapes.some((shape) => shape[0] === 1) ? 1 : "N";
  const width = shapes.reduce((sum, [, own]) => sum + (typeof own === "number" ? own : Number.NaN), 0);
  assert(Number.isInteger(width), "sideBySide: a vector's length is not known");
  const b = GraphBuilder.from(joined);
  b.op("Concat", namesOf(...parts), { axis: 1 }, { outputs: [output] });
  b.output(output, "float32", [batch, width]);
  const model = b.model();
  const nodes = distinctNodeNames(model.graph.nodes);
  return { ...model, graph: { ...model.graph, nodes } };
}

function namesOf(...models: readonly Model[]): string[] {
  return models.flatMap(({ graph }) => graph.outputs.map(({ name }) => name));
}

function shapeOf(value: ValueInfo | undefined): readonly Dim[] {
  return value?.type?.kind === "tensor" ? (value.type.shape ?? []) : [];
}

/** The model with its one output under a name that none of the others has. */
function withOutput(model: Model, name: string, taken: Set<string>): Model {
  assert(model.graph.outputs.length === 1, "sideBySide: a network gives one vector");
  taken.add(name);
  const [old] = namesOf(model);
  const graph = renameGraph(model.graph, (value) => (value === old ? name : value));
  return { ...model, graph };
}

/** The model declared for a later operator set, which has the same meaning for all but a few operators. */
function raise(model: Model, opset: number): Model {
  const from = model.opsets.get("") ?? 0;
  for (const { opType, domain, name } of allNodes(model.graph)) {
    const since = domain === "" ? changedSince.get(opType) : undefined;
    if (since === undefined || from >= since || opset < since) continue;
    throw new UpgradeError(
      {
        what: `A base of operator set ${from} cannot stand beside one of ${opset}:`,
        why: `its ${opType} changed in ${since}.`,
        next: "Export the bases with the same operator set.",
      },
      { node: name, opset: from },
    );
  }
  return { ...model, opsets: new Map(model.opsets).set("", opset) };
}
