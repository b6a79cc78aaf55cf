import { mapConcurrent } from "../core/async.ts";
import { UsageError } from "../core/errors.ts";
import { decode } from "../data/decode-sharp.ts";
import { DatasetError } from "../data/errors.ts";
import { labellingOf, truthOf } from "../data/labelling.ts";
import { openDataset } from "../data/open.ts";
import type { Dataset, Part, Sample } from "../data/sample.ts";
import { type CalibrationError, calibrationError } from "../evaluate/calibration/calibration-error.ts";
import { answersTo } from "../evaluate/calibration/reliability.ts";
import type { SetFigures } from "../evaluate/conformal/prediction-sets.ts";
import { type AnyEvaluation, evaluateAny } from "../evaluate/label-report.ts";
import { type Rejection, rejectionOf } from "../evaluate/unknown/rejection.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { decodePicture, loadPicture, orSkipped, type SkippedPicture, sightOf } from "../train/picture.ts";
import { measureAnySets } from "../train/second-opinion/sets.ts";
import { Classifier } from "./classifier-node.ts";
import { type RecordedParts, readRecordedParts } from "./recorded-parts-node.ts";

export interface EvaluateOptions {
  /** A run's folder, or its `model.onnx`. */
  readonly model: string;
  /** Labelled pictures, in any layout that `train` takes. */
  readonly data: string;
  readonly layout?: string | undefined;
  /**
   * Which part to measure. Default: test (else val) where the data comes with it, or where the data is what the
   * classifier was trained on; all pictures of other data.
   */
  readonly split?: Part | "all" | undefined;
  readonly strict?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Pictures done so far, of those in this step. */
export interface EvaluatingEvent {
  readonly type: "evaluating";
  /** "matching" reads pictures only to know the part that training gave them; it is left out where that is no question. */
  readonly step: "matching" | "measuring";
  readonly done: number;
  readonly total: number;
}

export type EvaluateResult = AnyEvaluation & MeasuredPictures & MeasuredOpinion;

/** Which pictures the figures are of. */
interface MeasuredPictures {
  readonly split: Part | "all";
  /** Measured pictures that the classifier was trained on; on those it flatters itself. */
  readonly trainedOn: number;
  /** Measured pictures of training's validation part, by which it was chosen; on those it flatters itself a little. */
  readonly usedToChoose: number;
  readonly skipped: readonly SkippedPicture[];
}

/** What becomes of the classifier's second opinion on these pictures. */
interface MeasuredOpinion {
  /** How far its probabilities are from what comes true. */
  readonly calibration: CalibrationError;
  /** Pictures that it turns away as none of its classes, each of them wrongly; null where it cannot tell. */
  readonly unknown: Rejection | null;
  /** How often its prediction sets hold the truth, a row for each coverage that it has a rule for. */
  readonly sets: readonly MeasuredRule[];
}
interface MeasuredRule {
  /** The coverage asked for. */
  readonly asked: number;
  readonly figures: SetFigures;
}

/** A picture that was measured. */
interface Answer {
  readonly probabilities: Float32Array;
  /** Undefined where the classifier cannot tell. */
  readonly unknown: boolean | undefined;
  readonly sample: Sample;
  readonly recorded: ReadonlySet<Part>;
}

/** What stays the same from picture to picture. */
interface Job {
  readonly dataset: Dataset;
  readonly classifier: Classifier;
  readonly recorded: RecordedParts;
  readonly strict: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Share of a dataset's pictures that a run must know for the dataset to count as the run's own. */
const nearlyAll = 0.9;

/** Runs a finished classifier on labelled pictures and measures it. The data's classes must be the classifier's. */
export async function* evaluate(options: EvaluateOptions): AsyncGenerator<EvaluatingEvent, EvaluateResult> {
  const { signal, layout, strict = false } = options;
  const dataset = await openDataset(options.data, {
    ...(layout !== undefined && { layout }),
    ...(signal && { signal }),
  });
  try {
    const classifier = await Classifier.load(options.model, { runs: "many" });
    try {
      checkTask(dataset, classifier);
      checkClasses(dataset, classifier);
      const recorded = await readRecordedParts(classifier.file);
      const job: Job = { dataset, classifier, recorded, strict, signal };
      const given = options.split ?? givenSplit(dataset);
      const matched = yield* matchParts(job, given);
      const split = given ?? recordedSplit(matched);
      const outcomes = yield* measureEach(job, split, matched);
      return summarise(outcomes, split, job);
    } finally {
      await classifier.close();
    }
  } finally {
    await dataset.close();
  }
}

function checkTask({ path, multiLabel }: Dataset, classifier: Classifier): void {
  if (multiLabel === classifier.multiLabel) return;
  const [one, several] = ["one class a picture", "several labels at once"];
  throw new UsageError(
    {
      what: `${path} gives ${multiLabel ? several : one}, and the classifier was trained on ${multiLabel ? one : several}.`,
      why: multiLabel
        ? "A list is of several labels where a row joins them with '|'."
        : "Its lists join labels with '|': 'red|round', 'red|' for that one alone, '|' for none.",
      next: "Evaluate on labels of the classifier's kind, or train on these.",
    },
    { option: "data", value: path },
  );
}

function checkClasses(dataset: Dataset, classifier: Classifier): void {
  const known = new Set(classifier.classes);
  const strangers = dataset.classes.filter((name) => !known.has(name));
  if (strangers.length === 0) return;
  throw new UsageError(
    {
      what: `${dataset.path} has classes that the classifier does not know: ${strangers.slice(0, 5).join(", ")}${strangers.length > 5 ? ", …" : ""}.`,
      why: `It knows ${classifier.classes.slice(0, 8).join(", ")}${classifier.classes.length > 8 ? ", …" : ""}.`,
      next: "Name the folders as they were named in training, or train on these.",
    },
    { option: "data", value: dataset.path },
  );
}

/** The part that the data itself holds out. */
function givenSplit({ samples }: Dataset): Part | undefined {
  const has = (part: Part): boolean => samples.some((sample) => sample.part === part);
  return has("test") ? "test" : has("val") ? "val" : undefined;
}

/** By picture, the parts that training gave it; a picture that could not be read stands as such. */
type Matched = ReadonlyMap<Sample, ReadonlySet<Part> | SkippedPicture>;

/** Looks up in the run's record those pictures whose part the data leaves open. */
async function* matchParts(
  { dataset, recorded, strict, signal }: Job,
  split: Part | "all" | undefined,
): AsyncGenerator<EvaluatingEvent, Matched> {
  const matched = new Map<Sample, ReadonlySet<Part> | SkippedPicture>();
  if (split === "all" || recorded.size === 0) return matched;
  // Training may have carved its validation part out of data that came with train and test alone.
  const isCarved = split !== "test" && !dataset.samples.some(({ part }) => part === "val");
  const open = dataset.samples.filter(({ part }) => part === undefined || (part === "train" && isCarved));
  const one = async (sample: Sample): Promise<ReadonlySet<Part> | SkippedPicture> => {
    signal?.throwIfAborted();
    const look = async (): Promise<ReadonlySet<Part>> =>
      recorded.of((await loadPicture(sample.id, sample.content)).hash);
    return orSkipped(sample.id, look, { strict });
  };
  let done = 0;
  for await (const parts of mapConcurrent(open, 2 * nodeRuntime().concurrency, one)) {
    matched.set(open[done]!, parts);
    yield { type: "evaluating", step: "matching", done: ++done, total: open.length };
  }
  return matched;
}

/** What the run's record holds out of this data, if the data is the run's own: one old picture among new ones is not. */
function recordedSplit(matched: Matched): Part | "all" {
  const read = [...matched.values()].filter((parts): parts is ReadonlySet<Part> => !("reason" in parts));
  const known = read.filter((parts) => parts.size > 0);
  if (known.length < nearlyAll * read.length) return "all";
  const has = (part: Part): boolean => known.some((parts) => parts.has(part));
  return has("test") ? "test" : has("val") ? "val" : "all";
}

/** Whether a picture is to be measured. A part that the data gives is believed, but for a carved validation part. */
function belongs({ part }: Sample, split: Part | "all", parts: ReadonlySet<Part> | undefined): boolean {
  if (split === "all") return true;
  if (part === "train" && parts?.has("val") === true && !parts.has("train")) return split === "val";
  return part === undefined ? parts?.has(split) === true : part === split;
}

async function* measureEach(
  { dataset, classifier, recorded, strict, signal }: Job,
  split: Part | "all",
  matched: Matched,
): AsyncGenerator<EvaluatingEvent, (Answer | SkippedPicture)[]> {
  const wanted = dataset.samples.filter((sample) => {
    const parts = matched.get(sample);
    return (parts !== undefined && "reason" in parts) || belongs(sample, split, parts);
  });
  const sight = sightOf(classifier.record.preprocess);
  const one = async (sample: Sample): Promise<Answer | SkippedPicture> => {
    signal?.throwIfAborted();
    const parts = matched.get(sample);
    // Of a picture that cannot be read nobody knows the part: it is told of rather than hidden.
    if (parts !== undefined && "reason" in parts) return parts;
    const measure = async (): Promise<Answer> => {
      const picture = await loadPicture(sample.id, sample.content);
      const pixels = await decodePicture(picture, sight, decode);
      const { probabilities, unknown } = await classifier.predict(pixels, { top: 1 });
      return { probabilities, unknown, sample, recorded: recorded.of(picture.hash) };
    };
    return orSkipped(sample.id, measure, { strict });
  };
  const outcomes: (Answer | SkippedPicture)[] = [];
  for await (const outcome of mapConcurrent(wanted, 2 * nodeRuntime().concurrency, one)) {
    outcomes.push(outcome);
    yield { type: "evaluating", step: "measuring", done: outcomes.length, total: wanted.length };
  }
  return outcomes;
}

function summarise(
  outcomes: readonly (Answer | SkippedPicture)[],
  split: Part | "all",
  { classifier: { classes, multiLabel, record }, dataset: { path } }: Job,
): EvaluateResult {
  const answered = outcomes.filter((outcome) => "probabilities" in outcome);
  const skipped = outcomes.filter((outcome) => "reason" in outcome);
  if (answered.length === 0) throw nothingMeasured(path, split, skipped);
  const probabilities = new Float32Array(answered.length * classes.length);
  for (const [row, answer] of answered.entries())
    probabilities.set(answer.probabilities, row * classes.length);
  const { labels, targets } = truthOf(
    answered.map(({ sample }) => sample),
    labellingOf({ classes, multiLabel }),
  );
  const counted = (part: Part): number => answered.filter(({ recorded }) => recorded.has(part)).length;
  const [trainedOn, usedToChoose] = [counted("train"), counted("val")];
  const evaluation = evaluateAny({ probabilities, labels, targets, classes });
  return {
    split,
    ...evaluation,
    calibration: calibrationError(answersTo({ labels, targets }, probabilities, classes.length)),
    unknown:
      record.unknown === undefined
        ? null
        : rejectionOf(answered.filter(({ unknown }) => unknown).length, answered.length),
    sets: (record.sets ?? []).map(({ coverage, threshold }) => ({
      asked: coverage,
      figures: measureAnySets({ probabilities, labels, targets, classes }, { threshold }),
    })),
    trainedOn,
    usedToChoose,
    skipped,
  };
}

function nothingMeasured(
  path: string,
  split: Part | "all",
  skipped: readonly SkippedPicture[],
): DatasetError | UsageError {
  const [first] = skipped;
  if (first !== undefined) {
    return new DatasetError(
      {
        what: `No picture of ${path} could be measured: ${skipped.length} could not be read.`,
        why: `The first, ${first.file}: ${first.reason}.`,
        next: "Replace the files, or check that this is the right data.",
      },
      { path },
    );
  }
  return new UsageError(
    {
      what: `No picture of ${path} belongs to the part '${split}'.`,
      next: "Pass --split all to measure every picture, or name the data that the classifier was trained on.",
    },
    { option: "split", value: split },
  );
}
