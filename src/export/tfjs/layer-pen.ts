import { floats, sizeOf, type Tensor } from "../../core/tensor.ts";
import type { Program, Step } from "../channels-last/program.ts";
import { inputsOf } from "../channels-last/tidy.ts";
import { TeachableMachineError } from "./errors.ts";
import type { Layers, Output } from "./layers.ts";

/** What is known while a program is written as layers. */
export class LayerPen {
  readonly k: Layers;
  readonly #program: Program;
  readonly #made: Map<string, Output>;
  /** Values that are nowhere below 0. */
  readonly #positive = new Set<string>();

  constructor(layers: Layers, program: Program, inputs: ReadonlyMap<string, Output>) {
    this.k = layers;
    this.#program = program;
    this.#made = new Map(inputs);
  }

  /** The output of the layer that made one of a step's inputs, the first where none is named. */
  x(step: Step, name = inputsOf(step)[0]!): Output {
    return this.#made.get(name) ?? this.refuse(step, "it computes with a constant");
  }

  made(step: Step, output: Output): void {
    this.#made.set(step.output, output);
    if (isPositive(step, this.#positive)) this.#positive.add(step.output);
  }

  output(name: string): Output {
    return this.#made.get(name)!;
  }

  isPositive(name: string): boolean {
    return this.#positive.has(name);
  }

  shape(step: Step): readonly number[] {
    return this.#program.values.get(step.output)!.shape;
  }

  constant(name: string): Tensor | undefined {
    return this.#program.constants.get(name);
  }

  /** A constant as a number a channel, one for all repeated. */
  byChannel(step: Step, name: string, channels: number): number[] {
    const tensor = this.constant(name);
    if (tensor === undefined) return this.refuse(step, "both sides are computed");
    const values = [...floats(tensor)];
    const length = sizeOf(tensor.shape);
    if (length === 1) return Array.from({ length: channels }, () => values[0]!);
    if (length === channels && tensor.shape.at(-1) === channels) return values;
    return this.refuse(step, "its numbers differ from place to place");
  }

  /** `why` continues the name of the step. */
  refuse(step: Step, why: string): never {
    throw new TeachableMachineError(
      {
        what: `The network's step '${step.output}' (${step.op}) cannot be written for Teachable Machine: ${why}.`,
        why: "Its loader reads Keras models, which have no layer for that.",
        next: "Export for TensorFlow.js (tfjs) instead, or train on another base, such as mobilenet.",
      },
      { step: step.output, op: step.op },
    );
  }
}

/** Operators whose results are never below 0, and those that keep what is so. */
const making: ReadonlySet<Step["op"]> = new Set([
  "relu",
  "relu6",
  "sigmoid",
  "softmax",
  "exp",
  "square",
  "abs",
]);
const keeping: ReadonlySet<Step["op"]> = new Set([
  "maxPool",
  "averagePool",
  "reshape",
  "transpose",
  "concat",
  "slice",
  "mean",
  "sum",
  "reduceMax",
  "reduceMin",
]);

function isPositive(step: Step, known: ReadonlySet<string>): boolean {
  if ("activation" in step) return step.activation !== "none";
  return making.has(step.op) || (keeping.has(step.op) && inputsOf(step).every((name) => known.has(name)));
}
