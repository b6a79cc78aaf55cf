import type { Matrix } from "./gram.ts";
import { zeroMatrix } from "./gram.ts";

/** Feature vectors and the class of each: `features` is rows x width, row by row. */
export interface LabelledFeatures {
  readonly features: Float32Array;
  readonly width: number;
  /** Class index of each row. */
  readonly labels: Int32Array;
  readonly classes: number;
}

/** Means of the rows of each class, and how many there are; a class without rows has zeros. */
export interface ClassMeans {
  /** classes x width. */
  readonly means: Float64Array;
  readonly counts: Int32Array;
}

export function classMeans({ features, width, labels, classes }: LabelledFeatures): ClassMeans {
  const means = new Float64Array(classes * width);
  const counts = new Int32Array(classes);
  for (const [row, label] of labels.entries()) {
    counts[label]!++;
    for (let k = 0; k < width; k++) means[label * width + k]! += features[row * width + k]!;
  }
  for (const [label, count] of counts.entries()) {
    if (count === 0) continue;
    for (let k = label * width; k < (label + 1) * width; k++) means[k]! /= count;
  }
  return { means, counts };
}

/** The mean of all rows. */
export function overallMean({ features, width }: Pick<LabelledFeatures, "features" | "width">): Float64Array {
  const mean = new Float64Array(width);
  for (const [i, value] of features.entries()) mean[i % width]! += value;
  const rows = features.length / width;
  return mean.map((sum) => sum / rows);
}

/** Features turned to columns, width x rows, each row's own centre taken away: `centreOf` says where in `centres` it starts. */
export function centredColumns(
  { features, width }: Pick<LabelledFeatures, "features" | "width">,
  centres: Float64Array,
  centreOf: (row: number) => number,
): Matrix {
  const rows = features.length / width;
  const columns = zeroMatrix(width, rows);
  for (let row = 0; row < rows; row++) {
    const centre = centreOf(row);
    for (let k = 0; k < width; k++) {
      columns.data[k * rows + row] = features[row * width + k]! - centres[centre + k]!;
    }
  }
  return columns;
}
