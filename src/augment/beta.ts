import type { Random } from "../core/random.ts";

/**
 * A draw from Gamma(shape, 1): Marsaglia and Tsang, "A simple method for generating gamma variables" (2000), below 1
 * by Gamma(a) = Gamma(a + 1)·U^(1/a). As a logarithm, for small shapes underflow.
 */
function logGamma(shape: number, random: Random): number {
  if (shape < 1) return logGamma(shape + 1, random) + Math.log(1 - random.next()) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random.next()) < x ** 2 / 2 + d - d * v + d * Math.log(v))
      return Math.log(d * v);
  }
}

/** A draw from Beta(alpha, alpha), symmetric about a half: X / (X + Y) of two gamma variables. */
export function beta(alpha: number, random: Random): number {
  const [x, y] = [logGamma(alpha, random), logGamma(alpha, random)];
  return 1 / (1 + Math.exp(y - x));
}
