import { float32, floats, sizeOf, type Tensor } from "../../core/tensor.ts";
import type { Program, Step, Value } from "./program.ts";

/** Steps that are a sum of products, with a bias and an activation of their own. */
type Layer = Extract<Step, { op: "conv2d" | "depthwiseConv2d" | "fullyConnected" }>;

/**
 * The same program in fewer steps: products, sums and rectifiers go into the layer in front of them, reshapes of reshapes
 * become one, and what no output needs is gone.
 */
export function tidied(program: Program): Program {
  const tidy = new Tidy(program);
  for (const step of program.steps) tidy.add(step);
  return pruned(tidy.program());
}

/** Names of what a step computes with: values and constants. */
export function inputsOf(step: Step): readonly string[] {
  switch (step.op) {
    case "conv2d":
    case "depthwiseConv2d":
      return [step.input, step.filter, step.bias];
    case "fullyConnected":
      return [step.input, step.weights, step.bias];
    case "prelu":
      return [step.input, step.slopes];
    default:
      return "inputs" in step ? step.inputs : [step.input];
  }
}

/** The step with other names for its values and constants. */
export function renamed(step: Step, name: (input: string) => string): Step {
  if ("inputs" in step) return { ...step, inputs: step.inputs.map(name) } as Step;
  return { ...step, input: name(step.input) };
}

function pruned(program: Program): Program {
  const needed = new Set(program.outputs);
  const steps: Step[] = [];
  for (const step of program.steps.toReversed()) {
    if (!needed.has(step.output)) continue;
    steps.push(step);
    for (const name of inputsOf(step)) needed.add(name);
  }
  const kept = <T>(map: ReadonlyMap<string, T>): Map<string, T> =>
    new Map([...map].filter(([name]) => needed.has(name) || program.inputs.includes(name)));
  return {
    ...program,
    steps: steps.reverse(),
    values: kept(program.values),
    constants: kept(program.constants),
  };
}

class Tidy {
  readonly #from: Program;
  readonly #steps: Step[] = [];
  readonly #values: Map<string, Value>;
  readonly #constants: Map<string, Tensor>;
  readonly #uses = new Map<string, number>();
  readonly #maker = new Map<string, number>();
  readonly #alias = new Map<string, string>();
  readonly #outputs: ReadonlySet<string>;

  constructor(program: Program) {
    this.#from = program;
    this.#values = new Map(program.values);
    this.#constants = new Map(program.constants);
    this.#outputs = new Set(program.outputs);
    for (const name of [...program.outputs, ...program.steps.flatMap(inputsOf)]) this.#count(name, 1);
  }

  program(): Program {
    return { ...this.#from, steps: this.#steps, values: this.#values, constants: this.#constants };
  }

  add(original: Step): void {
    const step = renamed(original, (name) => this.#alias.get(name) ?? name);
    if (step.op === "reshape") this.#addReshape(step);
    else if (!this.#absorbed(step)) this.#push(step);
  }

  #push(step: Step): void {
    this.#maker.set(step.output, this.#steps.push(step) - 1);
  }

  #count(name: string, more: number): void {
    this.#uses.set(name, (this.#uses.get(name) ?? 0) + more);
  }

  #made(name: string): Step | undefined {
    const index = this.#maker.get(name);
    return index === undefined ? undefined : this.#steps[index];
  }

  /** Whether nothing but one step needs the value. */
  #isPassing(name: string): boolean {
    return this.#uses.get(name) === 1 && !this.#outputs.has(name);
  }

  #replace(name: string, step: Step): void {
    const index = this.#maker.get(name)!;
    this.#steps[index] = step;
    this.#maker.delete(name);
    this.#maker.set(step.output, index);
  }

  #addReshape(step: Extract<Step, { op: "reshape" }>): void {
    const before = this.#made(step.input);
    const input = before?.op === "reshape" ? before.input : step.input;
    this.#count(step.input, -1);
    this.#count(input, 1);
    // A reshape that nothing needs any more needs nothing itself.
    if (before?.op === "reshape" && this.#uses.get(before.output) === 0) this.#count(input, -1);
    const shapeOf = (name: string) => (this.#values.get(name) ?? this.#constants.get(name))!.shape;
    const maker = this.#made(input);
    const dropped =
      maker && this.#isPassing(input) && withoutAxes(maker, shapeOf(input), shapeOf(step.output));
    if (dropped) {
      this.#replace(input, { ...dropped, output: step.output });
    } else if (String(shapeOf(input)) !== String(shapeOf(step.output))) {
      this.#push({ ...step, input });
    } else if (!this.#outputs.has(step.output)) {
      this.#alias.set(step.output, input);
      this.#count(input, (this.#uses.get(step.output) ?? 0) - 1);
    } else if (maker && this.#isPassing(input)) this.#replace(input, { ...maker, output: step.output });
    else this.#push({ ...step, input });
  }

  /** Whether the layer in front took the step up. */
  #absorbed(step: Step): boolean {
    const change = this.#changeOf(step);
    if (change === undefined || !this.#isPassing(change.input)) return false;
    const direct = this.#made(change.input);
    // A dense layer over positions is reshaped behind: what follows may pass under that.
    const between = direct?.op === "reshape" && this.#isPassing(direct.input) ? direct : undefined;
    const layer = between ? this.#made(between.input) : direct;
    if (!isLayer(layer) || layer.activation !== "none") return false;
    const channels = this.#constants.get(layer.bias)!.shape[0]!;
    if (between && change.vectors && this.#values.get(between.output)!.shape.at(-1) !== channels)
      return false;
    const changed = change.apply(layer, channels);
    if (changed === undefined) return false;
    // In front of a reshape under another name than before: it is another value now.
    const output = between ? `${layer.output}_before_${step.output}` : step.output;
    this.#replace(layer.output, { ...changed, output });
    if (between) {
      this.#values.set(output, this.#values.get(layer.output)!);
      this.#count(output, 1);
      this.#replace(between.output, { ...between, input: output, output: step.output });
    }
    return true;
  }

  #changeOf(step: Step): Change | undefined {
    if (step.op === "relu" || step.op === "relu6") {
      const activation = step.op;
      return { input: step.input, vectors: false, apply: (layer) => ({ ...layer, activation }) };
    }
    if (step.op !== "add" && step.op !== "subtract" && step.op !== "multiply" && step.op !== "divide")
      return undefined;
    const constants = step.inputs.map((name) => this.#constants.get(name));
    const [left, right] = constants;
    const tensor = left ?? right;
    if (tensor === undefined || (left && right) || (left && step.op === "divide")) return undefined;
    const [sign, scaling] = [step.op === "subtract" && left ? -1 : 1, step.op];
    return {
      input: step.inputs[left ? 1 : 0],
      vectors: true,
      apply: (layer, channels) => {
        const numbers = byChannel(tensor, channels);
        if (numbers === undefined) return undefined;
        const factors = numbers.map((value) =>
          scaling === "multiply" ? value : scaling === "divide" ? 1 / value : sign,
        );
        const shifts = numbers.map((value) =>
          scaling === "add" ? value : scaling === "subtract" ? -sign * value : 0,
        );
        return this.#scaled(layer, factors, shifts);
      },
    };
  }

  /** y · factor + shift, a number of each a channel; undefined where weights would overflow. */
  #scaled(layer: Layer, factors: readonly number[], shifts: readonly number[]): Layer | undefined {
    const weights = layer.op === "fullyConnected" ? layer.weights : layer.filter;
    const tensor = this.#constants.get(weights)!;
    const inner = layer.op === "depthwiseConv2d" ? 1 : sizeOf(tensor.shape) / tensor.shape[0]!;
    const channels = factors.length;
    const grown = floats(tensor).map((value, i) => value * factors[Math.floor(i / inner) % channels]!);
    const bias = floats(this.#constants.get(layer.bias)!).map((b, i) => b * factors[i]! + shifts[i]!);
    if (![bias, grown].every((values) => values.every(Number.isFinite))) return undefined;
    const names = [`${weights}_of_${layer.output}`, `${layer.bias}_of_${layer.output}`] as const;
    this.#constants.set(names[0], float32(grown, tensor.shape));
    this.#constants.set(names[1], float32(bias));
    return layer.op === "fullyConnected"
      ? { ...layer, weights: names[0], bias: names[1] }
      : { ...layer, filter: names[0], bias: names[1] };
  }
}

interface Change {
  readonly input: string;
  /** Whether it holds a number a channel. */
  readonly vectors: boolean;
  readonly apply: (layer: Layer, channels: number) => Layer | undefined;
}

function isLayer(step: Step | undefined): step is Layer {
  return step !== undefined && "activation" in step;
}

/** A reduction that keeps its axes as one that does not, where that gives this shape. */
function withoutAxes(step: Step, kept: readonly number[], wanted: readonly number[]): Step | undefined {
  if (!("keepDims" in step) || !step.keepDims) return undefined;
  const left = kept.filter((_, axis) => !step.axes.includes(axis));
  return String(left) === String(wanted) ? { ...step, keepDims: false } : undefined;
}

/** The constant as one number a channel; undefined where it differs by place, or would make the result larger. */
function byChannel({ shape, ...tensor }: Tensor, channels: number): number[] | undefined {
  const length = sizeOf(shape);
  const values = floats({ ...tensor, shape });
  if (shape.length > 2 && length !== channels) return undefined;
  if (length === 1) return Array.from({ length: channels }, () => values[0]!);
  return length === channels && shape.at(-1) === channels ? [...values] : undefined;
}
