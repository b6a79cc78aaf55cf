import { float32, int32 } from "../../core/tensor.ts";
import type { GraphBuilder } from "../../onnx/builder.ts";
import { checkGamma, checkPerClass, lossNodes } from "./rows.ts";

/** Logits and targets of classes that exclude each other. */
interface ExclusiveClasses {
  /** float32 [N, classes]. */
  readonly logits: string;
  /** float32 [N, classes]: one-hot, or soft with rows that sum to 1. */
  readonly targets: string;
  readonly classes: number;
  /** Share of each target that is spread evenly over all classes (Szegedy et al. 2016). Default 0. */
  readonly labelSmoothing?: number;
}

export interface SoftmaxCrossEntropy extends ExclusiveClasses {
  /** One weight a class; a row's weight is its target's mean of them. */
  readonly classWeights?: readonly number[] | undefined;
}

/**
 * -Σ t·log softmax(z)
 *
 * Softmax cross-entropy, row by row: float32 [N]. Class weights follow Keras: they multiply each row's loss, by the
 * target before smoothing, and nothing divides by their sum, so the mean over a batch is Σ wᵢ·lossᵢ / N (PyTorch
 * divides by Σ wᵢ instead).
 */
export function softmaxCrossEntropy(builder: GraphBuilder, loss: SoftmaxCrossEntropy): string {
  const { logits, targets, classes, labelSmoothing = 0, classWeights } = loss;
  const { op, rowSum, smoothed, perClass } = lossNodes(builder);
  const logSoftmax = builder.op("LogSoftmax", [logits], { axis: -1 });
  const soft = smoothed(targets, labelSmoothing, 1 / classes);
  const rows = op("Neg", rowSum(op("Mul", soft, logSoftmax)));
  if (!classWeights) return rows;
  return op("Mul", rows, op("MatMul", targets, perClass(classWeights, classes, "class_weights")));
}

export interface SoftmaxFocalLoss extends ExclusiveClasses {
  /** How strongly rows that are already right are played down; 0 is cross-entropy. Default 2. */
  readonly gamma?: number | undefined;
  /** One factor a class. Default 1 each. */
  readonly alpha?: readonly number[] | undefined;
  /** One weight a class, on each row as in `SoftmaxCrossEntropy`; where targets are one-hot, the same as `alpha`. */
  readonly classWeights?: readonly number[] | undefined;
}

/** Keeps (1 - p)^γ and its slope finite where p is 1 in float32: for γ < 1 the slope at 0 has no bound. */
const leastMiss = 1e-7;

/**
 * -Σ α·t·(1 - p)^γ·log p with p = softmax(z)
 *
 * Focal loss (Lin et al. 2017, equation 5) for classes that exclude each other, row by row: float32 [N]. Throws
 * UsageError for a gamma or alpha out of range.
 */
export function softmaxFocalLoss(builder: GraphBuilder, loss: SoftmaxFocalLoss): string {
  const { logits, targets, classes, labelSmoothing = 0, gamma = 2, alpha, classWeights } = loss;
  checkGamma(gamma);
  checkPerClass("alpha", alpha, classes);
  const { op, rowSum, smoothed, perClass } = lossNodes(builder);
  const logP = builder.op("LogSoftmax", [logits], { axis: -1 });
  let weights = smoothed(targets, labelSmoothing, 1 / classes);
  if (alpha) weights = op("Mul", weights, perClass(alpha, classes, "alpha"));
  let surprise = op("Mul", weights, logP);
  if (gamma > 0) surprise = op("Mul", surprise, op("Pow", op("Sub", 1 + leastMiss, op("Exp", logP)), gamma));
  const rows = op("Neg", rowSum(surprise));
  if (!classWeights) return rows;
  return op("Mul", rows, op("MatMul", targets, perClass(classWeights, classes, "class_weights")));
}

/** Integer labels [N] (int32) to one-hot targets, float32 [N, classes]. */
export function oneHot(builder: GraphBuilder, labels: string, classes: number): string {
  return builder.op("OneHot", [
    labels,
    builder.constant(int32([classes], []), "classes"),
    builder.constant(float32([0, 1]), "off_on"),
  ]);
}
