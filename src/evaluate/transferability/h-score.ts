import { checkFeatures } from "../check-tables.ts";
import { cholesky, forward } from "../numerics/cholesky.ts";
import { centredColumns, classMeans, type LabelledFeatures, overallMean } from "../numerics/class-means.ts";
import { shrunkCovariance } from "../numerics/shrunk-covariance.ts";

/**
 * H = (1 - ρ)·tr(Σᵨ⁻¹·Σ_z),  Σ_z the covariance of the class means, each as often as its class has rows
 *
 * How far classes stand apart for the spread of the features: Y. Bao et al., "An Information-Theoretic Approach to
 * Transferability in Task Transfer Learning" (ICIP 2019), with the shrunk covariance Σᵨ of S. Ibrahim, N. Ponomareva,
 * R. Mazumder, "Newer is not always better" (2022), without which few rows of many features make it useless. Both
 * covariances divide by n. At most classes - 1; higher is better.
 * Throws EvaluationError on no rows, sizes that do not match, labels outside the classes, and what is not finite.
 */
export function hScore(input: LabelledFeatures): number {
  checkFeatures(input);
  const { width, labels } = input;
  const centre = overallMean(input);
  const { covariance, shrinkage } = shrunkCovariance(centredColumns(input, centre, () => 0));
  const factor = cholesky(covariance, width);
  const { means, counts } = classMeans(input);
  // tr(Σ⁻¹·m·mᵀ) = ‖L⁻¹·m‖².
  let trace = 0;
  for (const [label, count] of counts.entries()) {
    if (count === 0) continue;
    const apart = means.slice(label * width, (label + 1) * width).map((value, k) => value - centre[k]!);
    trace += (count / labels.length) * forward(factor, apart).reduce((sum, value) => sum + value * value, 0);
  }
  return (1 - shrinkage) * trace;
}
