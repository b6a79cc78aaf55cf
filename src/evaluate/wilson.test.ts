import fc from "fast-check";
import { expect, test } from "vitest";
import { wilson } from "./wilson.ts";

// R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3; further digits from scipy 1.x,
// `binomtest(k, n).proportion_ci(method="wilson")`, which also gives the last three rows.
const reference = [
  [81, 263, 0.2552885198782742, 0.36620957698280004],
  [15, 148, 0.06238639953073629, 0.16048724172330803],
  [0, 20, 0, 0.16112515805281935],
  [1, 29, 0.006113214292762667, 0.17175521879320282],
  [29, 29, 0.8830302015002592, 1],
  [8340, 10000, 0.8265793704525902, 0.8411641186357978],
  [1, 1, 0.20654931437723745, 1],
] as const;

test.each(reference)("%i of %i: the interval of the literature", (hits, n, low, high) => {
  const interval = wilson(hits, n);
  expect(interval[0]).toBeCloseTo(low, 12);
  expect(interval[1]).toBeCloseTo(high, 12);
});

test("no trials say nothing", () => expect(wilson(0, 0)).toEqual([0, 1]));

test("the interval holds the proportion, lies in [0, 1] and mirrors", () => {
  const cases = fc
    .nat(1_000_000)
    .chain((n) => fc.tuple(fc.integer({ min: 0, max: n + 1 }), fc.constant(n + 1)));
  fc.assert(
    fc.property(cases, ([hits, n]) => {
      const [low, high] = wilson(hits, n);
      expect(low).toBeGreaterThanOrEqual(0);
      expect(high).toBeLessThanOrEqual(1);
      expect(low).toBeLessThanOrEqual(hits / n);
      expect(high).toBeGreaterThanOrEqual(hits / n);
      expect(1 - wilson(n - hits, n)[1]).toBeCloseTo(low, 12);
    }),
    { seed: 1927 },
  );
});
