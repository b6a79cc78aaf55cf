import { floats } from "../../core/tensor.ts";
import type { Program, Step } from "../channels-last/program.ts";
import type { StepOf } from "./layer-parts.ts";

/** (x - mean) / sqrt(variance + epsilon) over these axes: one Keras layer, where a program takes seven steps. */
export interface Standardised {
  readonly input: string;
  readonly axes: readonly number[];
  readonly epsilon: number;
}

export interface FoundStandardised {
  /** By the output of the step that ends it. */
  readonly ends: ReadonlyMap<string, Standardised>;
  /** Outputs of steps that only serve one. */
  readonly within: ReadonlySet<string>;
}

/** Standardisations over all axes but the batch's, as `lower` writes them for normalising operators. */
export function findStandardised({ steps, constants, outputs, values }: Program): FoundStandardised {
  const makers = new Map(steps.map((step) => [step.output, step]));
  const maker = <Op extends Step["op"]>(name: string | undefined, op: Op): StepOf<Op> | undefined => {
    const step = name === undefined ? undefined : makers.get(name);
    return step?.op === op ? (step as StepOf<Op>) : undefined;
  };
  const ends = new Map<string, Standardised>();
  const serving = new Set<string>();
  for (const step of steps) {
    if (step.op !== "multiply") continue;
    const [centred, inverse] = step.inputs as readonly [string, string];
    const root = maker(inverse, "rsqrt");
    const sum = maker(root?.input, "add");
    const variance = maker(sum?.inputs[0], "mean");
    const square = maker(variance?.input, "square");
    const difference = maker(centred, "subtract");
    const mean = maker(difference?.inputs[1], "mean");
    const epsilon = sum && constants.get(sum.inputs[1]);
    if (!root || !sum || !variance || !square || !difference || !mean || !epsilon) continue;
    const x = difference.inputs[0];
    const isOne = square.input === centred && mean.input === x && String(mean.axes) === String(variance.axes);
    const shape = values.get(x)?.shape ?? [];
    const all = shape.slice(1).map((_, i) => i + 1);
    const wide = all.filter((axis) => shape[axis] !== 1 || mean.axes.includes(axis));
    if (!isOne || String(wide) !== String(mean.axes) || floats(epsilon).length !== 1) continue;
    ends.set(step.output, { input: x, axes: mean.axes, epsilon: floats(epsilon)[0]! });
    for (const { output } of [mean, difference, square, variance, sum, root]) serving.add(output);
  }
  const inside = new Set([...serving, ...ends.keys()]);
  const heard = steps.flatMap((step) =>
    inside.has(step.output) ? [] : "inputs" in step ? [...step.inputs] : [step.input],
  );
  // What others ask for too has to be made after all.
  for (const name of [...heard, ...outputs]) serving.delete(name);
  return { ends, within: serving };
}
