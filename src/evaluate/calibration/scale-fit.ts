/** What a scale of the logits costs: the summed loss L over all rows and its first two derivatives by β = 1/T. */
export interface ScaleCost {
  readonly loss: number;
  readonly slope: number;
  readonly curvature: number;
}

/** A temperature found on labelled rows. Losses are means in nats. */
export interface FittedTemperature {
  /** What logits should be divided by. */
  readonly temperature: number;
  /** 95 % profile-likelihood interval of T, cut to the bounds. */
  readonly interval: readonly [low: number, high: number];
  /**
   * "fitted": T is the one of least loss. "open": there is none between the bounds (all rows right, all wrong, too few),
   * and `temperature` is the one nearest 1 that the interval holds.
   */
  readonly verdict: "fitted" | "open";
  /** Mean loss at T = 1, and at `temperature`. */
  readonly before: number;
  readonly after: number;
  readonly rows: number;
}

/** No temperature outside is ever given: beyond it a softmax of usual logits is one-hot, or flat. */
export const temperatureBounds = [0.05, 20] as const;

/** Half the 95 % quantile of χ² with one degree of freedom: how far above the least a summed loss may lie. */
const profile = 1.920729410347062;

/**
 * The T of least loss. L is convex in β = 1/T, so it has one minimum, found by Newton's steps on L′ kept within a
 * shrinking bracket. Where all rows are right L falls for ever as T -> 0, so there is no minimum to be had: what is given
 * then is the end nearest 1 of the interval {T : L(T) - min L <= 1.92}, which is 1 for few rows and moves only as far as
 * many rows insist.
 */
export function fitScale(cost: (beta: number) => ScaleCost, rows: number): FittedTemperature {
  const [coldest, hottest] = temperatureBounds;
  const [least, most] = [1 / hottest, 1 / coldest];
  const lowEnd = cost(least);
  const highEnd = cost(most);
  const inside = lowEnd.slope < 0 && highEnd.slope > 0;
  const best = inside ? rootOf((beta) => slopeOf(cost(beta)), least, most) : lowEnd.slope >= 0 ? least : most;
  const limit = cost(best).loss + profile;
  const excess = (beta: number) => {
    const { loss, slope } = cost(beta);
    return { value: loss - limit, slope };
  };
  const smallest = lowEnd.loss <= limit ? least : rootOf(excess, least, best);
  const largest = highEnd.loss <= limit ? most : rootOf(excess, best, most);
  const beta = inside ? best : Math.min(Math.max(1, smallest), largest);
  return {
    temperature: 1 / beta,
    interval: [1 / largest, 1 / smallest],
    verdict: inside ? "fitted" : "open",
    before: cost(1).loss / rows,
    after: cost(beta).loss / rows,
    rows,
  };
}

interface Sloped {
  readonly value: number;
  readonly slope: number;
}

function slopeOf({ slope, curvature }: ScaleCost): Sloped {
  return { value: slope, slope: curvature };
}

/** The zero between `low` and `high`, at whose ends the signs differ: Newton's step where it stays inside, else the middle. */
function rootOf(f: (x: number) => Sloped, low: number, high: number): number {
  const rising = f(high).value > 0;
  let [from, to] = [low, high];
  let x = Math.sqrt(low * high);
  for (let step = 0; step < 100; step++) {
    const { value, slope } = f(x);
    if (value === 0) return x;
    if (value > 0 === rising) to = x;
    else from = x;
    const newton = x - value / slope;
    const next = newton > from && newton < to ? newton : (from + to) / 2;
    if (Math.abs(next - x) <= 1e-10 * x) return next;
    x = next;
  }
  return x;
}
