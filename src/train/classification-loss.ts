import { lossNodes } from "../autodiff/losses/rows.ts";
import {
  binaryCrossEntropy,
  sigmoidFocalLoss,
  softmaxCrossEntropy,
  softmaxFocalLoss,
} from "../autodiff/losses.ts";
import { assertNever } from "../core/assert.ts";
import type { GraphBuilder } from "../onnx/builder.ts";
import { crossEntropy, type Loss } from "./loss.ts";

export interface ClassificationLoss {
  /** float32 [N, classes]. */
  readonly logits: string;
  /** float32 [N, classes]: one-hot, multi-hot, or soft. */
  readonly targets: string;
  readonly classes: number;
  /** Whether the classes are labels that are each there or not, any number at once. */
  readonly multiLabel: boolean;
  readonly labelSmoothing?: number;
  /** One a class: on its pictures, or, of several labels at once, on the part of its positives. */
  readonly classWeights?: readonly number[] | undefined;
  /** Default: cross-entropy. */
  readonly loss?: Loss | undefined;
}

/**
 * Each row's loss, float32 [N]: softmax cross-entropy, or its focal form, where classes exclude each other, else the
 * mean of the labels' binary ones.
 */
export function classificationLoss(
  b: GraphBuilder,
  { multiLabel, classWeights, loss = crossEntropy, ...rest }: ClassificationLoss,
): string {
  const ofLabels = { ...rest, positiveWeights: classWeights };
  const ofClasses = { ...rest, classWeights };
  switch (loss.kind) {
    case "cross-entropy":
      return multiLabel ? binaryCrossEntropy(b, ofLabels) : softmaxCrossEntropy(b, ofClasses);
    case "focal": {
      const { gamma } = loss;
      return multiLabel
        ? sigmoidFocalLoss(b, { ...ofLabels, gamma })
        : softmaxFocalLoss(b, { ...ofClasses, gamma });
    }
    default:
      return assertNever(loss);
  }
}

/** 1 for each row whose labels are all right, those that lack among them, else 0: float32 [N]. A logit of 0 is p = 0.5. */
export function exactMatches(b: GraphBuilder, logits: string, targets: string): string {
  const { op, rowSum } = lossNodes(b);
  const asFloat = (value: string): string => b.op("Cast", [value], { to: 1 });
  const present = asFloat(op("GreaterOrEqual", logits, 0));
  const wanted = asFloat(op("GreaterOrEqual", targets, 0.5));
  const wrong = rowSum(op("Abs", op("Sub", present, wanted)));
  return asFloat(op("Equal", wrong, 0));
}
