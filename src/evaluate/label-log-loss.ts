import { epsilon } from "./log-loss.ts";

/**
 * -(1/n) Σ t·ln p + (1 - t)·ln(1 - p) over all rows and labels, each p held to [ε, 1 - ε]
 *
 * Binary cross-entropy in nats, the mean over rows and labels: guessing 1/2 throughout costs ln 2. `probabilities` and
 * the multi-hot `targets` are rows x labels; NaN without any.
 */
export function labelLogLoss(probabilities: Float32Array, targets: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < targets.length; i++) {
    const p = Math.min(Math.max(probabilities[i]!, epsilon), 1 - epsilon);
    sum -= targets[i]! * Math.log(p) + (1 - targets[i]!) * Math.log(1 - p);
  }
  return sum / targets.length;
}
