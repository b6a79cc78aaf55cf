import { expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { Congruential } from "../testing/congruential.ts";
import { auroc } from "./auroc.ts";
import { rejection, rejectionThreshold } from "./rejection.ts";

test("fresh known pictures are turned away as often as asked for, or less: 200 thresholds of 100 rows", () => {
  let rejected = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const rng = random(seed);
    const rows = (count: number): Float64Array =>
      Float64Array.from({ length: count }, () => rng.normal() ** 3);
    const { threshold } = rejectionThreshold(rows(100), 0.05);
    rejected += rejection(rows(500), threshold).rejected;
  }
  // E = 5/101 = 0.0495 of 100,000; thresholds vary by 0.0215 each, so their mean by 0.0015.
  expect(rejected / 100_000, "seeds 1 to 200").toBeGreaterThan(0.0435);
  expect(rejected / 100_000, "seeds 1 to 200").toBeLessThan(0.0545);
});

test("with 18 pictures 5 % cannot be promised: nothing is turned away", () => {
  const { threshold, enough, needed } = rejectionThreshold(new Float64Array(18), 0.05);
  expect({ threshold, enough, needed }).toEqual({
    threshold: Number.POSITIVE_INFINITY,
    enough: false,
    needed: 19,
  });
  expect(rejection(Float64Array.of(1e9), threshold)).toMatchObject({ rejected: 0, n: 1, rate: 0 });
});

test("a score at the threshold stays; the rate has its Wilson interval", () => {
  const { rejected, rate, interval } = rejection(Float64Array.of(1, 2, 2, 3, 4, 5, 6, 7), 2);
  expect([rejected, rate]).toEqual([5, 5 / 8]);
  expect(interval[0]).toBeCloseTo(0.3057, 3);
  expect(() => rejectionThreshold(new Float64Array(30), 0)).toThrow(
    /false-rejection rate of 0 means nothing/,
  );
});

test("AUROC: by hand, and with many ties scikit-learn's", () => {
  expect(auroc([3, 4], [1, 2])).toBe(1);
  expect(auroc([1, 2], [3, 4])).toBe(0);
  expect(auroc([1, 1], [1])).toBe(0.5);
  // Pairs: 3 > 1, 3 > 2, 2 > 1, 2 = 2.
  expect(auroc([3, 2], [1, 2])).toBe(3.5 / 4);
  expect(auroc([], [1])).toBeNaN();
  const draw = new Congruential(103);
  const strangers = Array.from({ length: 150 }, () => Math.floor(draw.next() * 20) / 20);
  const known = Array.from({ length: 120 }, () => Math.floor(draw.next() ** 2 * 20) / 20);
  // scikit-learn 1.9.1, roc_auc_score.
  expect(auroc(strangers, known)).toBeCloseTo(0.6936944444444445, 12);
});
