import { type Random, random } from "../../core/random.ts";
import { EvaluationError } from "../errors.ts";
import { quantile } from "../numerics/bootstrap.ts";
import type { Interval } from "../wilson.ts";
import { type CurvePoint, errorAt, fitPowerLaw, type PowerLaw, type PowerLawFit } from "./power-law.ts";

/**
 * "likely": the figures may be told. "few-sizes": fewer than four sizes, and a curve of three numbers goes through any
 * three points. "narrow": the largest size is less than four times the smallest. "no-trend": a constant explains the
 * points as well, so nothing can be said about more pictures.
 */
export type CurveVerdict = "likely" | "few-sizes" | "narrow" | "no-trend";

/** What more training pictures would likely give. */
export interface LearningCurve {
  readonly verdict: CurveVerdict;
  readonly law: PowerLaw;
  /** Largest size measured, and the one looked ahead to. */
  readonly from: number;
  readonly to: number;
  /** Error at `to`, and how much of the error at `from` would be gone, with 95 % bootstrap intervals. */
  readonly error: number;
  readonly interval: Interval;
  readonly gain: number;
  readonly gainInterval: Interval;
}

export interface CurveOptions {
  /** Looks ahead to so many times the largest size; twice, when left out. Further than that curves mislead. */
  readonly factor?: number;
  readonly seed?: number;
  readonly draws?: number;
}

const [leastSizes, leastRange] = [4, 4];
/** 95 % quantile of χ² with two degrees of freedom: what b and c must explain over a constant. */
const trend = 5.991;

/**
 * Fits error(n) = a + b·n^-c and looks ahead. The intervals come from a parametric bootstrap: errors drawn anew about
 * the fitted curve, and the curve fitted again. Where the points scatter more than binomial errors would (each was
 * trained on its own draw of pictures), trials count for less by that factor, χ²/(points - 3); several draws a size make
 * that factor, and so the intervals, trustworthy. Points on one test part share its luck, which no interval here shows.
 * Throws EvaluationError on no points, and counts that are none.
 */
export function learningCurve(
  points: readonly CurvePoint[],
  { factor = 2, seed = 1, draws = 500 }: CurveOptions = {},
): LearningCurve {
  points.forEach(checkPoint);
  if (points.length === 0) throw new EvaluationError({ what: "A learning curve has no points." }, {});
  const sizes = points.map(({ n }) => n);
  const from = Math.max(...sizes);
  const to = factor * from;
  const law = fitPowerLaw(points);
  const scatter = Math.max(1, law.chiSquare / Math.max(1, points.length - 3));
  const rng = random(seed);
  const errors = new Float64Array(draws);
  const gains = new Float64Array(draws);
  for (let draw = 0; draw < draws; draw++) {
    const again = fitPowerLaw(points.map((point) => redraw(point, law, scatter, rng)));
    errors[draw] = errorAt(again, to);
    gains[draw] = errorAt(again, from) - errors[draw]!;
  }
  const { a, b, c } = law;
  const error = errorAt(law, to);
  return {
    verdict: verdictOf(sizes, law, scatter),
    law: { a, b, c },
    from,
    to,
    error,
    interval: middle(errors),
    gain: errorAt(law, from) - error,
    gainInterval: middle(gains),
  };
}

function verdictOf(sizes: readonly number[], law: PowerLawFit, scatter: number): CurveVerdict {
  if (new Set(sizes).size < leastSizes) return "few-sizes";
  if (Math.max(...sizes) < leastRange * Math.min(...sizes)) return "narrow";
  return law.flatChiSquare - law.chiSquare < trend * scatter ? "no-trend" : "likely";
}

function middle(values: Float64Array): Interval {
  values.sort();
  return [quantile(values, 0.025), quantile(values, 0.975)];
}

function redraw({ n, trials }: CurvePoint, law: PowerLaw, scatter: number, rng: Random): CurvePoint {
  const effective = Math.max(1, Math.round(trials / scatter));
  return { n, trials: effective, errors: binomial(effective, errorAt(law, n), rng) };
}

/** A binomial draw, by the gaps between successes, which are geometric: as many steps as there are successes. */
function binomial(trials: number, p: number, rng: Random): number {
  if (p <= 0) return 0;
  if (p >= 1) return trials;
  if (p > 0.5) return trials - binomial(trials, 1 - p, rng);
  const scale = Math.log1p(-p);
  let [successes, at] = [0, 0];
  for (;;) {
    at += 1 + Math.floor(Math.log(1 - rng.next()) / scale);
    if (at > trials) return successes;
    successes++;
  }
}

function checkPoint({ n, errors, trials }: CurvePoint): void {
  const whole = [n, errors, trials].every((value) => Number.isInteger(value) && value >= 0);
  if (whole && n > 0 && trials > 0 && errors <= trials) return;
  throw new EvaluationError(
    {
      what: `${errors} errors of ${trials} after training on ${n} pictures is no point of a learning curve.`,
      next: "Pass whole numbers, errors no more than trials, pictures and trials at least 1.",
    },
    { value: n },
  );
}
