import { UsageError } from "../core/errors.ts";
import { TrainingDataError } from "./errors.ts";
import type { FeatureSet } from "./features.ts";

/** What both head solvers are given. */
export interface HeadData {
  readonly train: FeatureSet;
  readonly val?: FeatureSet | undefined;
  readonly classes: number;
  /** Positive, one a class: see `classificationLoss`. */
  readonly classWeights?: readonly number[] | undefined;
  /** In [0, 1). Default 0. */
  readonly labelSmoothing?: number | undefined;
}

/** Throws TrainingDataError or UsageError where a head could not be trained on this. */
export function checkHeadData({ train, val, classes, classWeights, labelSmoothing = 0 }: HeadData): void {
  const evidence = { rows: train.rows, width: train.width, classes };
  if (train.rows === 0) {
    throw new TrainingDataError(
      { what: "The training set is empty.", next: "Add pictures, or give the training part a larger share." },
      evidence,
    );
  }
  checkSet(train, "training", classes);
  if (val) {
    checkSet(val, "validation", classes);
    if (val.width !== train.width) {
      throw new TrainingDataError(
        {
          what: `The features disagree in width: ${train.width} in training, ${val.width} in validation.`,
          next: "Compute both with the same backbone and cut.",
        },
        evidence,
      );
    }
  }
  if (!train.targets && new Set(train.labels.subarray(0, train.rows)).size < 2) {
    throw new TrainingDataError(
      {
        what: "All training pictures are of one class.",
        why: "A classifier learns what tells classes apart.",
        next: "Add pictures of a second class.",
      },
      evidence,
    );
  }
  const wrong = classWeights?.find((weight) => !(weight > 0 && Number.isFinite(weight)));
  if (classWeights && (classWeights.length !== classes || wrong !== undefined)) {
    throw new UsageError(
      {
        what: `Class weights must be ${classes} positive numbers, one a class.`,
        why: wrong === undefined ? `There are ${classWeights.length}.` : `One of them is ${wrong}.`,
        next: "Leave them out to weigh every picture alike.",
      },
      { option: "classWeights", value: classWeights },
    );
  }
  inRange("labelSmoothing", labelSmoothing, (value) => value >= 0 && value < 1, "in [0, 1)");
}

/** Throws UsageError naming the option unless the value passes. */
export function inRange(
  option: string,
  value: number,
  passes: (value: number) => boolean,
  range: string,
): void {
  if (passes(value) && Number.isFinite(value)) return;
  throw new UsageError(
    { what: `${option} is ${value}; it must be ${range}.`, next: "Leave it out for the default." },
    { option, value },
  );
}

/** Throws UsageError naming the option and its choices unless the value is one of them. */
export function oneOf(option: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  throw new UsageError(
    { what: `There is no ${option} '${value}'.`, next: `Choose ${choices.join(", ")}.` },
    { option, value },
  );
}

function checkSet(set: FeatureSet, part: string, classes: number): void {
  const { rows, width, features, labels, targets } = set;
  const fail = (what: string, next: string): never => {
    throw new TrainingDataError({ what, next }, { rows, width, classes });
  };
  const [given, expected] = targets ? [targets.length, rows * classes] : [labels.length, rows];
  if (features.length < rows * width || given < expected) {
    fail(
      `The ${part} set promises ${rows} rows of ${width} features; it holds ${features.length} features and ${given} ${targets ? "targets" : "labels"}.`,
      "Compute the features again.",
    );
  }
  const soft = targets?.findIndex((target) => !(target >= 0 && target <= 1)) ?? -1;
  if (soft >= 0) {
    fail(
      `Row ${Math.floor(soft / classes)} of the ${part} set has the target ${targets?.[soft]}.`,
      "Pass 1 where a picture has the label, else 0.",
    );
  }
  const alien = labels.subarray(0, rows).findIndex((label) => !(label >= 0 && label < classes));
  if (alien >= 0) {
    fail(
      `Row ${alien} of the ${part} set is of class ${labels[alien]}; there are ${classes} classes, from 0.`,
      "Number the classes from 0, and name each of them.",
    );
  }
  for (let i = 0; i < rows * width; i++) {
    if (!Number.isFinite(features[i]!)) {
      fail(
        `Feature ${i % width} of row ${Math.floor(i / width)} of the ${part} set is ${features[i]}.`,
        "The backbone overflowed on this picture: check its preprocessing (mean, std, channel order), or leave the picture out.",
      );
    }
  }
}
