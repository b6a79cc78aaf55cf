/**
 * AP = Σ (Rₙ - Rₙ₋₁)·Pₙ over the thresholds that the scores give, highest first; Pₙ and Rₙ are precision and recall there
 *
 * The step-wise average precision of one label, as scikit-learn's `average_precision_score`: nothing is interpolated, and
 * rows of equal score enter together. `truth` is 1 where a row has the label, else 0; null where no row has it.
 */
export function averagePrecision(scores: ArrayLike<number>, truth: ArrayLike<number>): number | null {
  const order = Array.from(scores, (_, row) => row).sort((a, b) => scores[b]! - scores[a]!);
  let positives = 0;
  for (let row = 0; row < truth.length; row++) positives += truth[row]!;
  if (positives === 0) return null;
  let [sum, hits, hitsBefore] = [0, 0, 0];
  for (const [i, row] of order.entries()) {
    hits += truth[row]!;
    const next = order[i + 1];
    if (next !== undefined && scores[next] === scores[row]) continue;
    sum += (hits - hitsBefore) * (hits / (i + 1));
    hitsBefore = hits;
  }
  return sum / positives;
}
