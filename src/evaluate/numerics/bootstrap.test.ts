import { expect, test } from "vitest";
import { bootstrap, quantile } from "./bootstrap.ts";
import { rankThreshold } from "./rank-threshold.ts";
import { softmax } from "./softmax.ts";

test("quantiles as numpy's: between neighbours by their distance", () => {
  expect(quantile([1, 2, 4, 8], 0.4)).toBeCloseTo(2.4, 14);
  expect([quantile([1, 2, 4, 8], 0), quantile([1, 2, 4, 8], 1), quantile([7], 0.3)]).toEqual([1, 8, 7]);
});

test("the mean of 1 to 100: resampled means spread by σ/√n about it, and come sorted", () => {
  const seed = 8;
  const means = bootstrap(
    100,
    { draws: 4000, seed },
    (rows) => rows.reduce((sum, row) => sum + row + 1, 0) / 100,
  );
  const mean = means.reduce((sum, value) => sum + value, 0) / 4000;
  const deviation = Math.sqrt(means.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 4000);
  // σ = √((100² - 1)/12) = 28.866, so 2.887 for means, known to 1.1 % of itself.
  expect(Math.abs(mean - 50.5), `seed ${seed}`).toBeLessThan(0.2);
  expect(Math.abs(deviation - 2.887), `seed ${seed}`).toBeLessThan(0.13);
  expect([...means]).toEqual([...means].sort((a, b) => a - b));
});

test("finite-sample ranks: rounding adds no rank, too small a sample gives infinity", () => {
  const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => n - i);
  expect(rankThreshold(upTo(19), 0.05).threshold).toBe(19);
  expect(rankThreshold(upTo(99), 0.1).threshold).toBe(90);
  expect(rankThreshold(upTo(100), 0.1).threshold).toBe(91);
  expect(rankThreshold(upTo(18), 0.05)).toMatchObject({ enough: false, needed: 19 });
  expect(rankThreshold([], 0.5)).toMatchObject({ enough: false, needed: 1, n: 0 });
});

test("softmax by hand, with a temperature, and of what would overflow", () => {
  expect([...softmax([0, Math.log(3)], 2)].map((p) => p.toFixed(6))).toEqual(["0.250000", "0.750000"]);
  expect(softmax([0, 2 * Math.log(3)], 2, 2)[1]).toBeCloseTo(0.75, 6);
  expect([...softmax([1e6, 0, -1e6, -1e6], 2)]).toEqual([1, 0, 0.5, 0.5]);
});
