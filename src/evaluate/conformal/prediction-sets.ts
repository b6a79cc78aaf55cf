import { checkShare } from "../check-tables.ts";
import { type RankThreshold, rankThreshold } from "../numerics/rank-threshold.ts";
import { checkPredictions, type Predictions } from "../predictions.ts";
import { type Interval, wilson } from "../wilson.ts";
import { ranked, type SetScore, setScores } from "./set-scores.ts";

/** What makes prediction sets: a score, and the threshold that the calibration rows gave it. */
export interface SetRule extends RankThreshold {
  readonly score: SetScore;
  /** Share of pictures whose set shall hold the truth. */
  readonly coverage: number;
}

/** What it takes to answer by a rule. */
type FoundRule = Pick<SetRule, "score" | "threshold">;

/**
 * Split conformal prediction: from rows that neither trained nor chose anything, the threshold with which the sets of
 * fresh rows hold their true class with probability >= `coverage`, whatever the classifier, as long as fresh rows come
 * from where these came from. With fewer rows than `needed` no threshold can promise that: then `enough` is false and
 * every set holds all classes. Throws EvaluationError as `checkPredictions` does, and for a coverage outside (0, 1).
 */
export function calibrateSets(
  predictions: Predictions,
  coverage: number,
  score: SetScore = { kind: "lac" },
): SetRule {
  checkPredictions(predictions);
  checkShare("A coverage of", coverage);
  const { probabilities, labels, classes } = predictions;
  const scores = setScores(probabilities, classes.length, score);
  const own = Float64Array.from(labels, (label, row) => scores[row * classes.length + label]!);
  return { score, coverage, ...rankThreshold(own, 1 - coverage) };
}

/**
 * The classes that may be the truth of each row, most probable first. A "lac" set may be empty: no class fits as well as
 * those of the calibration rows did.
 */
export function predictionSets(probabilities: Float32Array, classes: number, rule: FoundRule): Int32Array[] {
  const scores = setScores(probabilities, classes, rule.score);
  const sets: Int32Array[] = [];
  for (let start = 0; start < probabilities.length; start += classes) {
    sets.push(ranked(probabilities, start, classes).filter((i) => scores[start + i]! <= rule.threshold));
  }
  return sets;
}

/** How sets did on labelled rows. */
export interface SetFigures {
  readonly n: number;
  /** Share of rows whose set holds the truth, with its 95 % Wilson interval. */
  readonly coverage: number;
  readonly interval: Interval;
  readonly meanSize: number;
  /** Rows by the size of their set, from 0 to the number of classes. */
  readonly sizes: readonly number[];
  /** Coverage of each class's own rows, which nothing promises; null for a class without rows. */
  readonly perClass: readonly (number | null)[];
}

/** Measures sets on rows that did not calibrate them. Throws EvaluationError as `checkPredictions` does. */
export function measureSets(predictions: Predictions, rule: FoundRule): SetFigures {
  checkPredictions(predictions);
  const { labels, classes } = predictions;
  const sets = predictionSets(predictions.probabilities, classes.length, rule);
  const sizes = new Array<number>(classes.length + 1).fill(0);
  const [support, held] = [new Int32Array(classes.length), new Int32Array(classes.length)];
  for (const [row, label] of labels.entries()) {
    const set = sets[row]!;
    sizes[set.length]!++;
    support[label]!++;
    if (set.includes(label)) held[label]!++;
  }
  const n = labels.length;
  const hits = held.reduce((sum, count) => sum + count, 0);
  return {
    n,
    coverage: hits / n,
    interval: wilson(hits, n),
    meanSize: sizes.reduce((sum, count, size) => sum + count * size, 0) / n,
    sizes,
    perClass: Array.from(support, (count, i) => (count === 0 ? null : held[i]! / count)),
  };
}
