/**
 * (1/n) Σ Σⱼ (pⱼ - yⱼ)²
 *
 * Brier's own score of several classes (Monthly Weather Review 78, 1950), in [0, 2]: 0 is sure and right, 2 sure and
 * wrong, guessing evenly costs 1 - 1/classes. `probabilities` is rows x classes; NaN without rows.
 */
export function brierScore(probabilities: Float32Array, labels: Int32Array, classes: number): number {
  let sum = 0;
  for (const [row, label] of labels.entries()) {
    for (let i = 0; i < classes; i++) sum += (probabilities[row * classes + i]! - (i === label ? 1 : 0)) ** 2;
  }
  return sum / labels.length;
}

/** (1/nk) ΣΣ (p - t)² of several labels at once, the mean over rows and labels, in [0, 1]; NaN without any. */
export function labelBrierScore(probabilities: Float32Array, targets: Float32Array): number {
  let sum = 0;
  for (const [i, target] of targets.entries()) sum += (probabilities[i]! - target) ** 2;
  return sum / targets.length;
}
