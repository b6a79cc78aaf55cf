import { backward } from "../autodiff/backward.ts";
import { tileConvolutions } from "../autodiff/winograd.ts";
import { assert } from "../core/assert.ts";
import { float32, scalar, type Tensor } from "../core/tensor.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import type { Model } from "../onnx/graph.ts";
import { movingAverage } from "../optim/average.ts";
import { clipByGlobalNorm } from "../optim/clip.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { feedInitializers } from "./loss-graph.ts";

/** What goes round: a tensor that goes into a step under one name and comes out of it, updated, under another. */
export interface Carried {
  readonly input: string;
  readonly output: string;
  /** Its value before the first step. */
  readonly start: Tensor;
}

export interface StepOptions {
  /** Multiplies the learning rate of a weight. Default 1 each. */
  readonly rates?: ReadonlyMap<string, number> | undefined;
  /** All gradients together are held to this norm. */
  readonly clipNorm?: number | undefined;
  /** Decay of the weights' moving average; left out, none is kept. */
  readonly averageDecay?: number | undefined;
  /** Initializers that the forward pass itself replaces (running statistics), with the value that takes their place. */
  readonly replaced?: ReadonlyMap<string, string> | undefined;
}

export interface StepGraph {
  /** `rate` and `step` float32 [], what is carried, and the forward inputs, to the forward outputs and the updates. */
  readonly model: Model;
  readonly parameters: readonly Carried[];
  /** What the optimizer remembers. */
  readonly state: readonly Carried[];
  /** The moving average of each parameter, in their order; none without `averageDecay`. */
  readonly averages: readonly Carried[];
}

/**
 * One training step as one graph: forward, backward and update. `trainable` are initializers of `model`, `loss` its
 * scalar; weight decay spares vectors and scalars (biases, norms).
 */
export function stepGraph(
  model: Model,
  loss: string,
  trainable: readonly string[],
  optimizer: Optimizer,
  options: StepOptions = {},
): StepGraph {
  const differentiated = backward(tileConvolutions(model, trainable), loss, trainable);
  const b = GraphBuilder.from(differentiated.model);
  for (const { name } of model.graph.outputs) b.output(name);
  const gradients = trainable.map((weight) => differentiated.gradients.get(weight) ?? "");
  const starts = startsOf(model, trainable);
  const replaced = replacedBy(b, model, options.replaced);
  const written = writeUpdates(b, trainable, starts, gradients, optimizer, options);
  return {
    ...written,
    parameters: [...written.parameters, ...replaced],
    model: feedInitializers(b.model(), [...trainable, ...replaced.map(({ input }) => input)]),
  };
}

/** Forward, backward and addition: `share` float32 [], `sums` carried, the forward inputs; run once a part of a batch. */
export interface GatherGraph {
  readonly model: Model;
  readonly sums: readonly Carried[];
  /** Running statistics. */
  readonly statistics: readonly Carried[];
}

export interface AccumulatingSteps {
  readonly gather: GatherGraph;
  /** The update from the sums, which go in under their gather's input names; run once a batch. */
  readonly update: StepGraph;
}

/** One training step as two graphs, for batches that do not fit: gradients of its parts are summed, each by its share. */
export function accumulatingSteps(
  model: Model,
  loss: string,
  trainable: readonly string[],
  optimizer: Optimizer,
  options: StepOptions = {},
): AccumulatingSteps {
  const differentiated = backward(tileConvolutions(model, trainable), loss, trainable);
  const starts = startsOf(model, trainable);
  const gather = GraphBuilder.from(differentiated.model);
  for (const { name } of model.graph.outputs) gather.output(name);
  const statistics = replacedBy(gather, model, options.replaced);
  const share = gather.input("share", "float32", []);
  const sums = trainable.map((weight, i): Carried => {
    const { shape } = starts[i]!;
    const input = gather.input(`${weight}/sum`, "float32", shape);
    const part = gather.op("Mul", [differentiated.gradients.get(weight) ?? "", share]);
    const output = gather.output(gather.op("Add", [input, part]), "float32", shape);
    return { input, output, start: zerosLike(starts[i]!) };
  });
  const fed = [...trainable, ...statistics.map(({ input }) => input)];

  const update = new GraphBuilder({ opset: model.opsets.get("") ?? 0, name: "update" });
  for (const [i, weight] of trainable.entries()) update.input(weight, "float32", starts[i]!.shape);
  const gradients = sums.map(({ input, start }) => update.input(input, "float32", start.shape));
  const written = writeUpdates(update, trainable, starts, gradients, optimizer, options);
  return {
    gather: { model: feedInitializers(gather.model(), fed), sums, statistics },
    update: { ...written, model: update.model() },
  };
}

function startsOf({ graph }: Model, names: readonly string[]): readonly Tensor[] {
  return names.map((name) => {
    const start = graph.initializers.get(name);
    assert(start, `${name} is no initializer`);
    return start;
  });
}

function replacedBy(b: GraphBuilder, model: Model, replaced: StepOptions["replaced"]): readonly Carried[] {
  return [...(replaced ?? [])].map(([input, value]) => {
    const [start] = startsOf(model, [input]);
    assert(start, input);
    return { input, output: b.output(value, "float32", start.shape), start };
  });
}

function zerosLike({ shape, bytes }: Tensor): Tensor {
  return float32(new Float32Array(bytes.byteLength / 4), shape);
}

/** Biases and norms are spared weight decay also where an exporter wrote them as [C, 1, 1]. */
function isMatrix(shape: readonly number[]): boolean {
  return shape.filter((dim) => dim > 1).length > 1;
}

function writeUpdates(
  b: GraphBuilder,
  trainable: readonly string[],
  starts: readonly Tensor[],
  gradients: readonly string[],
  optimizer: Optimizer,
  { rates, clipNorm, averageDecay }: StepOptions,
): Omit<StepGraph, "model"> {
  const rate = b.input("rate", "float32", []);
  const step = b.input("step", "float32", []);
  const scaledRates = new Map([[1, rate]]);
  const rateOf = (multiplier: number): string => {
    const known = scaledRates.get(multiplier) ?? b.op("Mul", [rate, b.constant(scalar(multiplier))]);
    scaledRates.set(multiplier, known);
    return known;
  };
  const held = clipNorm === undefined ? gradients : clipByGlobalNorm(b, gradients, clipNorm).gradients;
  const parameters: Carried[] = [];
  const state: Carried[] = [];
  const averages: Carried[] = [];
  for (const [i, weight] of trainable.entries()) {
    const start = starts[i];
    const gradient = held[i];
    assert(start && gradient, `${weight} has no gradient`);
    const { shape } = start;
    const slots = optimizer.slots.map((slot) => b.input(`${weight}/${slot}`, "float32", shape));
    const update = optimizer.update(b, {
      weight,
      gradient,
      shape,
      rate: rateOf(rates?.get(weight) ?? 1),
      step,
      state: slots,
      decays: isMatrix(shape),
    });
    parameters.push({ input: weight, output: b.output(update.weight, "float32", shape), start });
    for (const [j, input] of slots.entries()) {
      const output = update.state[j];
      assert(output, `${optimizer.name} must update its ${optimizer.slots[j]}`);
      state.push({ input, output: b.output(output, "float32", shape), start: zerosLike(start) });
    }
    if (averageDecay === undefined) continue;
    const input = b.input(`${weight}/average`, "float32", shape);
    const output = movingAverage(b, { average: input, weight: update.weight, decay: averageDecay, step });
    averages.push({ input, output: b.output(output, "float32", shape), start });
  }
  return { parameters, state, averages };
}
