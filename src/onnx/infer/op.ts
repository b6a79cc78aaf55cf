import type { DType } from "../../core/tensor.ts";
import { describe } from "../attributes.ts";
import { ShapeError } from "../errors.ts";
import type { Dim, Node, Shape } from "../graph.ts";
import { broadcastShapes, mergeDim, showShape } from "./dims.ts";

/** What inference knows of a value. */
export interface Known {
  readonly dtype?: DType | undefined;
  readonly shape?: Shape | undefined;
  /**
   * The elements of a small scalar or vector of numbers, such as a shape under computation: a name or undefined stands
   * for what is not known yet.
   */
  readonly value?: readonly Dim[] | undefined;
}

/** Infers the outputs of a node, in order; an output left out is unknown. */
export type Rule = (op: Op) => readonly (Known | undefined)[];

/** Longer vectors are not shapes: their values are not followed. */
export const maxValues = 1024;

const nothing: Known = {};

/** A node with what is known of its inputs. */
export class Op {
  readonly node: Node;
  readonly opset: number;
  readonly inputs: readonly (Known | undefined)[];

  constructor(node: Node, opset: number, inputs: readonly (Known | undefined)[]) {
    this.node = node;
    this.opset = opset;
    this.inputs = inputs;
  }

  /** Whether an optional input is given. */
  has(index: number): boolean {
    return (this.node.inputs[index] ?? "") !== "";
  }

  input(index: number): Known {
    return this.inputs[index] ?? nothing;
  }

  shape(index: number): Shape | undefined {
    return this.input(index).shape;
  }

  dtype(index: number): DType | undefined {
    return this.input(index).dtype;
  }

  /** The elements of a small vector where all are known numbers. */
  numbers(index: number): readonly number[] | undefined {
    const value = this.input(index).value;
    return value?.every((item) => typeof item === "number") ? value : undefined;
  }

  /** An axis counted from the front; throws ShapeError when the tensor has no such axis. */
  axis(axis: number, rank: number): number {
    if (axis < -rank || axis >= rank) this.fail(`axis ${axis} must lie between ${-rank} and ${rank - 1}`);
    return axis < 0 ? axis + rank : axis;
  }

  /** Throws ShapeError unless the tensor, if its rank is known, has at least (or exactly) this rank. */
  rank(index: number, least: number, most: number = Number.POSITIVE_INFINITY): Shape | undefined {
    const shape = this.shape(index);
    if (shape !== undefined && (shape.length < least || shape.length > most)) {
      const wanted =
        least === most
          ? `${least}`
          : most === Number.POSITIVE_INFINITY
            ? `at least ${least}`
            : `${least} to ${most}`;
      this.fail(`input ${index} of shape ${showShape(shape)} must have ${wanted} axes`);
    }
    return shape;
  }

  /** Two statements about one size, joined; throws ShapeError where they contradict each other. */
  merge(a: Dim, b: Dim, aName: string, bName: string): Dim {
    const merged = mergeDim(a, b);
    return merged === null ? this.fail(`${aName} ${a} must equal ${bName} ${b}`) : merged;
  }

  /** Inputs broadcast against each other; throws ShapeError where they cannot be. */
  broadcast(shapes: readonly (Shape | undefined)[]): Shape | undefined {
    const shape = broadcastShapes(shapes);
    return shape === null
      ? this.fail(`shapes ${shapes.map(showShape).join(" and ")} do not broadcast`)
      : shape;
  }

  fail(what: string): never {
    const { name, opType } = this.node;
    throw new ShapeError(
      {
        what: `${describe(this.node)}: ${what}.`,
        next: "Check the input size given to the model against the one it was made for.",
      },
      { node: name, opType },
    );
  }
}

/** The first output is like the first input, values and all. */
export const identity: Rule = (op) => [op.input(0)];

/** The first output has the first input's type and shape. */
export const sameAsInput: Rule = (op) => [{ dtype: op.dtype(0), shape: op.shape(0) }];

/** A shape of this many unknown sizes. */
export function unknownDims(rank: number): Dim[] {
  return Array.from({ length: rank }, () => undefined);
}
