/** Counts of rows by true class (outer) and predicted class (inner). */
export type ConfusionMatrix = readonly (readonly number[])[];

/** How often `truth` was taken for `predicted`; `share` is the part of the true class that this is. */
export interface ConfusedPair {
  readonly truth: string;
  readonly predicted: string;
  readonly count: number;
  readonly share: number;
}

/** The confusion matrix, classes x classes: its diagonal holds the hits. */
export function confusionMatrix(labels: Int32Array, predicted: Int32Array, classes: number): ConfusionMatrix {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let row = 0; row < labels.length; row++) matrix[labels[row]!]![predicted[row]!]!++;
  return matrix;
}

/**
 * The `limit` commonest mistakes, most frequent first; equals stand in the order of their class indices. Counted pair by
 * pair, without the matrix, so that ten thousand classes cost no hundred million cells.
 */
export function mostConfusedPairs(
  labels: Int32Array,
  predicted: Int32Array,
  classes: readonly string[],
  limit = 10,
): ConfusedPair[] {
  const support = new Int32Array(classes.length);
  const counts = new Map<number, number>();
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!;
    support[label]!++;
    if (label === predicted[row]) continue;
    const pair = label * classes.length + predicted[row]!;
    counts.set(pair, (counts.get(pair) ?? 0) + 1);
  }
  return [...counts]
    .sort(([pairA, a], [pairB, b]) => b - a || pairA - pairB)
    .slice(0, limit)
    .map(([pair, count]) => {
      const label = Math.floor(pair / classes.length);
      return {
        truth: classes[label]!,
        predicted: classes[pair % classes.length]!,
        count,
        share: count / support[label]!,
      };
    });
}
