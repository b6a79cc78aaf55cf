import { EvaluationError } from "./errors.ts";

/** Throws EvaluationError where logits are not `labels.length` rows of finite numbers, or a label is none of the classes. */
export function checkLogits(input: {
  readonly logits: Float32Array;
  readonly labels: Int32Array;
  readonly classes: number;
}): void {
  const { logits, labels, classes } = input;
  checkTable("logits", logits, labels.length, classes);
  checkLabels(labels, classes);
}

/** Likewise of several labels at once: `targets` has a 0 or 1 for each logit. */
export function checkLabelLogits(input: {
  readonly logits: Float32Array;
  readonly targets: Float32Array;
  readonly classes: number;
}): void {
  const { logits, targets, classes } = input;
  checkTable("logits", logits, classes === 0 ? 0 : targets.length / classes, classes);
  const alien = targets.findIndex((target) => target !== 0 && target !== 1);
  if (alien < 0) return;
  const [row, value] = [Math.floor(alien / classes), targets[alien]!];
  throw new EvaluationError(
    {
      what: `Row ${row} (counted from 0) has the target ${value}.`,
      next: "Pass 1 where a picture has the label, else 0.",
    },
    { row, value },
  );
}

/** Likewise of feature vectors. */
export function checkFeatures(input: {
  readonly features: Float32Array;
  readonly width: number;
  readonly labels: Int32Array;
  readonly classes: number;
}): void {
  const { features, width, labels, classes } = input;
  checkTable("features", features, labels.length, width);
  checkLabels(labels, classes);
}

/** Throws EvaluationError where numbers do not make `rows` x `width`, there are none, or one is not finite. */
export function checkTable(what: string, numbers: Float32Array, rows: number, width: number): void {
  if (rows === 0 || width === 0) {
    throw new EvaluationError(
      { what: `No ${what} to measure: ${rows} rows of ${width}.`, next: "Pass at least one row." },
      {},
    );
  }
  if (numbers.length !== rows * width) {
    throw new EvaluationError(
      {
        what: `${numbers.length} ${what} do not make a table of ${rows} rows x ${width}`,
        why: `(${rows * width} expected).`,
      },
      {},
    );
  }
  const odd = numbers.findIndex((value) => !Number.isFinite(value));
  if (odd < 0) return;
  const [row, value] = [Math.floor(odd / width), numbers[odd]!];
  throw new EvaluationError(
    {
      what: `Row ${row} (counted from 0) holds ${value} among its ${what}.`,
      why: "Nothing can be measured on numbers that are not finite.",
      next: "Logarithms of probabilities: keep these above 1e-7 first. NaN: the model itself is broken.",
    },
    { row, value },
  );
}

/** Throws EvaluationError where a label is none of the classes. */
export function checkLabels(labels: Int32Array, classes: number): void {
  const row = labels.findIndex((label) => label < 0 || label >= classes);
  if (row < 0) return;
  const value = labels[row]!;
  throw new EvaluationError(
    {
      what: `Row ${row} (counted from 0) has the label ${value}, but the ${classes} classes are 0 to ${classes - 1}.`,
      next: "Measure with the class list that the labels were numbered by.",
    },
    { row, value },
  );
}

/** Throws EvaluationError where a share is not strictly between 0 and 1. */
export function checkShare(name: string, value: number): void {
  if (value > 0 && value < 1) return;
  throw new EvaluationError(
    { what: `${name} ${value} means nothing.`, next: "Pass a share between 0 and 1." },
    { value },
  );
}
