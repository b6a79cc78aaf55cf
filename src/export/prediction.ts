import { UsageError } from "../core/errors.ts";
import { floats, type Tensor } from "../core/tensor.ts";
import { labelThreshold } from "../evaluate/per-label.ts";
import {
  type ClassifierRecord,
  embeddingOutput,
  probabilitiesOutput,
  strangenessOutput,
  unknownOutput,
} from "./classifier.ts";
import { ruleOf, setOf } from "./prediction-set.ts";

export interface Ranked {
  readonly label: string;
  readonly probability: number;
}

/** What a classifier says of one picture. */
export interface Prediction extends Ranked {
  /** The most probable classes, the best first. */
  readonly top: readonly Ranked[];
  /** Of a classifier of several labels at once: those at or above 0.5, the most probable first; perhaps none. */
  readonly labels?: readonly Ranked[];
  /** Every class's probability, in the order of `Classifier.classes`. */
  readonly probabilities: Float32Array;
  /** The feature vector. */
  readonly embedding: Float32Array;
  /** Whether the picture is none of the classes; left out where the classifier was trained on too little to tell. */
  readonly unknown?: boolean;
  /** How strange the picture is: `unknown` above `threshold`. */
  readonly strangeness?: number;
  readonly threshold?: number;
  /** Where a coverage was asked for: the classes that it may be, the most probable first. Empty: none fits well. */
  readonly set?: readonly Ranked[];
}

export interface ClassifyOptions {
  /** How many classes to answer, the best first: a whole number from 1. Default 5. */
  readonly top?: number;
  /** Answer the prediction set that holds the truth with this chance, of those that the classifier has rules for. */
  readonly coverage?: number;
}

/** Throws UsageError unless so many classes can be answered. */
export function checkTop(top: number): void {
  if (Number.isInteger(top) && top >= 1) return;
  throw new UsageError(
    { what: `The ${top} most probable classes mean nothing.`, next: "Give top as a whole number from 1." },
    { option: "top", value: top },
  );
}

/** What a classifier's graph answered for one picture, by the classifier's record; `file` is its name in errors. */
export function predictionOf(
  answer: Readonly<Record<string, Tensor>>,
  record: ClassifierRecord,
  file: string,
  { top = 5, coverage }: ClassifyOptions,
): Prediction {
  const probabilities = floats(answer[probabilitiesOutput]!);
  const ranked = Array.from(probabilities, (probability, i) => ({
    label: record.labels[i]!,
    probability,
  })).sort((a, b) => b.probability - a.probability);
  const labels = ranked.filter(({ probability }) => probability >= labelThreshold);
  return {
    ...ranked[0]!,
    top: ranked.slice(0, top),
    ...(record.task === "multi-label" && { labels }),
    probabilities,
    embedding: floats(answer[embeddingOutput]!),
    ...strangeOf(answer, record),
    ...(coverage !== undefined && { set: setOf(ranked, ruleOf(record, coverage, file)) }),
  };
}

/** What the graph says of how strange the picture is; it alone decides what is unknown. */
function strangeOf(
  answer: Readonly<Record<string, Tensor>>,
  { unknown }: ClassifierRecord,
): Pick<Prediction, "unknown" | "strangeness" | "threshold"> {
  const [score, verdict] = [answer[strangenessOutput], answer[unknownOutput]];
  if (unknown === undefined || !score || !verdict) return {};
  return {
    unknown: verdict.bytes[0] === 1,
    strangeness: floats(score)[0]!,
    threshold: unknown.threshold,
  };
}
