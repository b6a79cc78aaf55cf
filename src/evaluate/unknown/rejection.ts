import { checkShare } from "../check-tables.ts";
import { type RankThreshold, rankThreshold } from "../numerics/rank-threshold.ts";
import { type Interval, wilson } from "../wilson.ts";

/** How many of some pictures were turned away as "none of these". */
export interface Rejection {
  readonly rejected: number;
  readonly n: number;
  /** rejected / n with its 95 % Wilson interval; NaN without rows. */
  readonly rate: number;
  readonly interval: Interval;
}

/**
 * The strangeness above which a picture is turned away, found on known pictures that trained nothing, so that a fresh
 * known one is turned away with probability `falseRejections` at most (the finite-sample rank of `rankThreshold`). With
 * fewer pictures than `needed` the threshold is infinite, and none is. Throws EvaluationError for a rate outside (0, 1).
 */
export function rejectionThreshold(strangeness: Float64Array, falseRejections: number): RankThreshold {
  checkShare("A false-rejection rate of", falseRejections);
  return rankThreshold(strangeness, falseRejections);
}

/** Counts the rows above a threshold. */
export function rejection(strangeness: Float64Array, threshold: number): Rejection {
  const n = strangeness.length;
  const rejected = strangeness.reduce((count, score) => count + (score > threshold ? 1 : 0), 0);
  return rejectionOf(rejected, n);
}

/** So many of n pictures. */
export function rejectionOf(rejected: number, n: number): Rejection {
  return { rejected, n, rate: rejected / n, interval: wilson(rejected, n) };
}
