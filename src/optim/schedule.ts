import { assertNever } from "../core/assert.ts";
import { UsageError } from "../core/errors.ts";

/**
 * How the learning rate goes over one training, after a linear warm-up to `peak` (but "one-cycle"):
 *   "constant"   it stays at the peak
 *   "linear"     it falls evenly to the floor
 *   "cosine"     it falls along half a cosine to the floor (Loshchilov and Hutter 2017, equation 5, one period)
 *   "one-cycle"  it rises from peak / 25 along half a cosine, then falls along another to the floor (Smith and Topin
 *                2018, whose straight lines fastai and PyTorch's OneCycleLR made cosines)
 */
export const scheduleKinds = ["constant", "cosine", "linear", "one-cycle"] as const;
export type ScheduleKind = (typeof scheduleKinds)[number];

export interface ScheduleOptions {
  readonly kind: ScheduleKind;
  /** Updates in all, a whole number from 1. */
  readonly steps: number;
  /** The highest learning rate, above 0. */
  readonly peak: number;
  /** Updates until the peak is reached, at most `steps`. Default 0; "one-cycle": 30 % of the steps. */
  readonly warmup?: number | undefined;
  /** The last update's rate, from 0 to the peak. Default 0; "one-cycle": peak / 250,000. */
  readonly floor?: number | undefined;
}

/** PyTorch's OneCycleLR: the first rate is peak / 25, the last a 10,000th of that. */
const oneCycle = { riseFrom: 1 / 25, floor: 1 / 25 / 1e4, warmupShare: 0.3 };

/**
 * The learning rate of an update, a pure function of its number from 1 on. The peak is reached at update `warmup` (with
 * none, at the first), the floor at the last, and it stays there. Throws UsageError for options out of range.
 */
export function schedule(options: ScheduleOptions): (step: number) => number {
  const { kind, steps, peak } = options;
  const cycle = kind === "one-cycle";
  const { warmup = cycle ? Math.round(oneCycle.warmupShare * steps) : 0 } = options;
  const { floor = cycle ? peak * oneCycle.floor : 0 } = options;
  inRange("steps", steps, Number.isInteger(steps) && steps >= 1, "a whole number from 1");
  inRange("peak", peak, peak > 0 && Number.isFinite(peak), "above 0");
  const whole = Number.isInteger(warmup) && warmup >= 0 && warmup <= steps;
  inRange("warmup", warmup, whole, `a whole number of updates from 0 to ${steps}`);
  inRange("floor", floor, floor >= 0 && floor <= peak, `from 0 to the peak, ${peak}`);

  const top = Math.max(warmup, 1);
  return (step) => {
    if (step < top) {
      return cycle
        ? along(cosine(share(step, 1, top)), peak * oneCycle.riseFrom, peak)
        : (peak * step) / warmup;
    }
    const fallen = share(step, top, steps);
    switch (kind) {
      case "constant":
        return peak;
      case "linear":
        return along(fallen, peak, floor);
      case "cosine":
      case "one-cycle":
        return along(cosine(fallen), peak, floor);
      default:
        return assertNever(kind);
    }
  };
}

/** How far `at` is on the way from one update to another, in [0, 1]; 0 where they are one. */
function share(at: number, from: number, to: number): number {
  return to === from && at === from ? 0 : Math.min(1, (at - from) / (to - from));
}

/** (1 - cos πt) / 2: from 0 to 1, flat at both ends. */
function cosine(t: number): number {
  return (1 - Math.cos(Math.PI * t)) / 2;
}

/** from + t·(to - from), exact at both ends. */
function along(t: number, from: number, to: number): number {
  return t === 1 ? to : from + t * (to - from);
}

function inRange(option: string, value: number, passes: boolean, range: string): void {
  if (passes) return;
  throw new UsageError(
    { what: `The schedule's ${option} is ${value}; it must be ${range}.`, next: `Give another ${option}.` },
    { option, value },
  );
}
