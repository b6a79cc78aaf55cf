import { accuracy, countHits, predictedClasses } from "./accuracy.ts";
import { type ConfusedPair, type ConfusionMatrix, confusionMatrix, mostConfusedPairs } from "./confusion.ts";
import { EvaluationError } from "./errors.ts";
import { logLoss } from "./log-loss.ts";
import { type ClassScore, classScores, type MacroScore, macroAverage } from "./per-class.ts";
import { checkPredictions, type Predictions } from "./predictions.ts";
import { countTopK } from "./top-k.ts";
import { type Interval, wilson } from "./wilson.ts";

/** How well a classifier did: plain numbers, ready for JSON. */
export interface Evaluation {
  /** Pictures measured. */
  readonly n: number;
  /** Class names in the order of their indices. */
  readonly classes: readonly string[];
  readonly accuracy: number;
  /** 95 % Wilson interval of the accuracy. */
  readonly interval: Interval;
  readonly topK: readonly { readonly k: number; readonly accuracy: number; readonly interval: Interval }[];
  /** Mean, in nats. */
  readonly logLoss: number;
  readonly macro: MacroScore;
  readonly perClass: readonly ClassScore[];
  /** Rows are the truth, columns the prediction; null above 1,000 classes, where it would be millions of cells. */
  readonly confusion: ConfusionMatrix | null;
  /** The ten commonest mistakes. */
  readonly mostConfused: readonly ConfusedPair[];
}

const matrixLimit = 1000;

/**
 * Measures predictions against the truth. `topK` is by default 3 and 5, where there are more classes than that.
 * Throws EvaluationError on no rows, sizes that do not match, labels outside the classes, and NaN.
 */
export function evaluatePredictions(input: Predictions & { readonly topK?: readonly number[] }): Evaluation {
  checkPredictions(input);
  const { probabilities, labels, classes } = input;
  const n = labels.length;
  const predicted = predictedClasses(probabilities, classes.length);
  const perClass = classScores(labels, predicted, classes);
  return {
    n,
    classes,
    accuracy: accuracy(labels, predicted),
    interval: wilson(countHits(labels, predicted), n),
    topK: parseTopK(input.topK, classes.length).map((k) => {
      const within = countTopK(probabilities, labels, classes.length, k);
      return { k, accuracy: within / n, interval: wilson(within, n) };
    }),
    logLoss: logLoss(probabilities, labels, classes.length),
    macro: macroAverage(perClass),
    perClass,
    confusion: classes.length > matrixLimit ? null : confusionMatrix(labels, predicted, classes.length),
    mostConfused: mostConfusedPairs(labels, predicted, classes),
  };
}

function parseTopK(topK: readonly number[] | undefined, classes: number): readonly number[] {
  if (topK === undefined) return [3, 5].filter((k) => k < classes);
  const wrong = topK.find((k) => !Number.isInteger(k) || k < 1);
  if (wrong !== undefined) {
    throw new EvaluationError(
      { what: `Top-${wrong} accuracy means nothing.`, next: "Pass whole numbers from 1 upwards as topK." },
      { value: wrong },
    );
  }
  return topK;
}
