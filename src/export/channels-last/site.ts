import { floats, integers, type Tensor } from "../../core/tensor.ts";
import { describe } from "../../onnx/attributes.ts";
import type { Node } from "../../onnx/graph.ts";
import type { Emitter } from "./emitter.ts";
import { LoweringError } from "./errors.ts";
import { fixed, type Operand } from "./operand.ts";

/** Writes a node's steps; answers its outputs in order. */
export type Rule = (site: Site) => Operand | readonly Operand[];

/** A node with its operands, as its rule sees it. */
export class Site {
  readonly node: Node;
  readonly e: Emitter;
  /** Shapes of the outputs. */
  readonly shapes: readonly (readonly number[])[];
  readonly #operands: readonly (Operand | undefined)[];

  constructor(
    node: Node,
    e: Emitter,
    operands: readonly (Operand | undefined)[],
    shapes: readonly (readonly number[])[],
  ) {
    this.node = node;
    this.e = e;
    this.#operands = operands;
    this.shapes = shapes;
  }

  /** Shape of the first output. */
  get shape(): readonly number[] {
    return this.shapes[0]!;
  }

  /** All operands that are given, floats. */
  get all(): readonly Operand[] {
    return this.#operands.flatMap((operand, i) => (operand ? [this.x(i)] : []));
  }

  get x0(): Operand {
    return this.x(0);
  }

  has(index: number): boolean {
    return this.#operands[index] !== undefined;
  }

  /** An operand of floats. */
  x(index = 0): Operand {
    const operand = this.#operands[index];
    if (operand === undefined) return this.fail(`its input ${index} is missing`);
    if (operand.kind === "fixed" && operand.tensor.dtype !== "float32")
      return this.fail(`its input ${index} is of type ${operand.tensor.dtype}`);
    return operand;
  }

  /** An operand of floats that must be a constant. */
  weight(index: number): Tensor {
    const operand = this.x(index);
    return operand.kind === "fixed"
      ? operand.tensor
      : this.fail(`its input ${index} is computed from the picture`);
  }

  /** The elements of a constant operand, of whatever type; undefined where it is left out. */
  numbers(index: number): readonly number[] | undefined {
    const operand = this.#operands[index];
    if (operand === undefined) return undefined;
    if (operand.kind !== "fixed") return this.fail(`its input ${index} is computed from the picture`);
    const { tensor } = operand;
    if (tensor.dtype === "float32") return [...floats(tensor)];
    if (tensor.dtype === "int64" || tensor.dtype === "int32") return integers(tensor);
    return this.fail(`its input ${index} is of type ${tensor.dtype}`);
  }

  /** A constant operand, of whatever type. */
  constant(index: number): Tensor | undefined {
    const operand = this.#operands[index];
    return operand?.kind === "fixed" ? operand.tensor : undefined;
  }

  fixed(tensor: Tensor): Operand {
    return fixed(tensor);
  }

  /** An axis counted from the front. */
  axis(axis: number, rank = this.x().shape.length): number {
    return axis < 0 ? axis + rank : axis;
  }

  /** `why` continues "because". */
  fail(why: string): never {
    throw new LoweringError(
      {
        what: `${describe(this.node)} cannot be written for TensorFlow.js and TensorFlow Lite: ${why}.`,
        next: "Run the .onnx file itself there (onnxruntime-web, onnxruntime-mobile), or train on another base, such as mobilenet.",
      },
      { node: this.node.name, opType: this.node.opType },
    );
  }
}
