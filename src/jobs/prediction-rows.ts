import { formatLabels } from "../data/labels.ts";
import { predictedClasses } from "../evaluate/accuracy.ts";
import { predictedLabels } from "../evaluate/per-label.ts";
import type { PredictionRow } from "../train/observers/predictions-csv.ts";
import type { Measured } from "../train/run.ts";

/** What predictions.csv says of each picture: its most probable class. */
export function* classRows(
  classes: readonly string[],
  { pictures, probabilities }: Measured,
): Generator<PredictionRow> {
  const best = predictedClasses(probabilities, classes.length);
  for (const [row, { sample }] of pictures.entries()) {
    const own = probabilities.subarray(row * classes.length, (row + 1) * classes.length);
    const predicted = best[row]!;
    yield {
      file: sample.id,
      label: sample.label,
      predicted: classes[predicted]!,
      probability: own[predicted]!,
      probabilities: own,
    };
  }
}

/** The same of several labels at once: those at or above the threshold, joined as lists join them. */
export function* labelRows(
  classes: readonly string[],
  { pictures, probabilities }: Measured,
): Generator<PredictionRow> {
  for (const [row, { sample }] of pictures.entries()) {
    const own = probabilities.subarray(row * classes.length, (row + 1) * classes.length);
    const taken = predictedLabels(own);
    const predicted = formatLabels(classes.filter((_, i) => taken[i] === 1));
    yield { file: sample.id, label: sample.label, predicted, probabilities: own };
  }
}
