import { checkLabels, checkTable } from "../check-tables.ts";

/** What the old head says of the new pictures. */
export interface SourcePredictions {
  /** rows x source classes: each row one distribution over the classes of the old task. */
  readonly probabilities: Float32Array;
  /** New class index of each row. */
  readonly labels: Int32Array;
  readonly classes: number;
}

/**
 * (1/n) Σ ln Σ_z P(yᵢ | z)·θᵢ(z),  P(y, z) = (1/n) Σ_{yᵢ = y} θᵢ(z)
 *
 * Log expected empirical prediction, in nats: C. Nguyen et al., "LEEP: A New Measure to Evaluate Transferability of
 * Learned Representations" (ICML 2020). How well the new label is guessed from the old head's distribution θ alone; at
 * most 0, higher is better. It needs a base with its classifier on. Throws EvaluationError as `checkTable` does.
 */
export function leep({ probabilities, labels, classes }: SourcePredictions): number {
  const n = labels.length;
  const sources = n === 0 ? 0 : probabilities.length / n;
  checkTable("probabilities", probabilities, n, Math.floor(sources));
  checkLabels(labels, classes);
  const joint = new Float64Array(classes * sources);
  const marginal = new Float64Array(sources);
  for (const [row, label] of labels.entries()) {
    for (let z = 0; z < sources; z++) {
      const theta = probabilities[row * sources + z]!;
      joint[label * sources + z]! += theta;
      marginal[z]! += theta;
    }
  }
  let sum = 0;
  for (const [row, label] of labels.entries()) {
    let guess = 0;
    for (let z = 0; z < sources; z++) {
      if (marginal[z]! > 0)
        guess += (joint[label * sources + z]! / marginal[z]!) * probabilities[row * sources + z]!;
    }
    sum += Math.log(guess);
  }
  return sum / n;
}
