import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import { mcNemar } from "./mcnemar.ts";
import { comparePaired } from "./paired.ts";

/** Answers of two classifiers with these counts of rows: both right, only the first, only the second, neither. */
function answers(both: number, first: number, second: number, neither: number) {
  const list = (parts: number[]): number[] =>
    [both, first, second, neither].flatMap((count, i) => new Array(count).fill(parts[i]));
  return comparePaired(list([1, 1, 0, 0]), list([1, 0, 1, 0]));
}

test("McNemar's exact p: scipy's binomtest(b, b + c, 0.5)", () => {
  expect(mcNemar(1, 7)).toBeCloseTo(0.0703125, 14);
  expect(mcNemar(6, 16)).toBeCloseTo(0.052478790283203125, 14);
  expect(mcNemar(5, 5)).toBe(1);
  expect(mcNemar(0, 10)).toBeCloseTo(0.001953125, 15);
  expect(mcNemar(300, 360)).toBeCloseTo(0.02157234823197109, 11);
  expect(mcNemar(0, 1)).toBe(1);
  expect(mcNemar(0, 0)).toBe(1);
  expect(mcNemar(2, 5)).toBe(mcNemar(5, 2));
  expect(mcNemar(500_000, 500_000)).toBeLessThanOrEqual(1);
});

test("the paired interval: the literature's", () => {
  // Airway hyper-responsiveness before and after (Bentur et al. 2009), in M. W. Fagerland, S. Lydersen, P. Laake,
  // "Statistical Analysis of Contingency Tables" (2017): -0.507 to -0.026 for first less second.
  const airways = answers(1, 1, 7, 12);
  expect(airways.difference).toBeCloseTo(6 / 21, 14);
  expect(airways.interval[0]).toBeCloseTo(0.025559124164859837, 12);
  expect(airways.interval[1]).toBeCloseTo(0.506920226686141, 12);
  expect(airways.pValue).toBeCloseTo(0.0703125, 14);
  // Newcombe (1998): 0.0569 to 0.3404.
  const [low, high] = answers(36, 12, 2, 0).interval;
  expect([-high, -low].map((bound) => bound.toFixed(4))).toEqual(["0.0569", "0.3404"]);
});

test("no row differs: no difference, and an interval that keeps its width", () => {
  const same = answers(10, 0, 0, 0);
  expect(same).toMatchObject({ difference: 0, pValue: 1, gained: [], lost: [], bothRight: 10, bothWrong: 0 });
  expect(same.interval[0]).toBeCloseTo(-0.27753279986288915, 12);
  expect(same.interval[1]).toBeCloseTo(0.27753279986288915, 12);
});

test("the rows that changed sides", () => {
  const found = comparePaired(Uint8Array.of(1, 0, 0, 1, 1), [1, 1, 0, 0, 1]);
  expect(found).toMatchObject({ n: 5, bothRight: 2, bothWrong: 1, gained: [1], lost: [3], difference: 0 });
  expect(() => comparePaired([1], [1, 0])).toThrow(/1 and 2 answers cannot be compared row by row/);
  expect(() => comparePaired([], [])).toThrow(/0 and 0 answers/);
});

test("the interval holds the true difference in 95 % of cases, on 75 rows of two good classifiers", () => {
  const rounds = 1000;
  const rng = random(11);
  let held = 0;
  for (let round = 0; round < rounds; round++) {
    // Right: both 0.85, only the first 0.04, only the second 0.08.
    const draws = Array.from({ length: 75 }, () => rng.next());
    const { interval } = comparePaired(
      draws.map((u) => (u < 0.89 ? 1 : 0)),
      draws.map((u) => (u < 0.85 || (u >= 0.89 && u < 0.97) ? 1 : 0)),
    );
    if (interval[0] <= 0.04 && interval[1] >= 0.04) held++;
  }
  expect(held / rounds, "seed 11").toBeGreaterThan(0.93);
  expect(held / rounds, "seed 11").toBeLessThan(0.99);
});
