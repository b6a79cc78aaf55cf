import { groupBy } from "../core/group-by.ts";
import { sha256 } from "../core/hash.ts";
import { float32, floats } from "../core/tensor.ts";
import { groupDuplicates } from "../data/duplicates.ts";
import { TooFewPicturesError } from "../data/errors.ts";
import type { Dataset, Part } from "../data/sample.ts";
import { splitSamples } from "../data/split.ts";
import { type Evaluation, evaluatePredictions } from "../evaluate/report.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import type { Model } from "../onnx/graph.ts";
import { writeModel } from "../onnx/write.ts";
import type { Runtime } from "../runtime/session.ts";
import { type OptimizerName, trainDenseHead } from "./dense-head.ts";
import { TrainingDataError } from "./errors.ts";
import type { FeaturesEvent, Picture, SkippedEvent, SkippedPicture } from "./extract.ts";
import { type ExtractOptions, FeatureExtractor } from "./extract.ts";
import type { FeatureSet } from "./features.ts";
import type { HeadSpec } from "./head.ts";
import { solveLinearHead } from "./linear-head.ts";
import type { EpochEvent, HeadEvent, SolveEvent, TrainedHead } from "./trained-head.ts";

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
  /** Of a linear head; undefined: chosen on the validation part. */
  readonly regularisation: number | undefined;
  /** For heads with hidden layers; undefined: the optimizer's own. */
  readonly optimizer: OptimizerName;
  readonly learningRate: number | undefined;
  readonly weightDecay: number | undefined;
  readonly epochs: number;
  readonly batchSize: number;
  readonly patience: number;
}

export interface TrainParts extends Omit<ExtractOptions, "strict"> {
  readonly dataset: Dataset;
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
  readonly evaluation: Evaluation;
}

export type TrainEvent =
  | FeaturesEvent
  | SkippedEvent
  | SplitEvent
  | WarningEvent
  | SolveEvent
  | EpochEvent
  | EvaluatedEvent;

/** A measured part: what the head said of each of its pictures. */
export interface Measured {
  readonly pictures: readonly Picture[];
  /** rows x classes, in the order of the pictures. */
  readonly probabilities: Float32Array;
  readonly evaluation: Evaluation;
}

export interface TrainOutcome {
  readonly head: TrainedHead;
  readonly parts: Readonly<Record<Part, readonly Picture[]>>;
  readonly skipped: readonly SkippedPicture[];
  /** How many pictures' features were found in the cache. */
  readonly cached: number;
  /** sha256 over every picture's hash, class and part: the same data split the same way. */
  readonly dataFingerprint: string;
  /** Parts that have pictures and were measured: "val" and "test". */
  readonly measured: Readonly<Partial<Record<Part, Measured>>>;
}

/**
 * Features once, then a head: extracts every picture's feature vector, shares the pictures out, trains the head and
 * measures it. Throws the room's errors, PictureError under `strict`, TooFewPicturesError, and the signal's reason.
 */
export async function* trainOnFeatures(
  parts: TrainParts,
  settings: TrainSettings,
): AsyncGenerator<TrainEvent, TrainOutcome> {
  const { dataset, runtime, signal } = parts;
  rehearse(dataset, settings);
  const extractor = await FeatureExtractor.open({ ...parts, strict: settings.strict });
  try {
    const { pictures, skipped, cached } = yield* extractor.extract(dataset.samples);
    refuseEmptyClasses(dataset, pictures);
    const { of, twins, parted, warnings } = share(pictures, settings);
    const sizes = { train: of.train.length, val: of.val.length, test: of.test.length };
    yield { type: "split", ...sizes, twins, parted };
    for (const message of warnings) yield { type: "warning", message };

    const classIndex = new Map(dataset.classes.map((name, i) => [name, i]));
    const gather = (part: Part): FeatureSet =>
      extractor.gather(of[part], ({ label }) => classIndex.get(label) ?? -1);
    const sets = { train: gather("train"), val: gather("val"), test: gather("test") };
    const head = yield* trainHead(sets, dataset.classes.length, settings, runtime, signal);

    const measured: Partial<Record<Part, Measured>> = {};
    for (const part of ["val", "test"] as const) {
      if (sets[part].rows === 0) continue;
      const probabilities = await apply(head.model, sets[part], dataset.classes.length, runtime);
      const evaluation = evaluatePredictions({
        probabilities,
        labels: sets[part].labels,
        classes: dataset.classes,
      });
      measured[part] = { pictures: of[part], probabilities, evaluation };
      yield { type: "evaluated", part, evaluation };
    }
    return { head, parts: of, skipped, cached, dataFingerprint: await fingerprintOf(of), measured };
  } finally {
    await extractor.close();
  }
}

/** Throws at once what the split of the pictures, could all be read, would throw after hours of reading them. */
function rehearse({ classes, samples, path }: Dataset, { val, test, seed }: TrainSettings): void {
  if (classes.length < 2) {
    throw new TrainingDataError(
      {
        what: `${path} has ${classes.length === 1 ? `only the class '${classes[0]}'` : "no classes"}.`,
        why: "A classifier learns what tells classes apart.",
        next: "Add pictures of a second class.",
      },
      { rows: samples.length, width: 0, classes: classes.length },
    );
  }
  splitSamples(
    samples.map((sample, group) => ({ ...sample, hash: sample.id, group })),
    { val, test, seed },
  );
}

/** A class may lose all its pictures to bad files; training on would quietly forget it. */
function refuseEmptyClasses(dataset: Dataset, pictures: readonly Picture[]): void {
  const present = new Set(pictures.map(({ sample }) => sample.label));
  const label = dataset.classes.find((name) => !present.has(name));
  if (label === undefined) return;
  throw new TooFewPicturesError(
    {
      what: `Class '${label}' has no picture that can be read.`,
      next: "Replace its files, or take the class out of the data.",
    },
    { label, pictures: 0, groups: 0, needed: 1 },
  );
}

interface Shared {
  readonly of: Record<Part, Picture[]>;
  readonly twins: number;
  readonly parted: number;
  readonly warnings: readonly string[];
}

function share(pictures: readonly Picture[], { val, test, seed }: TrainSettings): Shared {
  const groups = groupDuplicates(pictures);
  const given = pictures.map(({ sample, hash }, i) => ({ ...sample, hash, group: groups[i]! }));
  const assigned = splitSamples(given, { val, test, seed });
  const of: Record<Part, Picture[]> = { train: [], val: [], test: [] };
  for (const [i, picture] of pictures.entries()) of[assigned[i]!].push(picture);

  const indices = pictures.map((_, i) => i);
  const twinned = [...groupBy(indices, (i) => groups[i]!).values()].filter((group) => group.length > 1);
  let [parted, leaked] = [0, 0];
  for (const group of twinned) {
    const parts = new Set(group.map((i) => assigned[i]!));
    if (parts.size > 1) parted += group.length;
    if (parts.has("train")) leaked += group.filter((i) => assigned[i] !== "train").length;
  }
  const contradicted = [...groupBy(pictures, ({ hash }) => hash).values()].filter(
    (same) => new Set(same.map(({ sample }) => sample.label)).size > 1,
  ).length;
  const warnings: string[] = [];
  if (leaked > 0) {
    warnings.push(
      `Validation and test pictures that have a twin in training, because the data came split that way: ${leaked}. The figures flatter.`,
    );
  }
  if (contradicted > 0)
    warnings.push(`Pictures that stand in more than one class, byte for byte: ${contradicted}.`);
  return { of, twins: twinned.flat().length, parted, warnings };
}

interface Sets {
  readonly train: FeatureSet;
  readonly val: FeatureSet;
}

async function* trainHead(
  { train, val }: Sets,
  classes: number,
  settings: TrainSettings,
  runtime: Runtime,
  signal: AbortSignal | undefined,
): AsyncGenerator<HeadEvent, TrainedHead> {
  const { classWeights, head: spec, ...rest } = settings;
  const common = {
    ...rest,
    train,
    val: val.rows > 0 ? val : undefined,
    classes,
    classWeights: classWeights === "balanced" ? balanced(train.labels, classes) : undefined,
    runtime,
    signal,
  };
  return spec.length === 0 ? yield* solveLinearHead(common) : yield* trainDenseHead({ ...common, spec });
}

/** n / (classes x n of the class), as scikit-learn's "balanced": the mean weight of a picture is 1. */
function balanced(labels: Int32Array, classes: number): number[] {
  const counts = new Float64Array(classes);
  for (const label of labels) counts[label]!++;
  return Array.from(counts, (count) => labels.length / (classes * Math.max(1, count)));
}

/** Rows handed to the engine at once. */
const chunk = 4096;

/** The head's probabilities, rows x classes. */
async function apply(head: Model, set: FeatureSet, classes: number, runtime: Runtime): Promise<Float32Array> {
  const builder = GraphBuilder.from(head);
  builder.output(builder.op("Softmax", ["logits"], { axis: -1 }, { outputs: ["probabilities"] }));
  const session = await runtime.load(writeModel(builder.model()));
  try {
    const all = new Float32Array(set.rows * classes);
    for (let from = 0; from < set.rows; from += chunk) {
      const rows = Math.min(chunk, set.rows - from);
      const features = set.features.subarray(from * set.width, (from + rows) * set.width);
      const answer = await session.run({ features: float32(features, [rows, set.width]) });
      all.set(floats(answer.probabilities!), from * classes);
    }
    return all;
  } finally {
    await session.release();
  }
}

async function fingerprintOf(parts: Readonly<Record<Part, readonly Picture[]>>): Promise<string> {
  const lines = Object.entries(parts).flatMap(([part, pictures]) =>
    pictures.map(({ hash, sample }) => `${hash} ${part} ${sample.label}`),
  );
  return sha256(lines.sort().join("\n"));
}
