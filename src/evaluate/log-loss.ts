/** The distance from 1 to the next float32, 2^-23: what scikit-learn clips float32 probabilities by. */
export const epsilon = 2 ** -23;

/**
 * -(1/n) Σ ln p(true class), each p held to [ε, 1 - ε]
 *
 * In nats, as `sklearn.metrics.log_loss` has it for float32: one row sure of the wrong class costs 15.94, not infinity.
 * `probabilities` is rows x classes; NaN without rows.
 */
export function logLoss(probabilities: Float32Array, labels: Int32Array, classes: number): number {
  let sum = 0;
  for (let row = 0; row < labels.length; row++) {
    const p = probabilities[row * classes + labels[row]!]!;
    sum -= Math.log(Math.min(Math.max(p, epsilon), 1 - epsilon));
  }
  return sum / labels.length;
}
