import { expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { bellFeatures, Congruential } from "../testing/congruential.ts";
import { hScore } from "./h-score.ts";
import { kendall } from "./kendall.ts";
import { leep } from "./leep.ts";
import { logMe } from "./log-me.ts";
import { nce } from "./nce.ts";

test("LogME: numpy's, by singular values and the determinant of αI + βFᵀF", () => {
  // For 60 rows of 8 also what the authors' code gives; for 15 of 24 that code leaves out the directions that F lacks.
  expect(logMe(bellFeatures(7, 60, 8, 3))).toBeCloseTo(-0.17295312, 6);
  expect(logMe(bellFeatures(7, 15, 24, 3))).toBeCloseTo(-0.46009113, 6);
});

test("H-score: numpy's, with scikit-learn's ledoit_wolf", () => {
  expect(hScore(bellFeatures(7, 60, 8, 3))).toBeCloseTo(1.4585193393293072, 6);
  expect(hScore(bellFeatures(7, 15, 24, 3))).toBeCloseTo(1.3292695062026623, 6);
});

test("features that tell the classes score above those that do not, and below classes - 1", () => {
  const [rows, width, classes, seed] = [200, 20, 4, 17];
  const told = (by: number) => {
    const rng = random(seed);
    const labels = Int32Array.from({ length: rows }, (_, row) => row % classes);
    const features = Float32Array.from({ length: rows * width }, (_, i) => {
      const [row, k] = [Math.floor(i / width), i % width];
      return rng.normal() + (k === row % classes ? by : 0);
    });
    return { features, width, labels, classes };
  };
  for (const score of [logMe, hScore]) {
    const [none, some, much] = [0, 1, 4].map((by) => score(told(by)));
    expect(some, `${score.name}, seed ${seed}`).toBeGreaterThan(none!);
    expect(much, `${score.name}, seed ${seed}`).toBeGreaterThan(some!);
  }
  expect(hScore(told(4))).toBeLessThan(classes - 1);
});

test("a class without rows, twins and constant features are no trouble; NaN is refused", () => {
  const odd = {
    features: Float32Array.of(1, 2, 1, 2, 3, 2, 3, 2),
    width: 2,
    labels: Int32Array.of(0, 0, 2, 2),
    classes: 3,
  };
  expect(Number.isFinite(logMe(odd))).toBe(true);
  expect(Number.isFinite(hScore(odd))).toBe(true);
  const broken = { ...odd, features: odd.features.with(5, Number.NaN) };
  expect(() => logMe(broken)).toThrow(/Row 2 .* holds NaN among its features/);
  expect(() => hScore(broken)).toThrow(/Row 2/);
});

test("NCE: mutual_info_score less the entropy, and by hand", () => {
  // scikit-learn 1.9.1 and scipy 1.17.1
  const found = nce(Int32Array.of(0, 0, 1, 1, 2, 2, 2, 0), Int32Array.of(0, 0, 1, 0, 1, 1, 0, 1));
  expect(found).toBeCloseTo(-0.650672421361096, 12);
  expect(nce(Int32Array.of(7, 7, 9, 9), Int32Array.of(1, 1, 0, 0))).toBe(0);
  expect(nce(Int32Array.of(7, 7, 7, 7), Int32Array.of(1, 1, 0, 0))).toBeCloseTo(-Math.LN2, 12);
  expect(() => nce(Int32Array.of(1), Int32Array.of(1, 2))).toThrow(
    /1 classes of the old head do not go with 2 labels/,
  );
});

test("LEEP: numpy's of 30 rows; NCE where the old head is sure", () => {
  const draw = new Congruential(104);
  const probabilities = new Float32Array(150);
  for (let row = 0; row < 30; row++) {
    const raw = Array.from({ length: 5 }, () => draw.next());
    const total = raw.reduce((sum, value) => sum + value, 0);
    probabilities.set(
      raw.map((value) => value / total),
      row * 5,
    );
  }
  const labels = Int32Array.from({ length: 30 }, (_, row) => row % 3);
  expect(leep({ probabilities, labels, classes: 3 })).toBeCloseTo(-1.0860430672296784, 6);
  const sure = Float32Array.of(1, 0, 1, 0, 0, 1, 0, 1);
  const two = Int32Array.of(0, 1, 1, 1);
  expect(leep({ probabilities: sure, labels: two, classes: 2 })).toBeCloseTo(
    nce(Int32Array.of(0, 0, 1, 1), two),
    12,
  );
  expect(() => leep({ probabilities: sure.subarray(1), labels: two, classes: 2 })).toThrow(
    /do not make a table/,
  );
});

test("Kendall's tau-b: scipy's kendalltau", () => {
  expect(kendall([1, 2, 2, 4, 5, 6, 7, 7], [2, 1, 3, 3, 6, 5, 8, 8])).toBeCloseTo(0.8076923076923077, 14);
  expect(kendall([12, 2, 1, 12, 2], [1, 4, 7, 1, 0])).toBeCloseTo(-0.4714045207910316, 14);
  expect(kendall([1, 2, 3], [5, 6, 9])).toBe(1);
  expect(kendall([1, 2, 3], [4, 4, 4])).toBeNull();
  expect(kendall([1], [1])).toBeNull();
});
