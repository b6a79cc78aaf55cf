import { floats } from "../../core/tensor.ts";
import type { Batch } from "./inputs.ts";

export interface GuessOptions {
  readonly classes: number;
  /** Several labels at once, or none. */
  readonly multiLabel?: boolean | undefined;
  readonly classWeights?: readonly number[] | undefined;
}

/**
 * The loss of rows, summed, were nothing known of their pictures: Σ w·ln(classes) with w a row's mean class weight, or,
 * of several labels, the mean of (w·t + 1 - t)·ln 2 over the labels. Label smoothing changes neither.
 */
export function guessing(
  { targets, rows }: Pick<Batch, "targets" | "rows">,
  { classes, multiLabel = false, classWeights }: GuessOptions,
): number {
  let [weighted, count] = [0, 0];
  for (const [i, target] of floats(targets).entries()) {
    weighted += target * (classWeights?.[i % classes] ?? 1);
    count += target;
  }
  if (multiLabel) return ((weighted + rows * classes - count) / classes) * Math.LN2;
  return weighted * Math.log(Math.max(2, classes));
}
