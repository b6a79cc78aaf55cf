import { random } from "../../core/random.ts";

/**
 * A statistic of `draws` samples of n rows, each drawn with replacement from n (B. Efron, Annals of Statistics 7, 1979),
 * lowest first. The same seed gives the same numbers. `statistic` gets the rows of one sample, an array that is reused.
 */
export function bootstrap(
  n: number,
  { draws, seed }: { readonly draws: number; readonly seed: number },
  statistic: (rows: Int32Array) => number,
): Float64Array {
  const rng = random(seed);
  const rows = new Int32Array(n);
  const values = new Float64Array(draws);
  for (let draw = 0; draw < draws; draw++) {
    for (let i = 0; i < n; i++) rows[i] = rng.int(n);
    values[draw] = statistic(rows);
  }
  return values.sort();
}

/** The p-quantile of numbers sorted upwards, between neighbours by their distance: numpy's and R's default (type 7). */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  const place = p * (sorted.length - 1);
  const below = Math.floor(place);
  const [low, high] = [sorted[below]!, sorted[Math.ceil(place)]!];
  return low === high ? low : low + (place - below) * (high - low);
}
