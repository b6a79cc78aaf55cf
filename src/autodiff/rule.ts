import type { AttributeValue } from "../onnx/attributes.ts";
import type { Node, Shape } from "../onnx/graph.ts";

/** What a rule is given: the forward node, the gradient that reached its output, and the means to write more nodes. */
export interface Site {
  readonly node: Node;
  /** Names of the node's inputs; "" where one is left out. */
  readonly x: readonly [string, string, string];
  /** Name of its first output. */
  readonly y: string;
  /** Name of the gradient of the loss by `y`. */
  readonly dy: string;
  /** Adds a node and returns its output's name; a number among the inputs stands for a float32 scalar. */
  op(
    opType: string,
    inputs: readonly (string | number)[],
    attributes?: Readonly<Record<string, AttributeValue>>,
  ): string;
  /** The name of an int64 vector: axes for Unsqueeze, ReduceSum and their kin. */
  ints(values: readonly number[]): string;
  /** The values of an int64 input when they stand in the graph, else undefined. */
  constant(value: string): readonly number[] | undefined;
  /** Shape of a forward value. Throws GradientError where its rank is not known. */
  shape(value: string): Shape;
  /** Ends the rule where it does not cover the node's form. */
  fail(why: string): never;
}

/** The gradient by one input; written only where a trainable weight lies behind that input. */
export interface Gradient {
  emit(): string;
  /** The shape it comes in, where broadcasting may have made that larger than the input's: the walk sums it back. */
  readonly shape?: Shape;
}

/**
 * The gradients by a node's inputs, in their order; undefined or missing where none passes by design (a shape, axes).
 * The function bears the operator's name: that is its registration.
 */
export type Rule = (site: Site) => readonly (Gradient | undefined)[];
