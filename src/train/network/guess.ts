import { floats } from "../../core/tensor.ts";
import { crossEntropy, type Loss } from "../loss.ts";
import type { Batch } from "./inputs.ts";

export interface GuessOptions {
  readonly classes: number;
  /** Several labels at once, or none. */
  readonly multiLabel?: boolean | undefined;
  readonly classWeights?: readonly number[] | undefined;
  /** Default: cross-entropy. */
  readonly loss?: Loss | undefined;
}

/** A mean loss this many times that of guessing, or of the beginning if that is more, is an explosion. */
export const explosion = 4;

/**
 * The loss of rows, summed, were nothing known of their pictures: Σ w·ln(classes) with w a row's mean class weight, or,
 * of several labels, the mean of (w·t + 1 - t)·ln 2 over the labels. Label smoothing changes neither.
 *
 * Focal loss is (1 - p)^γ times that, here with the p of an explosion, classes^-4. With the p of a guess, 1 / classes, the
 * bound would shrink towards nothing as γ grows, while a wrong row's loss hardly does: a handful of them would break it.
 */
export function guessing(
  { targets, rows }: Pick<Batch, "targets" | "rows">,
  { classes, multiLabel = false, classWeights, loss = crossEntropy }: GuessOptions,
): number {
  let [weighted, count] = [0, 0];
  for (const [i, target] of floats(targets).entries()) {
    weighted += target * (classWeights?.[i % classes] ?? 1);
    count += target;
  }
  const ways = multiLabel ? 2 : Math.max(2, classes);
  const weight = multiLabel ? (weighted + rows * classes - count) / classes : weighted;
  const played = loss.kind === "focal" ? (1 - ways ** -explosion) ** loss.gamma : 1;
  return weight * Math.log(ways) * played;
}
