import { finish } from "../core/async.ts";
import { derivedOrder } from "../core/random.ts";
import type { Runtime } from "../runtime/session.ts";
import { apply } from "../train/feature-head.ts";
import { type FeatureSet, rowsOf } from "../train/features.ts";
import { solveLinearHead } from "../train/linear-head.ts";

export interface FoldOptions {
  readonly classes: number;
  readonly runtime: Runtime;
  /** Pictures of one group (twins) stay in one fold: a head would else have seen what it is asked. */
  readonly groups: Int32Array;
  readonly folds?: number;
  readonly seed?: number;
  /** λ of the heads; see `suspectRegularisation`. */
  readonly regularisation?: number;
  readonly signal?: AbortSignal | undefined;
  onFold?(done: number, total: number): void;
}

/** Measured best for finding wrong labels (src/evaluate/confident-learning.ts): such heads want more than heads that predict. */
const suspectRegularisation = 3;

/**
 * Probabilities of each row by a linear head that was trained without it: rows x classes. Folds are drawn class by class.
 * Throws what `solveLinearHead` throws.
 */
export async function outOfFold(set: FeatureSet, options: FoldOptions): Promise<Float32Array> {
  const { classes, runtime, groups, folds = 5, seed = 1, signal } = options;
  const fold = foldsOf(set.labels, groups, folds, seed);
  const probabilities = new Float32Array(set.rows * classes);
  const rows = [...fold.keys()];
  for (let held = 0; held < folds; held++) {
    signal?.throwIfAborted();
    const asked = rows.filter((row) => fold[row] === held);
    const train = rowsOf(
      set,
      rows.filter((row) => fold[row] !== held),
    );
    if (asked.length > 0 && train.rows > 0) {
      const { regularisation = suspectRegularisation } = options;
      const head = await finish(solveLinearHead({ train, classes, runtime, regularisation, signal }));
      const answers = await apply(head.model, rowsOf(set, asked), classes, runtime);
      for (const [i, row] of asked.entries())
        probabilities.set(answers.subarray(i * classes, (i + 1) * classes), row * classes);
    }
    options.onFold?.(held + 1, folds);
  }
  return probabilities;
}

/** A fold for each row: groups dealt out in a drawn order, the classes one after another. */
export function foldsOf(labels: Int32Array, groups: Int32Array, folds: number, seed: number): Int32Array {
  const order = derivedOrder(labels.length, seed).sort((a, b) => labels[a]! - labels[b]!);
  const foldOf = new Map<number, number>();
  let next = 0;
  for (const row of order) if (!foldOf.has(groups[row]!)) foldOf.set(groups[row]!, next++ % folds);
  return Int32Array.from(groups, (group) => foldOf.get(group) ?? 0);
}
