import { finish } from "../core/async.ts";
import { derivedOrder, deriveSeed } from "../core/random.ts";
import { predictedClasses } from "../evaluate/accuracy.ts";
import { type LearningCurve, learningCurve } from "../evaluate/learning-curve/learning-curve.ts";
import type { CurvePoint } from "../evaluate/learning-curve/power-law.ts";
import type { Runtime } from "../runtime/session.ts";
import { apply } from "../train/feature-head.ts";
import { type FeatureSet, rowsOf } from "../train/features.ts";
import { solveLinearHead } from "../train/linear-head.ts";

/** Shares of the training pictures, and how many draws of each: small draws scatter more. */
const shares = [
  [0.1, 4],
  [0.2, 3],
  [0.4, 2],
  [0.8, 2],
  [1, 1],
] as const;

/** λ of the heads, the same at each size, so that sizes alone make the difference: of least out-of-fold loss on flowers. */
const curveRegularisation = 0.3;

export interface MeasuredCurve {
  /** Each draw: training pictures, errors, held-out pictures asked. */
  readonly points: readonly CurvePoint[];
  /** What twice the data would likely give, and whether that may be said. */
  readonly outlook: LearningCurve;
}

export interface CurveSettings {
  readonly classes: number;
  readonly runtime: Runtime;
  readonly seed?: number;
  readonly signal?: AbortSignal | undefined;
  onPoint?(done: number, total: number): void;
}

/** Errors on held-out pictures of linear heads that were trained on ever more of the others. Throws as `solveLinearHead`. */
export async function measureCurve(
  train: FeatureSet,
  held: FeatureSet,
  { classes, runtime, seed = 1, signal, onPoint }: CurveSettings,
): Promise<MeasuredCurve> {
  const points: CurvePoint[] = [];
  const total = shares.reduce((sum, [, draws]) => sum + draws, 0);
  for (const [share, draws] of shares) {
    for (let draw = 0; draw < draws; draw++) {
      signal?.throwIfAborted();
      const rows = drawnRows(train.labels, share, deriveSeed(seed, Math.round(100 * share), draw));
      const some = rowsOf(train, rows);
      const head = await finish(
        solveLinearHead({ train: some, classes, runtime, regularisation: curveRegularisation, signal }),
      );
      const predicted = predictedClasses(await apply(head.model, held, classes, runtime), classes);
      const errors = held.labels.reduce((sum, label, row) => sum + (predicted[row] === label ? 0 : 1), 0);
      points.push({ n: some.rows, errors, trials: held.rows });
      onPoint?.(points.length, total);
    }
  }
  return { points, outlook: learningCurve(points, { seed }) };
}

/** This share of each class's rows, one at least. */
export function drawnRows(labels: Int32Array, share: number, seed: number): number[] {
  const left = new Map<number, number>();
  for (const label of labels) left.set(label, (left.get(label) ?? 0) + 1);
  for (const [label, size] of left) left.set(label, Math.max(1, Math.round(share * size)));
  const rows: number[] = [];
  for (const row of derivedOrder(labels.length, seed)) {
    const label = labels[row]!;
    const wanted = left.get(label) ?? 0;
    if (wanted > 0) rows.push(row);
    left.set(label, wanted - 1);
  }
  return rows.sort((a, b) => a - b);
}
