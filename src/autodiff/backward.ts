import { assert } from "../core/assert.ts";
import { float32, int64, integers, scalar, sizeOf, type Tensor } from "../core/tensor.ts";
import { describe } from "../onnx/attributes.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import type { Graph, Model, Node, Shape } from "../onnx/graph.ts";
import { inferShapes } from "../onnx/infer.ts";
import { GradientError } from "./errors.ts";
import type { Site } from "./rule.ts";
import { ruleFor, rules } from "./rules/index.ts";
import { unbroadcast } from "./unbroadcast.ts";

export interface Differentiated {
  /** The forward graph with the gradients' nodes after it; the gradients are outputs too. */
  readonly model: Model;
  /** The value that holds d loss / d weight, by the weight's name; of the weight's shape. */
  readonly gradients: ReadonlyMap<string, string>;
}

/** The oldest operator set whose ReduceSum, Squeeze and Unsqueeze take their axes as the rules write them. */
const oldestOpset = 13;

/**
 * Reverse-mode differentiation, graph to graph: from the scalar value `loss` back to the initializers `trainable`, all
 * float32. Only nodes between the two are visited. Throws GradientError for an operator without a rule.
 */
export function backward(model: Model, loss: string, trainable: readonly string[]): Differentiated {
  const opset = model.opsets.get("") ?? 0;
  assert(opset >= oldestOpset, `gradients are written for opset ${oldestOpset} and later, not ${opset}`);
  const graph = inferShapes(model).graph;
  const builder = GraphBuilder.from(model);
  for (const { name } of graph.outputs) builder.output(name);
  const emit = emitter(builder);

  const active = reachedFrom(trainable, graph);
  const arrived = new Map<string, string[]>([[loss, [emit.seed(lossShape(graph, loss))]]]);
  /** Where a value is used more than once, its gradient is the sum of what comes back from each use. */
  const total = (value: string): string | undefined => {
    const parts = arrived.get(value) ?? [];
    if (parts.length > 1) arrived.set(value, [builder.op("Sum", parts)]);
    return arrived.get(value)?.[0];
  };

  for (const node of graph.nodes.toReversed()) {
    if (!node.inputs.some((input) => active.has(input))) continue;
    if (!node.outputs.some((output) => arrived.has(output))) continue;
    const fail = failure(graph, node, loss);
    const rule = node.domain === "" ? ruleFor(node.opType) : undefined;
    if (!rule) return fail("its operator has no gradient rule.");
    const [y = "", ...others] = node.outputs;
    const dy = total(y);
    if (dy === undefined || others.some((output) => arrived.has(output))) {
      return fail("the loss depends on another output than its first, which no rule covers.");
    }
    const [a = "", b = "", c = ""] = node.inputs;
    const shape = (value: string): Shape =>
      shapeOf(graph, value) ?? fail(`the rank of '${value}' is not known.`);
    const constant = (value: string): readonly number[] | undefined => {
      const tensor = graph.initializers.get(value);
      return tensor && integers(tensor);
    };
    const site: Site = { node, x: [a, b, c], y, dy, op: emit.op, ints: emit.ints, constant, shape, fail };
    const gradients = rule(site);
    for (const [i, input] of node.inputs.entries()) {
      const gradient = gradients[i];
      if (!gradient || !active.has(input)) continue;
      const grown = gradient.emit();
      const part = gradient.shape ? unbroadcast(emit, grown, gradient.shape, shape(input), fail) : grown;
      arrived.set(input, [...(arrived.get(input) ?? []), part]);
    }
  }

  const gradients = new Map<string, string>();
  for (const weight of trainable) {
    const gradient = total(weight);
    const tensor = graph.initializers.get(weight);
    if (gradient === undefined || tensor === undefined) throw noPath(weight, loss, tensor);
    gradients.set(weight, builder.output(gradient, "float32", tensor.shape));
  }
  return { model: builder.model(), gradients };
}

/** Nodes written with numbers and lists of axes in place; each constant is stored once. */
function emitter(builder: GraphBuilder) {
  const constants = new Map<string, string>();
  const constant = (key: string, tensor: () => Tensor): string => {
    const name = constants.get(key) ?? builder.constant(tensor());
    constants.set(key, name);
    return name;
  };
  const op: Site["op"] = (opType, inputs, attributes) =>
    builder.op(
      opType,
      inputs.map((input) => (typeof input === "string" ? input : constant(`${input}`, () => scalar(input)))),
      attributes,
    );
  return {
    op,
    ints: (values: readonly number[]) => constant(`ints ${values}`, () => int64(values)),
    seed: (shape: readonly number[]) => builder.constant(float32([1], shape), "seed"),
  };
}

/** Every value that depends on one of `names`. */
function reachedFrom(names: readonly string[], graph: Graph): ReadonlySet<string> {
  const reached = new Set(names);
  for (const node of graph.nodes) {
    if (node.inputs.some((input) => reached.has(input)))
      for (const output of node.outputs) reached.add(output);
  }
  return reached;
}

function shapeOf(graph: Graph, value: string): Shape | undefined {
  const tensor = graph.initializers.get(value);
  if (tensor) return tensor.shape;
  const known =
    graph.values.get(value) ?? [...graph.inputs, ...graph.outputs].find((each) => each.name === value);
  return known?.type?.kind === "tensor" ? known.type.shape : undefined;
}

function lossShape(graph: Graph, loss: string): readonly number[] {
  const shape = shapeOf(graph, loss)?.filter((dim) => typeof dim === "number");
  assert(
    shape && shape.length === shapeOf(graph, loss)?.length,
    `the shape of the loss '${loss}' must be known`,
  );
  assert(sizeOf(shape) === 1, `the loss '${loss}' must be one number, not [${shape}]`);
  return shape;
}

function failure(graph: Graph, node: Node, loss: string): (why: string) => never {
  return (why) => {
    const path = pathTo(graph, node, loss);
    throw new GradientError(
      {
        what: `No gradient passes ${describe(node)}: ${why}`,
        why: `It stands between a trainable weight and the loss: ${path.join(" → ")} → ${loss}.`,
        next: `Train only what comes after it, or use a model without it. Operators with rules: ${Object.keys(rules).join(", ")}.`,
      },
      { node: node.name, opType: node.opType, path },
    );
  };
}

/** The operators on a shortest path from a node to a value, both ends included. */
function pathTo(graph: Graph, from: Node, value: string): readonly string[] {
  const paths = new Map<Node, readonly Node[]>([[from, [from]]]);
  for (const [node, path] of paths) {
    if (node.outputs.includes(value)) return path.map((each) => each.opType);
    for (const next of graph.nodes) {
      if (!paths.has(next) && next.inputs.some((input) => input !== "" && node.outputs.includes(input))) {
        paths.set(next, [...path, next]);
      }
    }
  }
  return [from.opType];
}

function noPath(weight: string, loss: string, tensor: Tensor | undefined): GradientError {
  return new GradientError(
    {
      what: `'${weight}' cannot be trained.`,
      why: tensor
        ? `The loss '${loss}' does not depend on it.`
        : "The graph has no initializer of that name.",
      next: "Leave it out of the trainable weights.",
    },
    { node: weight, opType: "", path: [] },
  );
}
