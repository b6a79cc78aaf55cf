import { type DType, int64 } from "../../core/tensor.ts";
import { describe } from "../../onnx/attributes.ts";
import type { Model, Node } from "../../onnx/graph.ts";
import { knownTensor } from "../../onnx/infer/create.ts";
import { type Known, Op } from "../../onnx/infer/op.ts";
import { rules as inferenceRules } from "../../onnx/infer/rules.ts";
import { liftConstants } from "../../surgery/constants.ts";
import { Emitter } from "./emitter.ts";
import { LoweringError } from "./errors.ts";
import { withGelus } from "./gelu.ts";
import { fixed, naturalOrder, type Operand } from "./operand.ts";
import type { Origin, Program } from "./program.ts";
import { ruleFor } from "./rules.ts";
import { Site } from "./site.ts";
import { tidied } from "./tidy.ts";

/**
 * The network with its channels last, step by step as TensorFlow.js and TensorFlow Lite have them. `model` is of operator
 * set 18, a batch of one, its inputs' shapes known: what `networkOf` answers. Transposes between the two layouts vanish.
 * Throws LoweringError for an operator, or a use of one, that these runtimes lack.
 */
export function lower(model: Model): Program {
  const graph = withGelus(liftConstants(model.graph));
  const outputs = graph.outputs.map(({ name }) => name);
  const e = new Emitter([...graph.inputs.map(({ name }) => name), ...outputs]);
  const operands = new Map<string, Operand>();
  for (const [name, tensor] of graph.initializers) operands.set(name, fixed(tensor));
  const inputs = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
  for (const { name, type } of inputs) {
    const shape = type?.kind === "tensor" ? staticShape(type.shape) : undefined;
    if (shape === undefined) throw unknownShape(`input '${name}'`, name, "input");
    operands.set(name, e.input(name, shape));
  }
  for (const node of graph.nodes) {
    const given = node.inputs.map((name) => operands.get(name));
    const known = inferred(node, model.opsets.get("") ?? 18, given);
    const made = constantsOf(known) ?? lowered(node, e, given, known);
    for (const [i, name] of node.outputs.entries()) {
      const operand = made[i];
      if (name !== "" && operand) operands.set(name, operand);
    }
  }
  const answered = new Map(outputs.map((name) => [name, operands.get(name)!]));
  const names = inputs.map(({ name }) => name);
  const program = tidied(e.program(graph.name, names, answered));
  return { ...program, origins: originsOf(program, operands) };
}

/** What became of the graph's values; some went into the steps around them. */
function originsOf(
  { values, outputs }: Program,
  operands: ReadonlyMap<string, Operand>,
): ReadonlyMap<string, Origin> {
  const origins = new Map<string, Origin>();
  for (const [name, operand] of operands)
    if (operand.kind === "stored" && values.has(operand.name))
      origins.set(name, { value: operand.name, order: operand.order });
  for (const name of outputs)
    origins.set(name, { value: name, order: naturalOrder(values.get(name)!.shape.length) });
  return origins;
}

function lowered(
  node: Node,
  e: Emitter,
  operands: readonly (Operand | undefined)[],
  known: readonly (Known | undefined)[],
): readonly Operand[] {
  const rule = node.domain === "" ? ruleFor(node.opType) : undefined;
  if (rule === undefined) {
    throw new LoweringError(
      {
        what: `${describe(node)} cannot be written for TensorFlow.js and TensorFlow Lite.`,
        why: `Tsugiki knows no steps that do what ${node.domain === "" ? "" : `${node.domain}.`}${node.opType} does.`,
        next: "Run the .onnx file itself there (onnxruntime-web, onnxruntime-mobile), or train on another base.",
      },
      { node: node.name, opType: node.opType },
    );
  }
  const shapes = node.outputs.flatMap((name, i) => {
    if (name === "") return [];
    const shape = staticShape(known[i]?.shape);
    if (shape === undefined) throw unknownShape(describe(node), node.name, node.opType);
    return [shape];
  });
  e.hint = node.outputs.find((name) => name !== "") ?? node.opType;
  const made = rule(new Site(node, e, operands, shapes));
  return Array.isArray(made) ? made : [made as Operand];
}

function inferred(
  node: Node,
  opset: number,
  operands: readonly (Operand | undefined)[],
): readonly (Known | undefined)[] {
  const rule = node.domain === "" ? inferenceRules.get(node.opType) : undefined;
  const known = operands.map((operand): Known | undefined => {
    if (operand?.kind === "fixed") return knownTensor(operand.tensor);
    return operand && { dtype: "float32", shape: operand.shape };
  });
  return rule?.(new Op(node, opset, known)) ?? [];
}

const integral: ReadonlySet<DType | undefined> = new Set<DType>(["int64", "int32"]);

/** Shapes under computation: what inference knows to the last number is a constant. */
function constantsOf(known: readonly (Known | undefined)[]): readonly Operand[] | undefined {
  const [only] = known;
  if (known.length !== 1 || !integral.has(only?.dtype)) return undefined;
  const values = only?.value;
  if (!values?.every((value) => typeof value === "number")) return undefined;
  return [fixed(int64(values, staticShape(only?.shape) ?? [values.length]))];
}

function staticShape(shape: Known["shape"]): readonly number[] | undefined {
  return shape?.every((dim) => typeof dim === "number") ? shape : undefined;
}

function unknownShape(what: string, node: string, opType: string): LoweringError {
  return new LoweringError(
    {
      what: `The shape of ${what} cannot be told.`,
      why: "TensorFlow.js and TensorFlow Lite are given networks whose every size is known.",
      next: "Train with this base at a fixed size.",
    },
    { node, opType },
  );
}
