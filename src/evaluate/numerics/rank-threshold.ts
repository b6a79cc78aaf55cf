/** What a finite sample lets one promise: a fresh score lies at or below `threshold` with at least the chance asked for. */
export interface RankThreshold {
  /** Infinite where the sample is too small for the promise: then nothing lies above it. */
  readonly threshold: number;
  /** Whether the sample is large enough. */
  readonly enough: boolean;
  /** The least number of scores that would be. */
  readonly needed: number;
  readonly n: number;
}

/**
 * the ⌈(n + 1)(1 - α)⌉-th smallest of n scores
 *
 * If a fresh score comes from where these came from, it exceeds this threshold with probability at most α, whatever the
 * distribution (V. Vovk, A. Gammerman, G. Shafer, "Algorithmic Learning in a Random World", 2005): the plain quantile
 * promises that for n -> ∞ only. Ties make it safer, never less so.
 */
export function rankThreshold(scores: ArrayLike<number>, alpha: number): RankThreshold {
  const n = scores.length;
  // Rounding must not turn 0.95 x 20 = 19.000000000000004 into 20.
  const rank = Math.ceil((n + 1) * (1 - alpha) - 1e-9);
  const needed = Math.ceil(1 / alpha - 1 - 1e-9);
  if (rank > n) return { threshold: Number.POSITIVE_INFINITY, enough: false, needed, n };
  const threshold = Float64Array.from(scores).sort()[Math.max(rank, 1) - 1]!;
  return { threshold, enough: true, needed, n };
}
