import { float32, int32, int64, scalar, type Tensor } from "../core/tensor.ts";
import type { GraphBuilder } from "../onnx/builder.ts";

export interface SoftmaxCrossEntropy {
  /** float32 [N, classes]. */
  readonly logits: string;
  /** float32 [N, classes]: one-hot, or soft with rows that sum to 1. */
  readonly targets: string;
  readonly classes: number;
  /** Share of each target that is spread evenly over all classes (Szegedy et al. 2016). Default 0. */
  readonly labelSmoothing?: number;
  /** One weight a class; a row's weight is its target's mean of them. */
  readonly classWeights?: readonly number[] | undefined;
}

/**
 * Softmax cross-entropy, row by row: float32 [N]. Class weights follow Keras: they multiply each row's loss, by the
 * target before smoothing, and nothing divides by their sum, so the mean over a batch is Σ wᵢ·lossᵢ / N (PyTorch
 * divides by Σ wᵢ instead).
 */
export function softmaxCrossEntropy(builder: GraphBuilder, loss: SoftmaxCrossEntropy): string {
  const { logits, targets, classes, labelSmoothing = 0, classWeights } = loss;
  const constant = (value: number): string => builder.constant(scalar(value));
  const last = builder.constant(int64([-1]), "axis");
  const logSoftmax = builder.op("LogSoftmax", [logits], { axis: -1 });
  let smoothed = targets;
  /** t·(1 - ε) + ε / classes */
  if (labelSmoothing > 0) {
    const kept = builder.op("Mul", [targets, constant(1 - labelSmoothing)]);
    smoothed = builder.op("Add", [kept, constant(labelSmoothing / classes)]);
  }
  const product = builder.op("Mul", [smoothed, logSoftmax]);
  const rows = builder.op("Neg", [builder.op("ReduceSum", [product, last], { keepdims: 0 })]);
  if (!classWeights) return rows;
  const weights = builder.constant(float32(classWeights, [classes]), "class_weights");
  return builder.op("Mul", [rows, builder.op("MatMul", [targets, weights])]);
}

/** Integer labels [N] (int32) to one-hot targets, float32 [N, classes]. */
export function oneHot(builder: GraphBuilder, labels: string, classes: number): string {
  const values: Tensor = float32([0, 1]);
  return builder.op("OneHot", [
    labels,
    builder.constant(int32([classes], []), "classes"),
    builder.constant(values, "off_on"),
  ]);
}
