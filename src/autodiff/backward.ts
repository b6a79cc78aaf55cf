import { assert } from "../core/assert.ts";
import { float32, int64, integers, scalar, sizeOf, type Tensor } from "../core/tensor.ts";
import { describe } from "../onnx/attributes.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import type { Graph, Model, Node, Shape } from "../onnx/graph.ts";
import { producers } from "../onnx/graph-tools.ts";
import { inferShapes } from "../onnx/infer.ts";
import { liftConstants } from "../surgery/constants.ts";
import { GradientError } from "./errors.ts";
import type { Emitter, Site } from "./rule.ts";
import { passesNone, ruleFor, rules } from "./rules/index.ts";
import { unbroadcast } from "./unbroadcast.ts";
import { ValueTypes } from "./value-types.ts";

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
export function backward(given: Model, loss: string, trainable: readonly string[]): Differentiated {
  const opset = given.opsets.get("") ?? 0;
  assert(opset >= oldestOpset, `gradients are written for opset ${oldestOpset} and later, not ${opset}`);
  const model = { ...given, graph: liftConstants(given.graph) };
  const graph = inferShapes(model).graph;
  const types = new ValueTypes(graph);
  const makers = producers(graph);
  const builder = GraphBuilder.from(model);
  for (const { name } of graph.outputs) builder.output(name);
  const emit = emitter(builder);

  const active = reachedFrom(trainable, graph, types);
  const arrived = new Map<string, string[]>([[loss, [emit.seed(lossShape(types, loss))]]]);
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
    const asked = new Set<string>();
    const dyOf = (i: number): string | undefined => {
      const output = node.outputs[i] ?? "";
      asked.add(output);
      return output === "" ? undefined : total(output);
    };
    const [a = "", b = "", c = "", d = "", e = ""] = node.inputs;
    const shape = (value: string): Shape =>
      types.shape(value) ?? fail(`the rank of '${value}' is not known.`);
    const site: Site = {
      ...emit,
      node,
      opset,
      x: [a, b, c, d, e],
      y: node.outputs[0] ?? "",
      get dy() {
        return dyOf(0) ?? fail("the loss depends on another output than its first, which no rule covers.");
      },
      dyOf,
      output: (i) => builder.addOutput(node.outputs.find((name) => name !== "") ?? "", i),
      maker: (value) => makers.get(value),
      // What is trained stands in the graph too, but is no constant: its values change with each step.
      tensor: (value) => (active.has(value) ? undefined : graph.initializers.get(value)),
      constant: (value) => {
        const tensor = graph.initializers.get(value);
        return tensor && integers(tensor);
      },
      dtype: (value) => types.dtype(value),
      shape,
      sizes: (value, from = 0) =>
        types.sizes(value, from) ?? fail(`the sizes of '${value}' are not all known: [${shape(value)}].`),
      fail,
    };
    const gradients = rule(site);
    for (const [i, input] of node.inputs.entries()) {
      const gradient = gradients[i];
      if (!gradient || !active.has(input)) continue;
      const grown = gradient.emit();
      const { shape: from, own } = gradient;
      const part = from ? unbroadcast(emit, grown, { shape: from, own }, shape(input), input) : grown;
      arrived.set(input, [...(arrived.get(input) ?? []), part]);
    }
    if (node.outputs.some((output) => arrived.has(output) && !asked.has(output)) && gradients.length > 0) {
      return fail("the loss depends on another output than its first, which its rule does not cover.");
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

/** Those of `names` that a gradient of `loss` can reach: not through operators that pass none. */
export function withGradient({ graph }: Model, loss: string, names: readonly string[]): readonly string[] {
  const needed = new Set([loss]);
  for (const node of graph.nodes.toReversed()) {
    if (node.domain === "" && passesNone(node.opType)) continue;
    if (!node.outputs.some((output) => needed.has(output))) continue;
    for (const input of node.inputs) needed.add(input);
  }
  return names.filter((name) => needed.has(name));
}

/** Nodes written with numbers and lists in place; each constant is stored once. */
function emitter(builder: GraphBuilder) {
  const constants = new Map<string, string>();
  const constant = (key: string, tensor: () => Tensor): string => {
    const name = constants.get(key) ?? builder.constant(tensor());
    constants.set(key, name);
    return name;
  };
  const named = (inputs: readonly (string | number)[]): string[] =>
    inputs.map((input) => (typeof input === "string" ? input : constant(`${input}`, () => scalar(input))));
  const emit: Emitter & { seed(shape: readonly number[]): string } = {
    op: (opType, inputs, attributes) => builder.op(opType, named(inputs), attributes),
    ops: (opType, inputs, attributes, outputs) => builder.ops(opType, named(inputs), attributes, outputs),
    ints: (values) => constant(`ints ${values}`, () => int64(values)),
    floats: (values, shape = [values.length]) =>
      constant(`floats ${values} as ${shape}`, () => float32(values, shape)),
    seed: (shape) => builder.constant(float32([1], shape), "seed"),
  };
  return emit;
}

/** Every value through which a gradient can come back to one of `names`. */
function reachedFrom(names: readonly string[], graph: Graph, types: ValueTypes): ReadonlySet<string> {
  const reached = new Set(names);
  for (const node of graph.nodes) {
    if (node.domain === "" && passesNone(node.opType)) continue;
    if (!node.inputs.some((input) => reached.has(input))) continue;
    for (const output of node.outputs) {
      const dtype = types.dtype(output);
      if (output !== "" && (dtype === undefined || dtype === "float32")) reached.add(output);
    }
  }
  return reached;
}

function lossShape(types: ValueTypes, loss: string): readonly number[] {
  const shape = types.sizes(loss);
  assert(shape, `the shape of the loss '${loss}' must be known`);
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
