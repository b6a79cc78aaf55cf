import { checkLogits } from "../check-tables.ts";
import { logSumExp } from "../numerics/softmax.ts";
import { type FittedTemperature, fitScale, type ScaleCost } from "./scale-fit.ts";

/** Logits, or log-probabilities: what is the same for all classes of a row does not matter. */
export interface LogitRows {
  /** rows x classes, row by row. */
  readonly logits: Float32Array;
  /** True class index of each row. */
  readonly labels: Int32Array;
  readonly classes: number;
}

/**
 * T = argmin -Σ ln softmax(z / T)[y] over validation rows
 *
 * Temperature scaling (C. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017): one number that makes the
 * probabilities honest and changes no prediction. Fit it on rows that chose nothing else where you can: rows on which a
 * regularisation was picked flatter it a little. Bounds and what happens at them: see `fitScale`.
 * Throws EvaluationError on no rows, sizes that do not match, labels outside the classes, and logits that are not finite.
 */
export function fitTemperature(input: LogitRows): FittedTemperature {
  checkLogits(input);
  return fitScale((beta) => softmaxCost(input, beta), input.labels.length);
}

/** L = Σ ln Σⱼ exp(β·zⱼ) - β·z_y, so L′ = Σ E[z] - z_y and L″ = Σ Var[z], both under softmax(β·z). */
function softmaxCost({ logits, labels, classes }: LogitRows, beta: number): ScaleCost {
  let [loss, slope, curvature] = [0, 0, 0];
  for (const [row, label] of labels.entries()) {
    const start = row * classes;
    const own = logits[start + label]!;
    const total = logSumExp(logits, start, classes, beta);
    let [mean, square] = [0, 0];
    for (let i = start; i < start + classes; i++) {
      const above = logits[i]! - own;
      const p = Math.exp(beta * logits[i]! - total);
      mean += p * above;
      square += p * above * above;
    }
    loss += total - beta * own;
    slope += mean;
    curvature += square - mean * mean;
  }
  return { loss, slope, curvature };
}
