import { averagePrecision } from "./average-precision.ts";
import { type ClassScore, scoreOf } from "./per-class.ts";

/** The probability from which on a label counts as predicted. */
export const labelThreshold = 0.5;

/** The scores of one of several labels at once. */
export interface LabelScore extends ClassScore {
  /** Over all thresholds; null where no picture has the label. */
  readonly averagePrecision: number | null;
}

/** 1 where a probability is at or above the threshold, else 0. */
export function predictedLabels(probabilities: Float32Array): Uint8Array {
  return Uint8Array.from(probabilities, (probability) => (probability >= labelThreshold ? 1 : 0));
}

/** The scores of each label at the threshold; `probabilities` and the multi-hot `targets` are rows x labels. */
export function labelScores(
  probabilities: Float32Array,
  targets: Float32Array,
  names: readonly string[],
): LabelScore[] {
  const rows = probabilities.length / names.length;
  return names.map((name, label) => {
    const column = (table: Float32Array): Float32Array =>
      Float32Array.from({ length: rows }, (_, row) => table[row * names.length + label]!);
    const [truth, scores] = [column(targets), column(probabilities)];
    const taken = predictedLabels(scores);
    let [support, predicted, hits] = [0, 0, 0];
    for (let row = 0; row < rows; row++) {
      support += truth[row]!;
      predicted += taken[row]!;
      hits += truth[row]! * taken[row]!;
    }
    const score = scoreOf(name, { support, predicted, hits });
    return { ...score, averagePrecision: averagePrecision(scores, truth) };
  });
}

/** mAP: the mean of the labels' average precisions, those left out that no picture has; null where all are. */
export function meanAveragePrecision(scores: readonly LabelScore[]): number | null {
  const known = scores.map((score) => score.averagePrecision).filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
