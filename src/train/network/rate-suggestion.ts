import { assert } from "../../core/assert.ts";

/** What one update of a range test answered. */
export interface RangePoint {
  readonly rate: number;
  /** Of its batch, before the update. */
  readonly loss: number;
  /** Mean of the losses so far, recent ones counting more. */
  readonly smoothed: number;
}

/** What a range test says of the learning rate. */
export interface RateSuggestion {
  /** The peak to train with: midway in decades from the valley to the highest; without a valley, half a decade below that. */
  readonly rate: number;
  /** In the middle of the valley; undefined where the loss nowhere falls for long. To two digits, as the others. */
  readonly valley: number | undefined;
  /** Where, within the valley, the smoothed loss falls most for the same factor on the rate. */
  readonly steepest: number | undefined;
  /** Rates between which the smoothed loss falls longest, and by how much. */
  readonly fall: { readonly from: number; readonly to: number; readonly by: number } | undefined;
  /** The last rate before the smoothed loss leaves, for good, what single batches scattered at the start. */
  readonly highest: number;
  /** Standard deviation of the losses at the start, while rates are too low to matter. */
  readonly scatter: number;
}

/** Losses of single batches scatter; over half a decade of a hundred updates this evens them out. */
const usualBeta = 0.9;

/** m = β·m + (1 - β)·x, answered as m / (1 - βⁿ): the bias of starting from 0 is taken out (Kingma and Ba 2015). */
export function exponentialMean(beta = usualBeta): (value: number) => number {
  let [mean, weight] = [0, 0];
  return (value) => {
    mean = beta * mean + (1 - beta) * value;
    weight = beta * weight + (1 - beta);
    return mean / weight;
  };
}

/** A valley of fewer points than this, or than a tenth of all, is chance. */
const leastPoints = 4;

/** The share of the points, the first ones, that tell how losses scatter. */
const startShare = 1 / 5;

/**
 * What the points of a range test say, undefined for none at all. The valley is fastai's idea: the longest sequence of
 * ever lower smoothed losses (not of neighbours only, so that small rises do not end it), and its middle. The highest
 * rate is Smith's upper bound (2017, section 3.3): where the loss becomes ragged or starts to rise. Behind a head that was
 * solved first neither is the rate to take. Measured, least validation loss after a few epochs: on flowers 0.459 at the
 * valley, 1.3e-5, 0.379 at 1e-4 and 0.355 at the highest, 5e-4; on patterns 0.69 at the valley, 9e-5, 0.284 at 5e-4,
 * 0.416 at 3e-3, and at the highest, 8e-3, training broke. So the one between them is suggested.
 */
export function suggestRate(points: readonly RangePoint[]): RateSuggestion | undefined {
  const [first] = points;
  if (first === undefined) return undefined;
  const start = points.slice(0, Math.max(2, Math.round(points.length * startShare))).map(({ loss }) => loss);
  const usual = mean(start);
  const scatter = Math.sqrt(mean(start.map((loss) => (loss - usual) ** 2)));
  const calm = points.findLast(({ smoothed }) => smoothed <= usual + scatter) ?? first;
  const rest = { highest: rounded(calm.rate), scatter };

  const falling = longestFall(points.map(({ smoothed }) => smoothed));
  const [begin = 0, end = 0] = [falling[0], falling.at(-1)];
  const [top, middle, bottom] = [begin, falling[falling.length >> 1] ?? 0, end].map((place) => points[place]);
  assert(top && middle && bottom, "places of points");
  if (falling.length < Math.max(leastPoints, points.length / 10))
    return {
      rate: rounded(calm.rate / Math.sqrt(10)),
      valley: undefined,
      steepest: undefined,
      fall: undefined,
      ...rest,
    };
  return {
    rate: rounded(Math.sqrt(middle.rate * calm.rate)),
    valley: rounded(middle.rate),
    steepest: rounded(steepestRate(points, begin, end)),
    fall: { from: top.rate, to: bottom.rate, by: top.smoothed - bottom.smoothed },
    ...rest,
  };
}

/** Updates that tell a curve from chance. */
const leastTried = 10;

/**
 * Why points say nothing of a rate, undefined where they do. A mean of losses that scatter by s scatters by
 * s·√((1 - β) / (1 + β)): a smoothed loss that falls by no more than that has not fallen.
 */
export function whyNone(
  points: readonly RangePoint[],
  { fall, scatter }: Pick<RateSuggestion, "fall" | "scatter">,
): string | undefined {
  if (points.length < leastTried)
    return `${points.length} updates are too few to tell a curve from chance; give --steps ${leastTried} or more, 50 for a clear one`;
  const noise = scatter * Math.sqrt((1 - usualBeta) / (1 + usualBeta));
  if (fall !== undefined && fall.by > noise) return undefined;
  return `the loss never falls by more than its noise, ${noise.toPrecision(2)}, at any rate tried`;
}

function rounded(rate: number): number {
  return Number(rate.toPrecision(2));
}

/** Places of the longest strictly falling subsequence, the first to end where several are as long; quadratic. */
export function longestFall(values: readonly number[]): readonly number[] {
  const lengths: number[] = [];
  const before: number[] = [];
  let best = 0;
  for (const [i, value] of values.entries()) {
    let [length, previous] = [1, -1];
    for (let j = 0; j < i; j++) {
      const longer = (lengths[j] ?? 0) + 1;
      if ((values[j] ?? 0) > value && longer > length) [length, previous] = [longer, j];
    }
    lengths.push(length);
    before.push(previous);
    if (length > (lengths[best] ?? 0)) best = i;
  }
  const places: number[] = [];
  for (let i = values.length > 0 ? best : -1; i >= 0; i = before[i] ?? -1) places.unshift(i);
  return places;
}

/**
 * argmin of d smoothed / d log(rate), the slope that least squares fit to a tenth of the points before and behind: from
 * one point to the next it is the scatter that falls most steeply.
 */
function steepestRate(points: readonly RangePoint[], begin: number, end: number): number {
  const reach = Math.max(1, Math.round(points.length / 10));
  const slope = (i: number): number => {
    const near = points.slice(Math.max(0, i - reach), i + reach + 1);
    const [x, y] = [near.map(({ rate }) => Math.log(rate)), near.map(({ smoothed }) => smoothed)];
    const [meanX, meanY] = [mean(x), mean(y)];
    const covariance = mean(x.map((each, j) => (each - meanX) * ((y[j] ?? 0) - meanY)));
    return covariance / mean(x.map((each) => (each - meanX) ** 2));
  };
  let best = begin;
  for (let i = begin; i <= end; i++) if (slope(i) < slope(best)) best = i;
  return points[best]?.rate ?? 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
