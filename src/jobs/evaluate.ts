import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { mapConcurrent } from "../core/async.ts";
import { UsageError } from "../core/errors.ts";
import { decode } from "../data/decode-sharp.ts";
import { FileReadError, PictureError } from "../data/errors.ts";
import { openDataset } from "../data/open.ts";
import type { Dataset, Part, Sample } from "../data/sample.ts";
import { type Evaluation, evaluatePredictions } from "../evaluate/report.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { contentHash, oversampling, type SkippedPicture } from "../train/extract.ts";
import { Classifier } from "./classifier-node.ts";

export interface EvaluateOptions {
  /** A run's folder, or its `model.onnx`. */
  readonly model: string;
  /** Labelled pictures, in any layout that `train` takes. */
  readonly data: string;
  readonly layout?: string | undefined;
  /** Which part to measure. Default: test where there is one, else val, else all. */
  readonly split?: Part | "all" | undefined;
  readonly strict?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Pictures read so far, those of other parts among them. */
export interface EvaluatingEvent {
  readonly type: "evaluating";
  readonly done: number;
  readonly total: number;
}

export interface EvaluateResult extends Evaluation {
  readonly split: Part | "all";
  /** Measured pictures that the classifier was trained on; on those it flatters itself. */
  readonly trainedOn: number;
  readonly skipped: readonly SkippedPicture[];
}

type Recorded = ReadonlyMap<string, Part>;

/** A picture of the part asked for, answered; or one that could not be read. */
type Outcome =
  | { readonly probabilities: Float32Array; readonly part: Part | undefined; readonly label: string }
  | SkippedPicture
  | undefined;

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
      checkClasses(dataset, classifier);
      const recorded = await recordedParts(classifier.file);
      const split = options.split ?? defaultSplit(dataset, recorded);
      const { size } = classifier.record.preprocess;
      const one = async (sample: Sample): Promise<Outcome> => {
        signal?.throwIfAborted();
        // A ready split is believed without reading the picture, unless training may have carved a part out of it.
        if (split !== "all" && recorded.size === 0 && sample.part !== split) return undefined;
        try {
          const bytes = await sample.content.read();
          const part = recorded.get((await contentHash(sample.content, bytes)).slice(0, 16)) ?? sample.part;
          if (split !== "all" && part !== split) return undefined;
          const content = { ...sample.content, read: async () => bytes };
          const pixels = await decode(content, { id: sample.id, shrinkTo: oversampling * size });
          const { probabilities } = await classifier.predictPixels(pixels, { top: 1 });
          return { probabilities, part, label: sample.label };
        } catch (error) {
          if (strict || !(error instanceof PictureError || error instanceof FileReadError)) throw error;
          return {
            file: sample.id,
            reason: error instanceof PictureError ? error.evidence.reason : error.message,
          };
        }
      };
      const outcomes: Exclude<Outcome, undefined>[] = [];
      let done = 0;
      for await (const outcome of mapConcurrent(dataset.samples, 2 * nodeRuntime().concurrency, one)) {
        if (outcome !== undefined) outcomes.push(outcome);
        yield { type: "evaluating", done: ++done, total: dataset.samples.length };
      }
      return measure(outcomes, split, classifier, dataset);
    } finally {
      await classifier.close();
    }
  } finally {
    await dataset.close();
  }
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

/** Which part each picture belonged to in training, by the first digits of its hash, from the run's record. */
async function recordedParts(modelFile: string): Promise<Recorded> {
  const parts = new Map<string, Part>();
  const text = await readFile(join(dirname(modelFile), "run.json"), "utf8").catch(() => undefined);
  if (text === undefined) return parts;
  const { split } = JSON.parse(text) as { split?: Record<Part, Record<string, string>> };
  for (const part of ["train", "val", "test"] as const) {
    for (const hash of Object.values(split?.[part] ?? {})) parts.set(hash, part);
  }
  return parts;
}

function defaultSplit(dataset: Dataset, recorded: Recorded): Part | "all" {
  const present = new Set([...recorded.values(), ...dataset.samples.map((sample) => sample.part)]);
  return present.has("test") ? "test" : present.has("val") ? "val" : "all";
}

function measure(
  outcomes: readonly Exclude<Outcome, undefined>[],
  split: Part | "all",
  { classes }: Classifier,
  dataset: Dataset,
): EvaluateResult {
  const answered = outcomes.filter((outcome) => "probabilities" in outcome);
  const skipped = outcomes.filter((outcome) => "reason" in outcome);
  if (answered.length === 0) {
    throw new UsageError(
      {
        what: `No picture of ${dataset.path} belongs to the part '${split}'.`,
        next: "Pass --split all to measure every picture, or name the data that the classifier was trained on.",
      },
      { option: "split", value: split },
    );
  }
  const probabilities = new Float32Array(answered.length * classes.length);
  for (const [row, outcome] of answered.entries())
    probabilities.set(outcome.probabilities, row * classes.length);
  const index = new Map(classes.map((name, i) => [name, i]));
  const labels = Int32Array.from(answered, ({ label }) => index.get(label) ?? -1);
  const trainedOn = answered.filter(({ part }) => part === "train").length;
  return { split, ...evaluatePredictions({ probabilities, labels, classes }), trainedOn, skipped };
}
