import type { DType, Tensor } from "../core/tensor.ts";
import type { AttributeValue } from "../onnx/attributes.ts";
import type { Node, Shape } from "../onnx/graph.ts";

/** Means to write nodes; numbers among inputs stand for float32 scalars, and each constant is stored once. */
export interface Emitter {
  /** Adds a node and returns its output's name. */
  op(
    opType: string,
    inputs: readonly (string | number)[],
    attributes?: Readonly<Record<string, AttributeValue>>,
  ): string;
  /** Adds a node with `outputs` outputs and returns their names. */
  ops(
    opType: string,
    inputs: readonly (string | number)[],
    attributes: Readonly<Record<string, AttributeValue>>,
    outputs: number,
  ): readonly string[];
  /** The name of an int64 vector: axes, sizes, pads. */
  ints(values: readonly number[]): string;
  /** The name of a float32 constant; a vector unless a shape is given. */
  floats(values: readonly number[], shape?: readonly number[]): string;
}

/** What a rule is given: the forward node, the gradient that reached its output, and the means to write more nodes. */
export interface Site extends Emitter {
  readonly node: Node;
  /** Version of ONNX's own operator set. */
  readonly opset: number;
  /** Names of the node's first inputs; "" where one is left out. All of them: `node.inputs`. */
  readonly x: readonly [string, string, string, string, string];
  /** Name of its first output. */
  readonly y: string;
  /** Name of the gradient of the loss by `y`. */
  readonly dy: string;
  /** Name of the gradient by output `i`, undefined where the loss does not depend on it. A rule that never asks covers the first only. */
  dyOf(i: number): string | undefined;
  /** Name of the forward node's output `i`; one that was left out is asked of the node from now on. */
  output(i: number): string;
  /** The values of an int64 or int32 input when they stand in the graph, else undefined. */
  constant(value: string): readonly number[] | undefined;
  /** The forward node that makes a value; undefined for inputs and initializers. */
  maker(value: string): Node | undefined;
  /** The tensor when the value stands in the graph, else undefined. */
  tensor(value: string): Tensor | undefined;
  dtype(value: string): DType | undefined;
  /** Shape of a forward value. Throws GradientError where its rank is not known. */
  shape(value: string): Shape;
  /** Sizes of a forward value's axes from `from` on. Throws GradientError where one of them is not a number. */
  sizes(value: string, from?: number): readonly number[];
  /** Ends the rule where it does not cover the node's form. */
  fail(why: string): never;
}

/** The gradient by one input; written only where a trainable weight lies behind that input. */
export interface Gradient {
  emit(): string;
  /** The shape it comes in, where broadcasting may have made that larger than the input's: the walk sums it back. */
  readonly shape?: Shape;
  /** How many of that shape's last axes are the input's own, never broadcast: their sizes need not be known. Default 0. */
  readonly own?: number;
}

/**
 * The gradients by a node's inputs, in their order; undefined or missing where none passes by design (a shape, axes).
 * The function bears the operator's name: that is its registration.
 */
export type Rule = (site: Site) => readonly (Gradient | undefined)[];
