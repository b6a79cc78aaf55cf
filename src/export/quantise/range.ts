import { bins, centreOf, type Histogram } from "./histogram.ts";

/** The interval within which a tensor's numbers are rounded; it holds zero. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** How a tensor's range is chosen from what was seen of it. */
export type RangeRule =
  /** All that was seen. */
  | "min-max"
  /** What holds 99.99 percent of the numbers. */
  | "percentile"
  /** What makes the mean squared error smallest. */
  | "least-squares";

/** The range of a tensor of which so much was seen; zero is always inside, so that padding is exact. */
export function rangeOf(histogram: Histogram, rule: RangeRule): Range {
  const all = { low: Math.min(histogram.low, 0), high: Math.max(histogram.high, 0) };
  if (rule === "min-max") return all;
  return rule === "percentile" ? percentile(histogram, all) : leastSquares(histogram, all);
}

const outside = 1e-4;

/** Half of what is left out at either end. */
function percentile({ counts }: Histogram, all: Range): Range {
  const share = (counts.reduce((sum, count) => sum + count, 0) * outside) / 2;
  const edge = (order: (i: number) => number): number => {
    let seen = 0;
    for (let i = 0; i < bins; i++) {
      const bin = order(i);
      seen += counts[bin] ?? 0;
      if (seen > share) return centreOf(bin);
    }
    return 0;
  };
  const low = edge((i) => i);
  const high = edge((i) => bins - 1 - i);
  return { low: Math.max(all.low, Math.min(low, 0)), high: Math.min(all.high, Math.max(high, 0)) };
}

/** Shares of the whole range that are tried: below a fifth, what is cut off costs more than it can win. */
const shares = Array.from({ length: 41 }, (_, i) => 1 - i / 50);

/** Both ends by turns, each the best for the other: the error has one valley in either. */
function leastSquares(histogram: Histogram, all: Range): Range {
  const seen = [...histogram.counts].flatMap((count, bin) => {
    // The middle of the last bin may lie beyond all that was seen.
    const at = Math.min(Math.max(centreOf(bin), histogram.low), histogram.high);
    return count > 0 ? [{ at, count }] : [];
  });
  let best: Range = all;
  let least = squaredError(seen, all);
  const consider = (range: Range): void => {
    const error = squaredError(seen, range);
    if (error < least) [best, least] = [range, error];
  };
  for (let turn = 0; turn < 2; turn++) {
    for (const share of shares) consider({ ...best, high: all.high * share });
    if (all.low < 0) for (const share of shares) consider({ ...best, low: all.low * share });
  }
  return best;
}

/** Sum of (x - q(x))^2: cut off beyond the range; within, step^2 / 12, or less where a number is smaller than a step. */
function squaredError(
  seen: readonly { readonly at: number; readonly count: number }[],
  range: Range,
): number {
  const step = (range.high - range.low) / 255;
  let sum = 0;
  for (const { at, count } of seen) {
    const beyond = at > range.high ? at - range.high : at < range.low ? range.low - at : 0;
    const error = beyond > 0 ? beyond ** 2 : Math.min(at ** 2, step ** 2 / 12);
    sum += count * error;
  }
  return sum;
}
