import { countExactMatches } from "./exact-match.ts";
import { labelLogLoss } from "./label-log-loss.ts";
import { microF1 } from "./micro-f1.ts";
import { type MacroScore, macroAverage } from "./per-class.ts";
import { type LabelScore, labelScores, meanAveragePrecision, predictedLabels } from "./per-label.ts";
import { checkLabelPredictions, type LabelPredictions } from "./predictions.ts";
import { type Evaluation, evaluatePredictions } from "./report.ts";
import { type Interval, wilson } from "./wilson.ts";

/** How well a classifier of several labels at once did: plain numbers, ready for JSON. */
export interface LabelEvaluation {
  readonly task: "multi-label";
  /** Pictures measured. */
  readonly n: number;
  /** Label names in the order of their indices. */
  readonly classes: readonly string[];
  /** mAP over the labels that occur, all thresholds taken together; null where none occurs. */
  readonly meanAveragePrecision: number | null;
  /** Share of pictures whose labels are all right at the threshold of 0.5 (exact match). */
  readonly accuracy: number;
  /** Its 95 % Wilson interval. */
  readonly interval: Interval;
  /** Binary cross-entropy, the mean over pictures and labels, in nats. */
  readonly logLoss: number;
  /** At the threshold of 0.5, as are the labels' own but for their average precision. */
  readonly microF1: number;
  readonly macro: MacroScore;
  readonly perClass: readonly LabelScore[];
}

/** The evaluation of a classifier of either task; those of several labels at once have a `task`. */
export type AnyEvaluation = Evaluation | LabelEvaluation;

export function isOfLabels(evaluation: AnyEvaluation): evaluation is LabelEvaluation {
  return "task" in evaluation;
}

/** The one figure by which classifiers are compared: mAP of several labels at once (0 where none occurs), else accuracy. */
export function headlineOf(evaluation: AnyEvaluation): number {
  return isOfLabels(evaluation) ? (evaluation.meanAveragePrecision ?? 0) : evaluation.accuracy;
}

/** Measures predictions of either task: `targets` are there of several labels at once. Throws as those for each do. */
export function evaluateAny({
  probabilities,
  labels,
  targets,
  classes,
}: {
  readonly probabilities: Float32Array;
  readonly labels: Int32Array;
  readonly targets?: Float32Array | undefined;
  readonly classes: readonly string[];
}): AnyEvaluation {
  return targets
    ? evaluateLabels({ probabilities, targets, classes })
    : evaluatePredictions({ probabilities, labels, classes });
}

/** Measures predictions of several labels at once. Throws EvaluationError on no rows, sizes that do not match, and NaN. */
export function evaluateLabels(input: LabelPredictions): LabelEvaluation {
  checkLabelPredictions(input);
  const { probabilities, targets, classes } = input;
  const n = targets.length / classes.length;
  const predicted = predictedLabels(probabilities);
  const matches = countExactMatches(targets, predicted, classes.length);
  const perClass = labelScores(probabilities, targets, classes);
  return {
    task: "multi-label",
    n,
    classes,
    meanAveragePrecision: meanAveragePrecision(perClass),
    accuracy: matches / n,
    interval: wilson(matches, n),
    logLoss: labelLogLoss(probabilities, targets),
    microF1: microF1(targets, predicted),
    macro: macroAverage(perClass),
    perClass,
  };
}
