/**
 * p = min(1, 2·P(X <= min(b, c))),  X ~ Binomial(b + c, ½)
 *
 * McNemar's test in its exact, two-sided form (Q. McNemar, Psychometrika 12, 1947), from the rows that only one of two
 * classifiers got right: `b` and `c`. Rows on which both agree say nothing. 1 where there are no others.
 */
export function mcNemar(b: number, c: number): number {
  const n = b + c;
  // Terms relative to the largest of the tail, so that a million discordant rows do not underflow.
  const least = Math.min(b, c);
  let [term, sum] = [1, 1];
  for (let k = least; k > 0 && term > 1e-20 * sum; k--) {
    term *= k / (n - k + 1);
    sum += term;
  }
  return Math.min(1, 2 * sum * Math.exp(lnBinomial(n, least) - n * Math.LN2));
}

/** ln of n over k, summed: exact to rounding, and fast enough for any number of pictures. */
function lnBinomial(n: number, k: number): number {
  let sum = 0;
  for (let i = 1; i <= k; i++) sum += Math.log((n - k + i) / i);
  return sum;
}
