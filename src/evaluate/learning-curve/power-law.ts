/** An error measured after training on some pictures. */
export interface CurvePoint {
  /** Training pictures. */
  readonly n: number;
  /** Rows that came out wrong, of `trials` that were tested. */
  readonly errors: number;
  readonly trials: number;
}

/** error(n) = a + b·n^-c: what no amount of data removes, and what falls away. */
export interface PowerLaw {
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** A power law, and how far the points lie from it. */
export interface PowerLawFit extends PowerLaw {
  /** Σ ((measured - fitted)/standard error)², about points - 3 where the law holds and only chance is at work. */
  readonly chiSquare: number;
  /** The same of the best constant: an error that does not depend on n. */
  readonly flatChiSquare: number;
}

/** Exponents that are tried. Reported ones lie between 0.07 and 1 (J. Hestness et al. 2017, and small data above). */
const exponents = [0.05, 2] as const;

const gridSteps = 40;

export function errorAt({ a, b, c }: PowerLaw, n: number): number {
  return Math.min(1, a + b * n ** -c);
}

/**
 * Least squares weighted by binomial errors, a and b >= 0: for each exponent the two others are a linear problem, so
 * only c is searched for, on a grid and then by golden section about its best place. Four points do, and never diverge.
 */
export function fitPowerLaw(points: readonly CurvePoint[]): PowerLawFit {
  const samples = points.map(({ n, errors, trials }) => {
    // Half an error more of each kind: a point without errors has no infinite weight.
    const p = (errors + 0.5) / (trials + 1);
    return { n, error: errors / trials, weight: trials / (p * (1 - p)) };
  });
  const at = (c: number): PowerLawFit => linearFit(samples, c);
  const [least, most] = exponents;
  const ratio = (most / least) ** (1 / gridSteps);
  let best = at(least);
  for (let i = 1; i <= gridSteps; i++) best = better(best, at(least * ratio ** i));
  return goldenSection(at, Math.max(least, best.c / ratio), Math.min(most, best.c * ratio), best);
}

interface Sample {
  readonly n: number;
  readonly error: number;
  readonly weight: number;
}

function better(first: PowerLawFit, second: PowerLawFit): PowerLawFit {
  return second.chiSquare < first.chiSquare ? second : first;
}

function linearFit(samples: readonly Sample[], c: number): PowerLawFit {
  let [w, wx, wxx, wy, wxy, wyy] = [0, 0, 0, 0, 0, 0];
  for (const { n, error, weight } of samples) {
    const x = n ** -c;
    w += weight;
    wx += weight * x;
    wxx += weight * x * x;
    wy += weight * error;
    wxy += weight * x * error;
    wyy += weight * error * error;
  }
  const flatChiSquare = Math.max(0, wyy - (wy * wy) / w);
  const law = (a: number, b: number): PowerLawFit => {
    let chiSquare = 0;
    for (const { n, error, weight } of samples) chiSquare += weight * (error - a - b * n ** -c) ** 2;
    return { a, b, c, chiSquare, flatChiSquare };
  };
  const determinant = w * wxx - wx * wx;
  const b = determinant > 1e-12 * w * wxx ? (w * wxy - wx * wy) / determinant : 0;
  const a = (wy - b * wx) / w;
  if (a >= 0 && b >= 0) return law(a, b);
  // A bound holds: the better of the two edges is the answer of a convex problem.
  return better(law(0, Math.max(0, wxy / wxx)), law(wy / w, 0));
}

const golden = (Math.sqrt(5) - 1) / 2;

function goldenSection(
  at: (c: number) => PowerLawFit,
  low: number,
  high: number,
  start: PowerLawFit,
): PowerLawFit {
  let [from, to] = [low, high];
  let [left, right] = [at(to - golden * (to - from)), at(from + golden * (to - from))];
  while (to - from > 1e-6) {
    if (left.chiSquare <= right.chiSquare) {
      to = right.c;
      right = left;
      left = at(to - golden * (to - from));
    } else {
      from = left.c;
      left = right;
      right = at(from + golden * (to - from));
    }
  }
  return better(start, better(left, right));
}
