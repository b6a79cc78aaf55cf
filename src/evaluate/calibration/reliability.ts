import { type Interval, wilson } from "../wilson.ts";

/** How sure a classifier was of each of its answers, and which of them were right. */
export interface Answers {
  /** In [0, 1]: the probability of the predicted class. */
  readonly confidence: ArrayLike<number>;
  /** 1 where the answer was right, else 0. */
  readonly right: ArrayLike<number>;
}

/** The answers of one range of confidences: a row of a reliability diagram. */
export interface ReliabilityBin {
  /** The range of confidences, `low` < c <= `high`; of equal-mass bins, of those found. */
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** Mean confidence; null in an empty bin, as is the accuracy. */
  readonly confidence: number | null;
  readonly accuracy: number | null;
  /** 95 % Wilson interval of the accuracy. */
  readonly interval: Interval;
}

/** Ways of cutting the confidences into bins. */
export type Binning = "equal-width" | "equal-mass";

/** What most papers take (Guo et al. 2017). */
export const usualBins = 15;

/** The confidence and rightness of each row's most probable class; ties go to the lowest class. */
export function answersOf(probabilities: Float32Array, labels: Int32Array, classes: number): Answers {
  const confidence = new Float64Array(labels.length);
  const right = new Uint8Array(labels.length);
  for (const [row, label] of labels.entries()) {
    let best = row * classes;
    for (let i = best + 1; i < (row + 1) * classes; i++)
      if (probabilities[i]! > probabilities[best]!) best = i;
    confidence[row] = Math.min(probabilities[best]!, 1);
    right[row] = best === row * classes + label ? 1 : 0;
  }
  return { confidence, right };
}

/** The same of any truth: of several labels at once each is an answer of its own, how probable it was and whether it was there. */
export function answersTo(
  { labels, targets }: { readonly labels: Int32Array; readonly targets?: Float32Array | undefined },
  probabilities: Float32Array,
  classes: number,
): Answers {
  return targets ? { confidence: probabilities, right: targets } : answersOf(probabilities, labels, classes);
}

/**
 * The bin of each answer. "equal-width": (0, 1/b], (1/b, 2/b] … with 0 in the first. "equal-mass": as many answers in
 * each as may be; answers of one confidence stay together, in the bin where the first of them falls.
 */
export function binsOf(confidence: ArrayLike<number>, bins: number, binning: Binning): Int32Array {
  if (binning === "equal-width") {
    return Int32Array.from(confidence, (c) => Math.min(Math.max(Math.ceil(c * bins) - 1, 0), bins - 1));
  }
  const order = Int32Array.from(confidence, (_, row) => row).sort((a, b) => confidence[a]! - confidence[b]!);
  const found = new Int32Array(confidence.length);
  for (const [rank, row] of order.entries()) {
    const before = order[rank - 1];
    const tied = before !== undefined && confidence[before] === confidence[row];
    found[row] = tied ? found[before]! : Math.floor((rank * bins) / order.length);
  }
  return found;
}

/** The rows of a reliability diagram, least confident first; empty bins of equal mass are left out. */
export function reliability(
  { confidence, right }: Answers,
  bins = usualBins,
  binning: Binning = "equal-width",
): ReliabilityBin[] {
  const place = binsOf(confidence, bins, binning);
  const sums = Array.from({ length: bins }, () => ({ count: 0, sure: 0, hits: 0, low: 1, high: 0 }));
  for (const [row, bin] of place.entries()) {
    const sum = sums[bin]!;
    const c = confidence[row]!;
    sum.count++;
    sum.sure += c;
    sum.hits += right[row]!;
    sum.low = Math.min(sum.low, c);
    sum.high = Math.max(sum.high, c);
  }
  const rows = sums.map(({ count, sure, hits, low, high }, bin) => ({
    low: binning === "equal-width" ? bin / bins : low,
    high: binning === "equal-width" ? (bin + 1) / bins : high,
    count,
    confidence: count === 0 ? null : sure / count,
    accuracy: count === 0 ? null : hits / count,
    interval: wilson(hits, count),
  }));
  return binning === "equal-width" ? rows : rows.filter(({ count }) => count > 0);
}
