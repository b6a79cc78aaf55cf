import { withGradient } from "../../autodiff/backward.ts";
import { normaliseByBatch } from "../../autodiff/batch-norm.ts";
import { tileConvolutions } from "../../autodiff/winograd.ts";
import { sizeOf } from "../../core/tensor.ts";
import type { Model } from "../../onnx/graph.ts";
import { type ScheduleKind, scheduleKinds } from "../../optim/schedule.ts";
import { blocksOf } from "../../surgery/blocks.ts";
import type { HeadSpec } from "../../surgery/head-graph.ts";
import { firstTrained, splitAt, type Unfreeze } from "../../surgery/split-at.ts";
import type { Backbone } from "../backbone.ts";
import { type OptimizerName, optimizers } from "../dense-head.ts";
import type { Loss } from "../loss.ts";
import type { MaskInput } from "../loss-graph.ts";
import {
  type AccumulatingSteps,
  accumulatingSteps,
  type GatherGraph,
  type StepGraph,
  stepGraph,
} from "../step-graph.ts";
import type { StageEvent } from "./events.ts";
import { networkGraph } from "./network-graph.ts";
import { rateGroups, type WeightGroup } from "./rate-groups.ts";
import type { Tensors } from "./state.ts";
import { type KeptViews, keptViews, sizesOf, type ViewsParts } from "./views.ts";

export { scheduleKinds };

/** One stage: which blocks are trained, and for how long. */
export interface StageSettings {
  readonly unfreeze: Unfreeze;
  readonly epochs: number;
  /** Views of each picture behind the frozen part, computed once; 0: it runs each epoch; "auto": what disk allows. */
  readonly views: number | "auto";
}

export interface NetworkSettings {
  readonly stages: readonly StageSettings[];
  readonly optimizer: OptimizerName;
  /** Highest rate, that of the head. */
  readonly learningRate: number;
  /** Each group of blocks learns at the rate of the one above, times this; 1: all alike. */
  readonly depthDecay: number;
  readonly weightDecay: number;
  readonly schedule: ScheduleKind;
  /** Share of the updates in which the rate rises; undefined: the schedule's own. */
  readonly warmup: number | undefined;
  readonly batchSize: number;
  /** Batches whose gradients make one update. Default 1. */
  readonly accumulate?: number | undefined;
  /** Epochs without a lower validation loss that end a stage; undefined: it runs to its end, as its schedule plans. */
  readonly patience: number | undefined;
  /** Where the epochs would make fewer updates than this, there are more of them, up to 30. */
  readonly leastUpdates?: number | undefined;
  readonly labelSmoothing: number;
  readonly classWeights: readonly number[] | undefined;
  /** What updates lower, and validation measures without weights and smoothing. Default: cross-entropy. */
  readonly loss?: Loss | undefined;
  readonly clipNorm: number | undefined;
  readonly averageDecay: number | undefined;
  /** The start is worth keeping: training that diverges for good ends with it instead of an error. Default false. */
  readonly keepsStart?: boolean | undefined;
  /** BatchNormalization uses the batch's own statistics and keeps running ones. */
  readonly batchStatistics: boolean;
  readonly seed: number;
}

/** A stage's split network, for whoever prepares its inputs. */
export interface StagePart {
  readonly backbone: Backbone;
  readonly frozen: Model | undefined;
  /** Name of the input of the trained part. */
  readonly input: string;
  /** Sizes of what enters it, without the batch. */
  readonly shape: readonly number[];
  readonly views: number;
}

/** What a stage is made for. */
export interface StageParts extends ViewsParts {
  /** Validation pictures, of which a plain view is kept. Default 0. */
  readonly held?: number;
  readonly backbone: Backbone;
  readonly spec: HeadSpec;
  readonly classes: number;
  /** Several labels at once, or none. Default false. */
  readonly multiLabel?: boolean;
}

/** A stage, its graphs written. */
export interface Stage {
  readonly part: StagePart;
  /** One update; where `gather` stands, from the gradients that it summed. */
  readonly step: StepGraph;
  readonly gather: GatherGraph | undefined;
  /** The network without dropout and update, for validation: `step.parameters` are to be fed, and it is tiled for that. */
  readonly plain: Model;
  readonly masks: readonly MaskInput[];
  readonly groups: readonly WeightGroup[];
  /** The value that enters the first trained block. */
  readonly from: string;
  readonly blocks: number;
  readonly ofBlocks: number;
  readonly epochs: number;
  readonly kept: KeptViews;
  /** Bytes that all kept views take together. */
  readonly keptBytes: number;
}

/** The model with other tensors in the place of some initializers. */
export function withInitializers(model: Model, weights: Tensors): Model {
  const own = [...weights].filter(([name]) => model.graph.initializers.has(name));
  return {
    ...model,
    graph: { ...model.graph, initializers: new Map([...model.graph.initializers, ...own]) },
  };
}

/** Splits the network, and writes its training graph. Throws GradientError for an operator without a rule. */
export function prepareStage(
  parts: StageParts,
  settings: NetworkSettings,
  stage: StageSettings,
  weights: Tensors,
): Stage {
  const { backbone, spec, classes, multiLabel = false } = parts;
  const model = withInitializers(backbone.model, weights);
  const all = blocksOf(model.graph);
  const parted = splitAt(model, firstTrained(all, stage.unfreeze));
  // Where no views are kept, the frozen nodes stand before the trained ones in one graph.
  const kept = keptViews(stage, parted, parts);
  const cached = kept.views > 0;
  const { frozen, top, boundary } = cached ? parted : splitAt(model, 0);
  const { blocks } = parted;
  const size = { width: backbone.width, classes };
  const { labelSmoothing, classWeights, batchStatistics } = settings;
  const { model: normalised, updates } = batchStatistics
    ? normaliseByBatch(top)
    : { model: top, updates: new Map<string, string>() };
  const loss = { multiLabel, labelSmoothing, classWeights, loss: settings.loss };
  const graph = networkGraph(normalised, spec, size, weights, { ...loss, dropout: true });
  const reached = withGradient(graph.model, "loss", [
    ...blocks.flatMap((block) => block.weights),
    ...graph.headParameters,
  ]);
  const validating = networkGraph(top, spec, size, weights, { multiLabel, loss: settings.loss }).model;
  const plain = tileConvolutions(validating, reached);
  const trained = new Set(reached);
  const own = blocks.map((block) => ({
    ...block,
    weights: block.weights.filter((name) => trained.has(name)),
  }));
  const groups = rateGroups(own, graph.headParameters, settings.depthDecay);
  const optimizer = optimizers[settings.optimizer].make(settings.weightDecay);
  const options = {
    rates: new Map(groups.flatMap(({ weights: names, rate }) => names.map((name) => [name, rate]))),
    clipNorm: settings.clipNorm,
    averageDecay: settings.averageDecay,
    replaced: updates,
  };
  const steps =
    (settings.accumulate ?? 1) > 1
      ? gathered(accumulatingSteps(graph.model, "loss", reached, optimizer, options))
      : { step: stepGraph(graph.model, "loss", reached, optimizer, options), gather: undefined };
  const part: StagePart = {
    backbone: { ...backbone, model },
    frozen,
    input: boundary.name,
    shape: sizesOf(boundary) ?? [],
    views: kept.views,
  };
  return {
    part,
    ...steps,
    plain,
    masks: graph.masks,
    groups,
    from: blocks[0]?.input ?? "",
    blocks: blocks.length,
    ofBlocks: all.length,
    epochs: stage.epochs,
    kept,
    keptBytes:
      kept.views > 0 ? 4 * sizeOf(part.shape) * (kept.views * parts.pictures + (parts.held ?? 0)) : 0,
  };
}

/** Running statistics go round with the weights, though the first graph moves them and the second does not. */
function gathered({ gather, update }: AccumulatingSteps): Pick<Stage, "step" | "gather"> {
  return { gather, step: { ...update, parameters: [...update.parameters, ...gather.statistics] } };
}

/** What is said of a stage before it begins. */
export function announce(
  { groups, step, part, epochs, kept, keptBytes, blocks, ofBlocks, from }: Stage,
  { learningRate, batchSize, accumulate = 1, labelSmoothing, stages }: NetworkSettings,
  index: number,
): StageEvent {
  const sizes = new Map(step.parameters.map(({ input, start }) => [input, sizeOf(start.shape)]));
  const count = (names: readonly string[]): number =>
    names.reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
  const listed = groups.map(({ name, weights, rate }) => ({
    name,
    parameters: count(weights),
    learningRate: learningRate * rate,
  }));
  return {
    type: "stage",
    stage: index + 1,
    stages: stages.length,
    blocks,
    ofBlocks,
    from,
    weights: groups.flatMap(({ weights }) => weights).length,
    parameters: listed.reduce((sum, { parameters }) => sum + parameters, 0),
    groups: listed,
    epochs,
    batchSize,
    accumulate,
    labelSmoothing,
    views: part.views,
    viewsReason: kept.reason,
    viewBytes: 4 * sizeOf(part.shape),
    keptBytes,
  };
}
