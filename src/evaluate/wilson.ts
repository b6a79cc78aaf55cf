/** A lower and an upper bound. */
export type Interval = readonly [low: number, high: number];

/** The 97.5 % quantile of the standard normal distribution: 95 % of it lies within ±z. */
const z95 = 1.959963984540054;

/**
 * (p + z²/2n ± z·√(p(1-p)/n + z²/4n²)) / (1 + z²/n)
 *
 * The 95 % score interval of a proportion (E. B. Wilson, JASA 22, 1927): it stays within [0, 1] and keeps its width
 * where all or none hit, which the textbook interval p ± z·√(p(1-p)/n) does not. Without trials it is [0, 1].
 */
export function wilson(hits: number, trials: number, z = z95): Interval {
  if (trials === 0) return [0, 1];
  const p = hits / trials;
  const centre = p + (z * z) / (2 * trials);
  const spread = z * Math.sqrt((p * (1 - p)) / trials + (z * z) / (4 * trials * trials));
  const scale = 1 + (z * z) / trials;
  // At the ends the bound is exact; rounding would leave a 1e-17 there.
  const low = hits === 0 ? 0 : Math.max(0, (centre - spread) / scale);
  const high = hits === trials ? 1 : Math.min(1, (centre + spread) / scale);
  return [low, high];
}
