import { checkLabelLogits } from "../check-tables.ts";
import { type FittedTemperature, fitScale, type ScaleCost } from "./scale-fit.ts";

/** Logits of several labels at once, before the sigmoid. */
export interface LabelLogitRows {
  /** rows x labels, row by row. */
  readonly logits: Float32Array;
  /** rows x labels: 1 where the picture has the label, else 0. */
  readonly targets: Float32Array;
  readonly classes: number;
}

/**
 * T = argmin Σ ln(1 + exp(-s·z / T)),  s = 1 where the label is there, -1 where not
 *
 * One temperature for all labels; no label changes sides of 0.5. Losses are means over rows and labels, and the interval
 * takes a picture's labels as independent, so it is narrow where they go together. Throws as `fitTemperature`.
 */
export function fitLabelTemperature(input: LabelLogitRows): FittedTemperature {
  checkLabelLogits(input);
  return fitScale((beta) => sigmoidCost(input, beta), input.targets.length);
}

function sigmoidCost({ logits, targets }: LabelLogitRows, beta: number): ScaleCost {
  let [loss, slope, curvature] = [0, 0, 0];
  for (const [i, logit] of logits.entries()) {
    const margin = targets[i] === 1 ? logit : -logit;
    const wrong = 1 / (1 + Math.exp(beta * margin));
    loss += Math.max(0, -beta * margin) + Math.log1p(Math.exp(-Math.abs(beta * margin)));
    slope -= wrong * margin;
    curvature += wrong * (1 - wrong) * margin * margin;
  }
  return { loss, slope, curvature };
}
