import { checkShare } from "../check-tables.ts";
import { rankThreshold } from "../numerics/rank-threshold.ts";
import { checkLabelPredictions, type LabelPredictions } from "../predictions.ts";
import { wilson } from "../wilson.ts";
import type { SetFigures, SetRule } from "./prediction-sets.ts";

/**
 * Split conformal prediction of several labels at once: the threshold with which the sets of fresh rows hold all of their
 * true labels with probability >= `coverage`. A set holds the labels with 1 - p at most the threshold; the score of a row is
 * that of its worst true label, 0 where none holds. Few rows are as in `calibrateSets`. Throws EvaluationError as
 * `checkLabelPredictions` does, and for a coverage outside (0, 1).
 */
export function calibrateLabelSets(predictions: LabelPredictions, coverage: number): SetRule {
  checkLabelPredictions(predictions);
  checkShare("A coverage of", coverage);
  const { probabilities, targets, classes } = predictions;
  const worst = new Float64Array(targets.length / classes.length);
  for (const [i, target] of targets.entries()) {
    const row = Math.floor(i / classes.length);
    if (target === 1) worst[row] = Math.max(worst[row]!, 1 - probabilities[i]!);
  }
  return { score: { kind: "lac" }, coverage, ...rankThreshold(worst, 1 - coverage) };
}

/**
 * Measures such sets on rows that did not calibrate them: a row is covered where its set holds all of its labels;
 * `perClass` is the share of a label's own rows whose set holds it. Throws EvaluationError as `checkLabelPredictions` does.
 */
export function measureLabelSets(
  predictions: LabelPredictions,
  { threshold }: Pick<SetRule, "threshold">,
): SetFigures {
  checkLabelPredictions(predictions);
  const { probabilities, targets, classes } = predictions;
  const n = targets.length / classes.length;
  const sizes = new Array<number>(classes.length + 1).fill(0);
  const [support, held] = [new Int32Array(classes.length), new Int32Array(classes.length)];
  let covered = 0;
  for (let row = 0; row < n; row++) {
    let [size, missed] = [0, 0];
    for (let c = 0; c < classes.length; c++) {
      const at = row * classes.length + c;
      const isIn = 1 - probabilities[at]! <= threshold;
      if (isIn) size++;
      if (targets[at] !== 1) continue;
      support[c]!++;
      if (isIn) held[c]!++;
      else missed++;
    }
    sizes[size]!++;
    if (missed === 0) covered++;
  }
  return {
    n,
    coverage: covered / n,
    interval: wilson(covered, n),
    meanSize: sizes.reduce((sum, count, size) => sum + count * size, 0) / n,
    sizes,
    perClass: Array.from(support, (count, i) => (count === 0 ? null : held[i]! / count)),
  };
}
