import type { GraphBuilder } from "../../onnx/builder.ts";
import { checkGamma, checkPerClass, lossNodes } from "./rows.ts";

/** Logits and targets of labels that are each there or not, any number at once. */
interface IndependentLabels {
  /** float32 [N, classes]. */
  readonly logits: string;
  /** float32 [N, classes]: 0 or 1, or between the two. */
  readonly targets: string;
  readonly classes: number;
  /** Share by which each target moves towards 1/2. Default 0. */
  readonly labelSmoothing?: number;
}

export interface BinaryCrossEntropy extends IndependentLabels {
  /** One factor a class on the part of its positives. Default 1 each. */
  readonly positiveWeights?: readonly number[] | undefined;
}

/**
 * mean over the classes of ω·t·-log σ(x) + (1 - t)·-log(1 - σ(x)), which for ω = 1 is max(x, 0) - x·t + log(1 + e^-|x|)
 *
 * Binary cross-entropy with logits, row by row: float32 [N]. Softplus(x) = log(1 + eˣ) = -log(1 - σ(x)) does not
 * overflow, and its slope is right at 0 too, where a new head starts; a form with |x| has none there. Throws
 * UsageError for weights out of range.
 */
export function binaryCrossEntropy(builder: GraphBuilder, loss: BinaryCrossEntropy): string {
  const { logits, classes, labelSmoothing = 0, positiveWeights } = loss;
  checkPerClass("positiveWeights", positiveWeights, classes);
  const { op, rowMean, smoothed, perClass } = lossNodes(builder);
  const targets = smoothed(loss.targets, labelSmoothing, 1 / 2);
  const ifAbsent = op("Softplus", logits);
  if (!positiveWeights) return rowMean(op("Sub", ifAbsent, op("Mul", logits, targets)), classes);
  const ifPresent = op("Softplus", op("Neg", logits));
  const weighted = op("Mul", targets, perClass(positiveWeights, classes, "positive_weights"));
  const absent = op("Sub", 1, targets);
  return rowMean(op("Add", op("Mul", weighted, ifPresent), op("Mul", absent, ifAbsent)), classes);
}

export interface SigmoidFocalLoss extends IndependentLabels {
  /** How strongly labels that are already right are played down; 0 is cross-entropy. Default 2. */
  readonly gamma?: number | undefined;
  /** Factor on positives, 1 - alpha on negatives: one for all classes or one each, in [0, 1]. Default: none on either. */
  readonly alpha?: number | readonly number[] | undefined;
  /** One factor a class on the part of its positives, as in `BinaryCrossEntropy`. Default 1 each. */
  readonly positiveWeights?: readonly number[] | undefined;
}

/**
 * mean over the classes of ω·α·t·(1 - p)^γ·-log p + (1 - α)·(1 - t)·p^γ·-log(1 - p) with p = σ(x)
 *
 * Focal loss (Lin et al. 2017, equation 5) for several labels at once, row by row: float32 [N]. For targets between 0
 * and 1 it is the mean over both. The powers are written e^(-γ·softplus), whose slope stays finite for γ < 1 too. Throws
 * UsageError for a gamma, alpha or weights out of range.
 */
export function sigmoidFocalLoss(builder: GraphBuilder, loss: SigmoidFocalLoss): string {
  const { logits, classes, labelSmoothing = 0, gamma = 2, alpha, positiveWeights } = loss;
  const alphas = typeof alpha === "number" ? Array.from({ length: classes }, () => alpha) : alpha;
  checkGamma(gamma);
  checkPerClass("alpha", alphas, classes, 1);
  checkPerClass("positiveWeights", positiveWeights, classes);
  const { op, rowMean, smoothed, perClass } = lossNodes(builder);
  let present = smoothed(loss.targets, labelSmoothing, 1 / 2);
  let absent = op("Sub", 1, present);
  if (alphas) {
    present = op("Mul", present, perClass(alphas, classes, "alpha"));
    const others = alphas.map((each) => 1 - each);
    absent = op("Mul", absent, perClass(others, classes, "one_minus_alpha"));
  }
  if (positiveWeights) present = op("Mul", present, perClass(positiveWeights, classes, "positive_weights"));
  const ifAbsent = op("Softplus", logits);
  const ifPresent = op("Softplus", op("Neg", logits));
  const power = (softplus: string): string => op("Exp", op("Mul", softplus, -gamma));
  const positives = op("Mul", op("Mul", present, ifPresent), power(ifAbsent));
  const negatives = op("Mul", op("Mul", absent, ifAbsent), power(ifPresent));
  return rowMean(op("Add", positives, negatives), classes);
}
