import { assert } from "../core/assert.ts";
import type { Dataset, Part, Sample } from "../data/sample.ts";
import type { AnyEvaluation } from "../evaluate/label-report.ts";
import type { Model } from "../onnx/graph.ts";
import type { Backbone } from "./backbone.ts";
import type { OptimizerName } from "./dense-head.ts";
import { evaluated } from "./evaluated.ts";
import type { ExtractOptions, FeaturesEvent, Picture, SkippedEvent, SkippedPicture } from "./extract.ts";
import { SideBySideExtractor } from "./extract-all.ts";
import type { HeadSpec } from "./head.ts";
import { learnHead } from "./learn-head.ts";
import type { Loss } from "./loss.ts";
import { measure, measureNetwork } from "./measure.ts";
import type { Identity } from "./network/checkpoint.ts";
import { fineTune, type NetworkChoices } from "./network/fine-tune.ts";
import type { Checkpoints, NetworkEvent } from "./network/train-network.ts";
import { type BaselineEvent, type RawBaseline, rawBaseline } from "./raw-baseline.ts";
import { judge, type OpinionChoices, type SecondOpinion } from "./second-opinion/second-opinion.ts";
import { fingerprintOf, rehearse } from "./sharing.ts";
import type { EpochEvent, SolveEvent, TrainedHead } from "./trained-head.ts";

/** How to train; every field is decided, for the defaults are filled in at the edge. */
export interface TrainSettings {
  readonly head: HeadSpec;
  /** Shares of the pictures for validation and test, where the data does not come ready split. */
  readonly val: number;
  readonly test: number;
  readonly seed: number;
  /** Stop at the first picture that cannot be read. */
  readonly strict: boolean;
  /** "balanced" weighs classes by the inverse of their frequency. */
  readonly classWeights: "none" | "balanced";
  readonly labelSmoothing: number;
  /** What gradient steps lower, those of a head with hidden layers and those of the base; a linear head is solved. */
  readonly loss: Loss;
  /** Of a linear head; undefined: chosen on the validation part. */
  readonly regularisation: number | undefined;
  /** For heads with hidden layers; undefined: the optimizer's own. */
  readonly optimizer: OptimizerName;
  readonly learningRate: number | undefined;
  readonly weightDecay: number | undefined;
  readonly epochs: number;
  readonly batchSize: number;
  readonly patience: number;
  /** Of the base's own training, after the head's; undefined: the base stays as it is. */
  readonly network: NetworkChoices | undefined;
  /** How sure the finished classifier may be, and what it may turn away. */
  readonly opinion: OpinionChoices;
}

export interface TrainParts extends Omit<ExtractOptions, "strict" | "label"> {
  readonly dataset: Dataset;
  /** Further bases, whose feature vectors stand beside the first's under one head; only where no base is trained. */
  readonly beside?: readonly Backbone[] | undefined;
  /** The base to train where that is another than the one whose features are the first measure: `scratch`. */
  readonly trained?: Backbone | undefined;
  /** Pictures that are none of the classes: they train and choose nothing, and tell how many strangers are turned away. */
  readonly outliers?: readonly Sample[] | undefined;
  /** Throws where the stores have no room for so many bytes more; left out, nothing looks. */
  ensureRoom?(bytes: number): Promise<void>;
  /** Where training of the base is kept, by what says data and settings. */
  openCheckpoints?(identity: Identity): Checkpoints;
}

/** The pictures are shared out. */
export interface SplitEvent {
  readonly type: "split";
  readonly train: number;
  readonly val: number;
  readonly test: number;
  /** Pictures that have an exact or near duplicate; where the split is ours, they go where it goes. */
  readonly twins: number;
  /** How many of those stand apart from one, because the data came split that way. */
  readonly parted: number;
}

/** Something that the user should know, but that stops nothing. */
export interface WarningEvent {
  readonly type: "warning";
  readonly message: string;
}

export interface EvaluatedEvent {
  readonly type: "evaluated";
  readonly part: Part;
  readonly evaluation: AnyEvaluation;
}

export type TrainEvent =
  | FeaturesEvent
  | SkippedEvent
  | SplitEvent
  | WarningEvent
  | SolveEvent
  | EpochEvent
  | NetworkEvent
  | BaselineEvent
  | EvaluatedEvent;

/** A measured part: what the head said of each of its pictures. */
export interface Measured {
  readonly pictures: readonly Picture[];
  /** rows x classes, in the order of the pictures. */
  readonly probabilities: Float32Array;
  readonly evaluation: AnyEvaluation;
}

export interface TrainOutcome {
  /** The base that the head stands on, the first of several: as it was given, or trained. */
  readonly backbone: Backbone;
  /** Calibrated: its probabilities are as sure as they may be. */
  readonly head: TrainedHead;
  /** What the head says of its own answers. */
  readonly opinion: SecondOpinion;
  /** `features` to `strangeness` and `unknown`; undefined where the validation part is too small for it. */
  readonly strangeness: Model | undefined;
  /** Of the frozen features, before the base was trained; undefined where it was not. */
  readonly frozen: Readonly<Partial<Record<Part, Measured>>> | undefined;
  /** What the same head reaches without any base. */
  readonly raw: RawBaseline;
  readonly parts: Readonly<Record<Part, readonly Picture[]>>;
  readonly skipped: readonly SkippedPicture[];
  /** How many pictures' features were found in the cache, those of every base. */
  readonly cached: number;
  /** sha256 over every picture's hash, class and part: the same data split the same way. */
  readonly dataFingerprint: string;
  /** Parts that have pictures and were measured: "val" and "test". */
  readonly measured: Readonly<Partial<Record<Part, Measured>>>;
}

/**
 * Features once, then a head, then, where that is asked for, the base itself: extracts every picture's feature vector,
 * shares the pictures out, trains and measures. Throws the room's errors, PictureError under `strict`,
 * TooFewPicturesError, and the signal's reason.
 */
export async function* trainOnFeatures(
  parts: TrainParts,
  settings: TrainSettings,
): AsyncGenerator<TrainEvent, TrainOutcome> {
  const { dataset, runtime, backbone, beside = [] } = parts;
  assert(settings.network === undefined || beside.length === 0, "one base at a time is trained");
  rehearse(dataset, settings);
  const options = { ...parts, strict: settings.strict };
  const extractor = await SideBySideExtractor.open([backbone, ...beside], options);
  try {
    const { of, sets, head, skipped, cached, labelling } = yield* learnHead(extractor, parts, settings);
    const { pictures: outliers, skipped: unread } = yield* extractor.extract(parts.outliers ?? []);
    const dataFingerprint = await fingerprintOf(of);
    const rest = { parts: of, skipped: [...skipped, ...unread], cached: cached.size, dataFingerprint };
    const raw = yield* rawBaseline({ ...parts, of, labelling, dataFingerprint }, settings);
    if (settings.network === undefined) {
      const known = { ...sets, outliers: extractor.gather(outliers, labelling) };
      const judged = await judge(head, known, dataset.classes, settings.opinion, runtime);
      const measured = await measure(judged.head, of, sets, dataset.classes, runtime);
      yield* evaluated(measured, undefined, raw);
      return { ...rest, ...judged, backbone, frozen: undefined, raw, measured };
    }

    const frozen = await measure(head, of, sets, dataset.classes, runtime);
    const data = { of, classes: dataset.classes, labelling, truth: sets.train, dataFingerprint };
    const trained = yield* fineTune(parts, settings, settings.network, head, data);
    const network = { ...trained, of, outliers, labelling };
    const { judged, measured, lost } = yield* measureNetwork(options, network, settings);
    yield* evaluated(measured, frozen, raw, settings.network.strategy === "scratch");
    const { backbone: base } = trained;
    return { ...rest, ...judged, backbone: base, frozen, raw, measured, skipped: [...rest.skipped, ...lost] };
  } finally {
    await extractor.close();
  }
}
