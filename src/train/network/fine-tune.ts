import type { AugmentationSpec } from "../../augment/spec.ts";
import { assert } from "../../core/assert.ts";
import { sha256 } from "../../core/hash.ts";
import { random } from "../../core/random.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Labelling, Truth } from "../../data/labelling.ts";
import type { Part } from "../../data/sample.ts";
import { headGraph, initialWeights } from "../../surgery/head-graph.ts";
import type { Backbone } from "../backbone.ts";
import type { Picture } from "../extract.ts";
import { balanced } from "../feature-head.ts";
import { pictureVersion } from "../picture.ts";
import type { TrainParts, TrainSettings } from "../run.ts";
import type { TrainedHead } from "../trained-head.ts";
import { openCachedInputs } from "./cached-inputs.ts";
import type { Identity } from "./checkpoint.ts";
import type { ViewsEvent } from "./events.ts";
import type { InputParts, Inputs } from "./inputs.ts";
import { openPixelInputs } from "./pixel-inputs.ts";
import type { NetworkSettings, StagePart } from "./stage.ts";
import { type NetworkEvent, type NetworkParts, trainNetwork } from "./train-network.ts";
import { variation } from "./views.ts";

export const strategies = ["features", "finetune", "full", "scratch"] as const;
/** How far training goes: the head alone, the top of the base behind it, all of it, or all of it drawn anew. */
export type Strategy = (typeof strategies)[number];

/** How a base is trained; the loss, the classes' weights and the smoothing of labels are those of the head. */
export interface NetworkChoices
  extends Omit<NetworkSettings, "seed" | "classWeights" | "labelSmoothing" | "loss" | "keepsStart"> {
  readonly strategy: Exclude<Strategy, "features">;
  readonly labelSmoothing: number;
  readonly augmentation: AugmentationSpec;
}

export interface NetworkData {
  readonly of: Readonly<Record<Part, readonly Picture[]>>;
  readonly classes: readonly string[];
  readonly labelling: Labelling;
  /** Of the training pictures. */
  readonly truth: Truth;
  readonly dataFingerprint: string;
}

/** What training the base is made with: `trainNetwork` takes it, and whoever else begins where it does. */
export interface Prepared {
  readonly parts: NetworkParts;
  readonly settings: NetworkSettings;
}

/**
 * Trains the base behind a head that was trained on its features (`finetune`), or base and a new head together. Throws
 * what `trainNetwork` throws.
 */
export async function* fineTune(
  parts: TrainParts,
  settings: TrainSettings,
  choices: NetworkChoices,
  head: TrainedHead,
  data: NetworkData,
): AsyncGenerator<NetworkEvent, { readonly backbone: Backbone; readonly head: TrainedHead }> {
  const prepared = prepareNetwork(parts, settings, choices, head, data);
  const { backbone, spec, classes } = prepared.parts;
  const { network: _, ...ofHead } = settings;
  const identity: Identity = {
    data: data.dataFingerprint,
    base: await sha256(backbone.bytes),
    cut: backbone.cut,
    preprocess: backbone.preprocess,
    engine: parts.runtime.name,
    decoder: parts.decoderName,
    pictures: pictureVersion,
    ...ofHead,
    ...choices,
  };
  const checkpoints = parts.openCheckpoints?.(identity);
  const trained = yield* trainNetwork({ ...prepared.parts, checkpoints }, prepared.settings);
  const model = headGraph(spec, { width: backbone.width, classes }, { weights: trained.head });
  const history = [...head.history, ...trained.history];
  // Where training drew a head anew, what the first one was solved with has no part in it.
  const { regularisation: solvedWith } = choices.strategy === "finetune" ? head : {};
  const regularisation = solvedWith === undefined ? {} : { regularisation: solvedWith };
  return { backbone: trained.backbone, head: { ...regularisation, model, history } };
}

/** The base that is trained: for `scratch` the one that was drawn anew. */
function baseOf({ backbone, trained }: TrainParts, { strategy }: NetworkChoices): Backbone {
  if (strategy !== "scratch") return backbone;
  assert(trained, "training from scratch needs a base drawn anew");
  return trained;
}

/** The network as its training begins: for `finetune` behind the head that learned on its features. */
export function prepareNetwork(
  parts: TrainParts,
  { head: spec, seed, classWeights, loss }: TrainSettings,
  choices: NetworkChoices,
  head: TrainedHead,
  { of, classes, labelling, truth }: Omit<NetworkData, "dataFingerprint">,
): Prepared {
  const { runtime, decode, decoderName, openStore, signal } = parts;
  const backbone = baseOf(parts, choices);
  const size = { width: backbone.width, classes: classes.length };
  const start: ReadonlyMap<string, Tensor> =
    choices.strategy === "finetune"
      ? head.model.graph.initializers
      : initialWeights(spec, size, random(seed));
  const common: Omit<InputParts, "backbone"> = {
    runtime,
    decode,
    decoderName,
    openStore,
    ensureRoom: parts.ensureRoom,
    train: of.train,
    val: of.val,
    labelling,
    augmentation: choices.augmentation,
    seed,
    signal,
  };
  const openInputs = async function* (part: StagePart): AsyncGenerator<ViewsEvent, Inputs> {
    const { frozen, input, shape, views } = part;
    const inputs = { ...common, backbone: part.backbone };
    if (frozen === undefined) return await openPixelInputs(inputs);
    return yield* openCachedInputs(inputs, { frozen, input, shape, views });
  };
  return {
    parts: {
      backbone,
      spec,
      classes: classes.length,
      multiLabel: labelling.multiLabel,
      head: start,
      runtime,
      pictures: of.train.length,
      held: of.val.length,
      ...variation(choices.augmentation),
      openInputs,
      signal,
    },
    settings: {
      ...choices,
      stages: choices.stages.map((stage) => ({
        ...stage,
        epochs: lengthened(stage.epochs, of.train.length, choices),
      })),
      batchSize: choices.batchStatistics ? sharedOut(of.train.length, choices.batchSize) : choices.batchSize,
      seed,
      loss,
      keepsStart: choices.strategy === "finetune",
      classWeights: classWeights === "balanced" ? balanced(truth, classes.length) : undefined,
    },
  };
}

/** A batch size, at most this, that leaves no picture alone in a batch: one alone has no statistics. */
function sharedOut(pictures: number, batchSize: number): number {
  let size = batchSize;
  while (size > 2 && pictures % size === 1) size--;
  return size;
}

const mostEpochs = 30;

function lengthened(
  epochs: number,
  pictures: number,
  { leastUpdates = 0, batchSize, accumulate = 1 }: NetworkChoices,
): number {
  const updates = Math.ceil(pictures / (batchSize * accumulate));
  return Math.max(epochs, Math.min(mostEpochs, Math.ceil(leastUpdates / updates)));
}
