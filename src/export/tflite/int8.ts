import { floats, int32, type Tensor } from "../../core/tensor.ts";
import type { Program, Step } from "../channels-last/program.ts";
import { inputsOf } from "../channels-last/tidy.ts";
import { type Grid, gridOf, storeLayer } from "../quantise/numbers.ts";
import type { Range } from "../quantise/range.ts";

/** Which steps compute in 8 bits, by their outputs, and on which grid each of the values between them stands. */
export interface Int8Plan {
  readonly steps: ReadonlySet<string>;
  readonly grids: ReadonlyMap<string, Grid>;
}

/** A step with weights. */
export type Layer = Extract<Step, { op: "conv2d" | "depthwiseConv2d" | "fullyConnected" }>;

/** Steps that hand 8-bit numbers on as they are, so that what goes in and comes out shares a grid. */
const keeping: ReadonlySet<Step["op"]> = new Set([
  "maxPool",
  "averagePool",
  "reshape",
  "transpose",
  "concat",
  "slice",
  "pad",
]);
/** Further steps without weights that have 8-bit kernels: in 8 bits where what they take is. */
const carrying: ReadonlySet<Step["op"]> = new Set([...keeping, "add", "mean", "relu", "relu6"]);

export function isLayer(step: Step): step is Layer {
  return step.op === "conv2d" || step.op === "depthwiseConv2d" || step.op === "fullyConnected";
}

/** A margin of other numbers than zero and the lowest there is. */
function isOdd(step: Step): boolean {
  return step.op === "pad" && step.value !== 0 && step.value > -3e38;
}

/** Values whose ranges a plan asks for: what layers take, and what steps make that do not only hand on. */
export function rangedValues(program: Program): readonly string[] {
  const made = program.steps.filter(({ op }) => carrying.has(op) && !keeping.has(op));
  const layers = program.steps.filter(isLayer);
  return [
    ...new Set([
      ...layers.flatMap(({ input, output }) => [input, output]),
      ...made.map((step) => step.output),
    ]),
  ];
}

/**
 * What of a program computes in 8 bits by TensorFlow Lite's quantisation specification, given the ranges of its values. Steps
 * named in `exclude` by their outputs stay in float, and so does what no range is known of. The dense layer that ends a
 * network does too: 8 bits would leave its logits, which lie far apart, few steps where classes are close.
 */
export function int8Plan(
  program: Program,
  ranges: ReadonlyMap<string, Range>,
  exclude: ReadonlySet<string> = new Set(),
): Int8Plan {
  const steps = new Set<string>();
  const last = program.steps.findLast(isLayer);
  for (const step of program.steps) {
    const { output, op } = step;
    if (exclude.has(output) || (step === last && op === "fullyConnected")) continue;
    const carries = carrying.has(op) && !isOdd(step) && inputsOf(step).every((name) => steps.has(name));
    if (!(isLayer(step) ? ranges.has(step.input) : carries)) continue;
    if (keeping.has(op) || ranges.has(output)) steps.add(output);
  }
  dropIdle(program, steps);
  return { steps, grids: gridsOf(program, steps, ranges) };
}

/** Takes out what no layer in 8 bits needs: a pool or sum at the very end is as cheap in float, and keeps its digits there. */
function dropIdle(program: Program, steps: Set<string>): void {
  const used = new Set<string>();
  for (const step of program.steps.toReversed()) {
    if (!steps.has(step.output)) continue;
    if (!isLayer(step) && !used.has(step.output)) steps.delete(step.output);
    else for (const name of movingInputs(step)) used.add(name);
  }
}

/** What a step takes of values, not of weights. */
function movingInputs(step: Step): readonly string[] {
  return isLayer(step) ? [step.input] : inputsOf(step);
}

/** What is only handed on shares a grid, which spans the ranges of all. */
function gridsOf(
  program: Program,
  steps: ReadonlySet<string>,
  ranges: ReadonlyMap<string, Range>,
): ReadonlyMap<string, Grid> {
  const inInt8 = program.steps.filter(({ output }) => steps.has(output));
  const groups = new Groups();
  for (const step of inInt8)
    if (keeping.has(step.op)) for (const name of inputsOf(step)) groups.unite(name, step.output);
  const names = new Set(inInt8.flatMap((step) => [step.output, ...movingInputs(step)]));
  const spans = new Map<string, Range>();
  for (const name of names) {
    const { low, high } = ranges.get(name) ?? { low: 0, high: 0 };
    const span = spans.get(groups.of(name)) ?? { low, high };
    spans.set(groups.of(name), { low: Math.min(span.low, low), high: Math.max(span.high, high) });
  }
  const gridOfName = (name: string): Grid => {
    const { scale, zero } = gridOf(spans.get(groups.of(name))!);
    return { scale, zero: zero - 128 };
  };
  return new Map([...names].map((name) => [name, gridOfName(name)]));
}

/** Values that share a grid. */
class Groups {
  readonly #parent = new Map<string, string>();

  of(name: string): string {
    const parent = this.#parent.get(name);
    return parent === undefined ? name : this.of(parent);
  }

  unite(a: string, b: string): void {
    if (this.of(a) !== this.of(b)) this.#parent.set(this.of(a), this.of(b));
  }
}

/** A constant in 8 or 32 bits, with a scale for each position of an axis, or one for all. */
export interface StoredConstant {
  readonly tensor: Tensor;
  readonly scales: Float32Array;
  readonly axis: number;
}

/** A layer's weights as int8, one scale an output channel, or one for all of a dense layer, and its bias as int32. */
export function storedLayer(
  step: Layer,
  constants: Program["constants"],
  inputScale: number,
): { readonly weights: StoredConstant; readonly bias: StoredConstant } {
  const dense = step.op === "fullyConnected";
  const weight = constants.get(dense ? step.weights : step.filter)!;
  const bias = constants.get(step.bias)!;
  const axis = step.op === "depthwiseConv2d" ? 3 : 0;
  // As one channel a dense layer has one scale.
  const shaped = dense ? { ...weight, shape: [1, ...weight.shape] } : weight;
  const layer = { axis, wide: true };
  const stored = storeLayer(layer, { weight: shaped, inputScale, ...(!dense && { bias }) });
  const scales = floats(stored.biasScales);
  const words = Int32Array.from(floats(bias), (value) => Math.round(value / scales[0]!));
  return {
    weights: { tensor: { ...stored.weight, shape: weight.shape }, scales: floats(stored.scales), axis },
    bias: { tensor: stored.bias ?? int32(words, bias.shape), scales, axis: 0 },
  };
}
