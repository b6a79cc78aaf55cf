import { EvaluationError } from "./errors.ts";

/** What a classifier said of some pictures, and the truth. */
export interface Predictions {
  /** rows x classes, row by row; each row one distribution. */
  readonly probabilities: Float32Array;
  /** True class index of each row. */
  readonly labels: Int32Array;
  /** Class names in the order of their indices. */
  readonly classes: readonly string[];
}

/** What rounding may add to 1: a softmax in float32 gives 1.0000001. */
const slack = 1e-4;

/** Throws EvaluationError where the predictions are not `labels.length` rows of numbers in [0, 1]. */
export function checkPredictions({ probabilities, labels, classes }: Predictions): void {
  const [n, width] = [labels.length, classes.length];
  if (n === 0 || width === 0) {
    throw new EvaluationError(
      {
        what: "Nothing to evaluate:",
        why: `${n} labelled pictures and ${width} classes.`,
        next: "Pass at least one of each; a test part that came out empty needs a larger share.",
      },
      {},
    );
  }
  if (probabilities.length !== n * width) {
    throw new EvaluationError(
      {
        what: `${probabilities.length} probabilities do not make a table of ${n} labels x ${width} classes`,
        why: `(${n * width} expected).`,
        next: "Pass one row a label and one column a class.",
      },
      {},
    );
  }
  for (let row = 0; row < n; row++) checkRow(probabilities, labels[row]!, classes, row);
}

function checkRow(probabilities: Float32Array, label: number, classes: readonly string[], row: number): void {
  if (label < 0 || label >= classes.length) {
    throw new EvaluationError(
      {
        what: `Row ${row} (counted from 0) has the label ${label}, but the ${classes.length} classes are 0 to ${classes.length - 1}.`,
        next: "Evaluate with the class list that the labels were numbered by.",
      },
      { row, value: label },
    );
  }
  for (let i = 0; i < classes.length; i++) {
    const value = probabilities[row * classes.length + i]!;
    if (value >= 0 && value <= 1 + slack) continue;
    const name = classes[i]!;
    throw new EvaluationError(
      {
        what: `Row ${row} (counted from 0) gives class '${name}' the probability ${value}.`,
        why: Number.isNaN(value)
          ? "The model answered NaN: its weights, or the picture's pixels, hold no number any more."
          : "Probabilities lie between 0 and 1.",
        next: Number.isNaN(value)
          ? "If training diverged, lower the learning rate and train again."
          : "If these are logits, apply softmax first.",
      },
      { row, class: name, value },
    );
  }
}
