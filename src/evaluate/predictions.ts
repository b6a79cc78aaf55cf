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

/** What a classifier said of several labels at once, and the truth. */
export interface LabelPredictions {
  /** rows x classes, row by row; each number by itself in [0, 1]. */
  readonly probabilities: Float32Array;
  /** rows x classes: 1 where the picture has the label, else 0. */
  readonly targets: Float32Array;
  readonly classes: readonly string[];
}

/** What rounding may add to 1: a softmax in float32 gives 1.0000001. */
const slack = 1e-4;

/** Throws EvaluationError where the predictions are not `labels.length` rows of numbers in [0, 1]. */
export function checkPredictions({ probabilities, labels, classes }: Predictions): void {
  checkTable(probabilities, labels.length, classes);
  for (let row = 0; row < labels.length; row++) {
    checkLabel(labels[row]!, classes, row);
    checkRow(probabilities, classes, row, "softmax");
  }
}

/** Throws EvaluationError where probabilities and targets are not two tables of one size with numbers in [0, 1]. */
export function checkLabelPredictions({ probabilities, targets, classes }: LabelPredictions): void {
  const rows = classes.length === 0 ? 0 : targets.length / classes.length;
  checkTable(probabilities, rows, classes);
  const alien = targets.findIndex((target) => target !== 0 && target !== 1);
  if (alien >= 0) {
    const [row, value] = [Math.floor(alien / classes.length), targets[alien]!];
    throw new EvaluationError(
      {
        what: `Row ${row} (counted from 0) has the target ${value} for '${classes[alien % classes.length]}'.`,
        next: "Pass 1 where a picture has the label, else 0.",
      },
      { row, value },
    );
  }
  for (let row = 0; row < rows; row++) checkRow(probabilities, classes, row, "a sigmoid");
}

function checkTable(probabilities: Float32Array, n: number, classes: readonly string[]): void {
  const { length: width } = classes;
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
  if (probabilities.length === n * width) return;
  throw new EvaluationError(
    {
      what: `${probabilities.length} probabilities do not make a table of ${n} labels x ${width} classes`,
      why: `(${n * width} expected).`,
      next: "Pass one row a label and one column a class.",
    },
    {},
  );
}

function checkLabel(label: number, classes: readonly string[], row: number): void {
  if (label >= 0 && label < classes.length) return;
  throw new EvaluationError(
    {
      what: `Row ${row} (counted from 0) has the label ${label}, but the ${classes.length} classes are 0 to ${classes.length - 1}.`,
      next: "Evaluate with the class list that the labels were numbered by.",
    },
    { row, value: label },
  );
}

function checkRow(
  probabilities: Float32Array,
  classes: readonly string[],
  row: number,
  fromLogits: string,
): void {
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
          : `If these are logits, apply ${fromLogits} first.`,
      },
      { row, class: name, value },
    );
  }
}
