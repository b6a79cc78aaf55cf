import { strongWolfe } from "./line-search.ts";
import { axpy, dot, norm } from "./vector.ts";

/** An objective's value and gradient at one point. */
export interface Evaluation {
  readonly value: number;
  readonly gradient: Float64Array;
}

/** Evaluates the objective; `parameters` must not be kept, and each answer's `gradient` must be a new array. */
export type Objective = (parameters: Float64Array) => Promise<Evaluation>;

/** A step `s` and the gradient's change `y` along it, rho = 1 / sᵀy. */
export interface Correction {
  readonly s: Float64Array;
  readonly y: Float64Array;
  readonly rho: number;
}

/** The pair of a step, or undefined where rounding spoiled sᵀy > 0, which the Wolfe conditions promise (N&W section 7.2). */
export function correction(s: Float64Array, y: Float64Array): Correction | undefined {
  const curvature = dot(s, y);
  return curvature > Number.EPSILON * dot(y, y) ? { s, y, rho: 1 / curvature } : undefined;
}

export interface LbfgsOptions {
  /** Correction pairs kept. Default 10. */
  readonly memory?: number;
  /** Default 500. */
  readonly maxIterations?: number;
  /** Converged when ‖gradient‖ ≤ tolerance · gradientScale. Default 1e-6. */
  readonly tolerance?: number;
  /** What the gradient's norm is measured against: its norm at the start, unless a warm start needs a fixed one. */
  readonly gradientScale?: number;
  /** Share of the value that may be rounding: 1e-6 for float32 engines. Default: that of double precision. */
  readonly precision?: number;
  /** Correction pairs to begin with, the newest last: a warm start that remembers the curvature too. */
  readonly corrections?: readonly Correction[];
  readonly signal?: AbortSignal;
}

export interface Minimum extends Evaluation {
  readonly parameters: Float64Array;
  readonly gradientNorm: number;
  readonly iterations: number;
  readonly evaluations: number;
  /** The correction pairs at the end, for the next start near here. */
  readonly corrections: readonly Correction[];
  /** "stalled": neither the value nor the gradient falls any more, so the objective's own precision is reached. */
  readonly status: "converged" | "stalled" | "limit";
}

/** Iterations that may pass with neither value nor gradient lower, beyond rounding, before no more is expected. */
const patience = 20;

/**
 * Minimises a smooth function by L-BFGS (Nocedal & Wright, Numerical Optimization, 2nd ed., algorithms 7.4 and 7.5).
 * Throws the signal's reason when aborted; an objective that is not finite at the start is handed back as "stalled".
 */
export async function minimise(
  objective: Objective,
  start: Float64Array,
  options: LbfgsOptions = {},
): Promise<Minimum> {
  const { memory = 10, maxIterations = 500, tolerance = 1e-6, precision = Number.EPSILON, signal } = options;
  let evaluations = 0;
  const evaluate: Objective = (at) => {
    signal?.throwIfAborted();
    evaluations++;
    return objective(at);
  };

  let x: Float64Array = start.slice();
  let { value, gradient } = await evaluate(x);
  const target = tolerance * (options.gradientScale ?? norm(gradient));
  const corrections: Correction[] = [...(options.corrections ?? [])];
  let iterations = 0;
  let lowest = { value: Number.POSITIVE_INFINITY, gradientNorm: Number.POSITIVE_INFINITY, iterations };
  const finish = (status: Minimum["status"]): Minimum => ({
    parameters: x,
    value,
    gradient,
    gradientNorm: norm(gradient),
    iterations,
    evaluations,
    corrections,
    status,
  });

  for (;;) {
    const gradientNorm = norm(gradient);
    if (gradientNorm <= target || gradientNorm === 0) return finish("converged");
    if (iterations >= maxIterations) return finish("limit");
    const noise = precision * Math.abs(value);
    if (value < lowest.value - noise || gradientNorm < 0.9 * lowest.gradientNorm) {
      lowest = {
        value: Math.min(value, lowest.value),
        gradientNorm: Math.min(gradientNorm, lowest.gradientNorm),
        iterations,
      };
    } else if (iterations - lowest.iterations >= patience) return finish("stalled");
    const direction = twoLoop(gradient, corrections);
    // Without curvature the direction's length means nothing: the first trial step has length at most 1.
    const trial = corrections.length === 0 ? Math.min(1, 1 / gradientNorm) : 1;
    const found = await strongWolfe(evaluate, { x, value, gradient, direction, trial, noise });
    if (found === undefined) {
      if (corrections.length === 0) return finish("stalled");
      // The remembered curvature may be to blame: once more from steepest descent.
      corrections.length = 0;
      continue;
    }
    iterations++;
    const s = axpy(-1, x, found.x);
    const y = axpy(-1, gradient, found.gradient);
    const pair = correction(s, y);
    if (pair !== undefined) {
      corrections.push(pair);
      if (corrections.length > memory) corrections.shift();
    }
    ({ x, value, gradient } = found);
  }
}

/** d = -H·g by the two-loop recursion, H₀ = (sᵀy / yᵀy)·I from the newest pair (N&W algorithm 7.4, equation 7.20). */
function twoLoop(gradient: Float64Array, corrections: readonly Correction[]): Float64Array<ArrayBuffer> {
  const direction = new Float64Array(gradient.length);
  for (let i = 0; i < direction.length; i++) direction[i] = -gradient[i]!;
  const alphas: number[] = [];
  for (const { s, y, rho } of corrections.toReversed()) {
    const alpha = rho * dot(s, direction);
    alphas.push(alpha);
    for (let i = 0; i < direction.length; i++) direction[i]! -= alpha * y[i]!;
  }
  const newest = corrections.at(-1);
  if (newest) {
    const scale = 1 / (newest.rho * dot(newest.y, newest.y));
    for (let i = 0; i < direction.length; i++) direction[i]! *= scale;
  }
  for (const { s, y, rho } of corrections) {
    const step = alphas.pop()! - rho * dot(y, direction);
    for (let i = 0; i < direction.length; i++) direction[i]! += step * s[i]!;
  }
  return direction;
}
