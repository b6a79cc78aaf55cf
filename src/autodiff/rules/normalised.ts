import type { Site } from "../rule.ts";
import { reduceOver } from "./reduced.ts";

/** Axes from `from` up to the last of `rank`. */
export function axesFrom(from: number, rank: number): readonly number[] {
  return Array.from({ length: rank - from }, (_, i) => from + i);
}

/** One number a channel, [C], as [C, 1, ...]: it broadcasts against [N, C, ...]. */
export function byChannel({ op, ints }: Site, value: string, rank: number): string {
  return rank === 2 ? value : op("Unsqueeze", [value, ints(axesFrom(1, rank - 1))]);
}

/** x̂ = (x - mean)·r and r = 1 / √(variance + ε), both over the axes; the variance is that of the centred values. */
export function standardise(site: Site, x: string, axes: readonly number[], epsilon: number) {
  const { op } = site;
  const centred = op("Sub", [x, reduceOver(site, "ReduceMean", x, axes)]);
  const variance = reduceOver(site, "ReduceMean", op("Mul", [centred, centred]), axes);
  const inverse = op("Reciprocal", [op("Sqrt", [op("Add", [variance, epsilon])])]);
  return { normalised: op("Mul", [centred, inverse]), inverse };
}

/** The parts of a standardised value's gradient; names of values. */
export interface Standardised {
  /** x̂ */
  readonly normalised: string;
  /** The gradient by x̂, but for a factor. */
  readonly g: string;
  /** g·x̂ */
  readonly product: string;
  /** r, times the factor that g lacks; constant along the axes. */
  readonly factor: string;
}

/**
 * x̂ = (x - mean)·r  =>  dx = r·(g - mean(g) - x̂·mean(g·x̂)), the means over the axes, which are those of the statistics:
 * moving all values by one number, or stretching them, does not change x̂, so those two parts of g go.
 */
export function unstandardise(site: Site, parts: Standardised, axes: readonly number[]): string {
  const { op } = site;
  const mean = (value: string): string => reduceOver(site, "ReduceMean", value, axes);
  const shift = op("Sub", [parts.g, mean(parts.g)]);
  const stretch = op("Mul", [parts.normalised, mean(parts.product)]);
  return op("Mul", [op("Sub", [shift, stretch]), parts.factor]);
}
