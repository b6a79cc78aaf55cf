import { cholesky, forward } from "../../src/evaluate/numerics/cholesky.ts";
import { classMeans, type LabelledFeatures } from "../../src/evaluate/numerics/class-means.ts";
import { unitRows } from "../../src/evaluate/numerics/unit-rows.ts";
import type { CompactNeighbours } from "../../src/train/second-opinion/compact-neighbours.ts";

/**
 * What stood in the product before: one Gaussian a class in the directions kept, with one covariance, and one variance in
 * every other direction. Strangeness of rows x width features: the Mahalanobis distance to the nearest class.
 */
export function compactGaussians(
  { labels, classes }: Pick<LabelledFeatures, "labels" | "classes">,
  { width, kept, mean, basis, known, squares }: CompactNeighbours,
): (features: Float32Array) => Float64Array {
  const rows = labels.length;
  const { means } = classMeans({ features: known, width: kept, labels, classes });
  const within = new Float64Array(kept * kept);
  let left = squares.reduce((sum, square) => sum + square, 0);
  for (const [row, label] of labels.entries()) {
    const apart = (i: number): number => known[row * kept + i]! - means[label * kept + i]!;
    for (let i = 0; i < kept; i++) {
      left -= known[row * kept + i]! ** 2;
      for (let j = 0; j <= i; j++) within[i * kept + j]! += (apart(i) * apart(j)) / rows;
    }
  }
  const rest = left / rows / (width - kept);
  for (let i = 0; i < kept; i++) within[i * kept + i]! += rest;
  const factor = cholesky(within, kept);
  const centres = Array.from({ length: classes }, (_, label) =>
    forward(factor, means.slice(label * kept, (label + 1) * kept)),
  );
  return (features) => {
    const units = unitRows(features, width);
    return Float64Array.from({ length: features.length / width }, (_, row) => {
      const c = Float64Array.from(mean, (centre, i) => units[row * width + i]! - centre);
      const z = Float64Array.from({ length: kept }, (_, j) =>
        c.reduce((sum, value, i) => sum + value * basis[j * width + i]!, 0),
      );
      const outside = square(c) - square(z);
      const white = forward(factor, z);
      const near = centres.map((centre) => square(white.map((value, i) => value - centre[i]!)));
      return Math.min(...near) + outside / rest;
    });
  };
}

const square = (of: Float64Array): number => of.reduce((sum, value) => sum + value * value, 0);
