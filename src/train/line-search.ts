import type { Evaluation, Objective } from "./lbfgs.ts";
import { axpy, dot } from "./vector.ts";

/** A point on the line x + step·direction. */
interface Point extends Evaluation {
  readonly x: Float64Array;
  readonly step: number;
  /** The directional derivative ∇f·direction. */
  readonly slope: number;
}

export interface Line extends Evaluation {
  readonly x: Float64Array;
  readonly direction: Float64Array;
  /** The first step tried. */
  readonly trial: number;
  /** Differences of the value below this are rounding. */
  readonly noise: number;
}

/** Sufficient decrease and curvature constants that Nocedal & Wright give for quasi-Newton methods (section 3.1). */
const c1 = 1e-4;
const c2 = 0.9;
const maxTrials = 40;

/**
 * A step that meets the strong Wolfe conditions (Nocedal & Wright, algorithms 3.5 and 3.6). Where values differ by less
 * than their noise the slopes decide, by the approximate Wolfe condition (Hager and Zhang 2005, equation 4.1): a value
 * loses its digits near a minimum, a slope does not. Where neither holds it settles for the lowest point seen, and
 * answers undefined when none is lower than the start.
 */
export async function strongWolfe(objective: Objective, line: Line): Promise<Point | undefined> {
  const slope = dot(line.gradient, line.direction);
  if (!(slope < 0)) return undefined;
  const start: Point = { ...line, step: 0, slope };
  let trials = 0;
  let best = start;

  const evaluate = async (step: number): Promise<Point> => {
    trials++;
    const x = axpy(step, line.direction, line.x);
    const { value, gradient } = await objective(x);
    const point = { x, value, gradient, step, slope: dot(gradient, line.direction) };
    if (point.value < best.value && Number.isFinite(point.slope)) best = point;
    return point;
  };
  // Written so that a value or slope that is not a number counts as too high.
  const decreases = (p: Point): boolean =>
    !Number.isNaN(p.slope) &&
    (p.value <= start.value + c1 * p.step * slope ||
      (p.value <= start.value + line.noise && p.slope <= (2 * c1 - 1) * slope));
  const higher = (p: Point, than: Point): boolean => p.value - than.value >= line.noise;
  const flat = (p: Point): boolean => Math.abs(p.slope) <= -c2 * slope;
  const fallback = (): Point | undefined => (best === start ? undefined : best);

  /** Algorithm 3.6: `low` has the least value so far with decrease, and the interval to `high` holds a good step. */
  const zoom = async (low: Point, high: Point): Promise<Point | undefined> => {
    let [lo, hi] = [low, high];
    while (trials < maxTrials) {
      const width = Math.abs(hi.step - lo.step);
      if (width <= 1e-12 * Math.max(lo.step, hi.step)) break;
      const point = await evaluate(interpolate(lo, hi));
      if (!decreases(point) || higher(point, lo)) hi = point;
      else {
        if (flat(point)) return point;
        if (point.slope * (hi.step - lo.step) >= 0) hi = lo;
        lo = point;
      }
    }
    return fallback();
  };

  let previous = start;
  let step = line.trial;
  while (trials < maxTrials) {
    const point = await evaluate(step);
    if (!decreases(point) || (previous !== start && higher(point, previous))) return zoom(previous, point);
    if (flat(point)) return point;
    if (point.slope >= 0) return zoom(point, previous);
    previous = point;
    step *= 2;
  }
  return fallback();
}

/** The minimiser of the cubic through two points and their slopes (N&W equation 3.59), kept off the interval's ends. */
function interpolate(a: Point, b: Point): number {
  const width = b.step - a.step;
  const d1 = a.slope + b.slope - (3 * (a.value - b.value)) / (a.step - b.step);
  const d2 = Math.sign(width) * Math.sqrt(d1 * d1 - a.slope * b.slope);
  const cubic = b.step - (width * (b.slope + d2 - d1)) / (b.slope - a.slope + 2 * d2);
  const fraction = (cubic - a.step) / width;
  // Not a number (an infinite value, no real minimiser) halves the interval.
  return Number.isNaN(fraction)
    ? a.step + width / 2
    : a.step + width * Math.min(0.9, Math.max(0.1, fraction));
}
