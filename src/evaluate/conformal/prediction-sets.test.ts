import { expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { softmax } from "../numerics/softmax.ts";
import type { Predictions } from "../predictions.ts";
import { calibrateSets, measureSets, predictionSets } from "./prediction-sets.ts";
import { type SetScore, setScores } from "./set-scores.ts";

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `class ${i}`);

/** Rows whose labels are drawn from softmax(logits), shown with probabilities that are too sure: softmax(2·logits). */
function boastful(rows: number, classes: number, seed: number): Predictions {
  const rng = random(seed);
  const logits = Float32Array.from({ length: rows * classes }, () => 1.5 * rng.normal());
  const honest = softmax(logits, classes);
  const labels = Int32Array.from({ length: rows }, (_, row) => {
    let [left, i] = [rng.next(), 0];
    while (i < classes - 1 && left >= honest[row * classes + i]!) left -= honest[row * classes + i++]!;
    return i;
  });
  return { probabilities: softmax(logits, classes, 0.5), labels, classes: names(classes) };
}

test("scores by hand: LAC, APS, RAPS of (0.5, 0.125, 0.375)", () => {
  const row = Float32Array.of(0.5, 0.125, 0.375);
  expect([...setScores(row, 3, { kind: "lac" })]).toEqual([0.5, 0.875, 0.625]);
  expect([...setScores(row, 3, { kind: "aps" })]).toEqual([0, 0.875, 0.5]);
  expect([...setScores(row, 3, { kind: "raps", penalty: 0.25, free: 1 })]).toEqual([0, 1.375, 0.75]);
});

test("the threshold is the finite-sample rank: of 19 rows at 95 % the largest score, of 39 the second largest", () => {
  const rows = (count: number): Predictions => ({
    probabilities: Float32Array.from({ length: 2 * count }, (_, i) => {
      const p = 1 - Math.floor(i / 2) / 64;
      return i % 2 === 0 ? p : 1 - p;
    }),
    labels: new Int32Array(count),
    classes: names(2),
  });
  expect(calibrateSets(rows(19), 0.95)).toMatchObject({
    threshold: 18 / 64,
    enough: true,
    needed: 19,
    n: 19,
  });
  expect(calibrateSets(rows(39), 0.95)).toMatchObject({ threshold: 37 / 64, enough: true });
  expect(calibrateSets(rows(9), 0.9)).toMatchObject({ threshold: 8 / 64, enough: true, needed: 9 });
});

test("too few rows for what is asked: it is said, and sets hold all classes", () => {
  const rule = calibrateSets(boastful(18, 4, 1), 0.95);
  expect(rule).toMatchObject({ enough: false, needed: 19, n: 18, threshold: Number.POSITIVE_INFINITY });
  const figures = measureSets(boastful(50, 4, 2), rule);
  expect(figures).toMatchObject({ coverage: 1, meanSize: 4, sizes: [0, 0, 0, 0, 50] });
});

test("sets: most probable first, empty where nothing fits", () => {
  const rule = {
    score: { kind: "lac" },
    coverage: 0.9,
    threshold: 0.625,
    enough: true,
    needed: 9,
    n: 9,
  } as const;
  const sets = predictionSets(Float32Array.of(0.375, 0.125, 0.5, 0.34, 0.33, 0.33), 3, rule);
  expect(sets.map((set) => [...set])).toEqual([[2, 0], []]);
});

const scores: SetScore[] = [{ kind: "lac" }, { kind: "aps" }, { kind: "raps", penalty: 0.1, free: 2 }];
test.each(scores)(
  "$kind: coverage is what was asked for, on average over 60 calibrations of 60 rows",
  (score) => {
    // Promised: E[coverage] between 0.9 and 0.9 + 1/61. Of 60 x 500 rows the mean is known to about 0.005.
    let [coverage, size] = [0, 0];
    for (let seed = 1; seed <= 60; seed++) {
      const figures = measureSets(
        boastful(500, 6, 1000 + seed),
        calibrateSets(boastful(60, 6, seed), 0.9, score),
      );
      coverage += figures.coverage / 60;
      size += figures.meanSize / 60;
    }
    expect(coverage, "seeds 1 to 60").toBeGreaterThan(0.885);
    expect(coverage, "seeds 1 to 60").toBeLessThan(0.932);
    expect(size).toBeLessThan(5);
  },
);

test("figures by hand", () => {
  const predictions: Predictions = {
    probabilities: Float32Array.of(0.9, 0.1, 0.6, 0.4, 0.1, 0.9, 0.2, 0.8),
    labels: Int32Array.of(0, 1, 0, 1),
    classes: names(3).slice(0, 2),
  };
  const rule = {
    score: { kind: "lac" },
    coverage: 0.8,
    threshold: 0.65,
    enough: true,
    needed: 4,
    n: 4,
  } as const;
  const figures = measureSets(predictions, rule);
  expect(figures).toMatchObject({
    n: 4,
    coverage: 0.75,
    meanSize: 1.25,
    sizes: [0, 3, 1],
    perClass: [0.5, 1],
  });
  expect(figures.interval[0]).toBeCloseTo(0.30064, 4);
});

test("a coverage of 1 or 95, and logits, are refused", () => {
  const rows = boastful(30, 3, 5);
  expect(() => calibrateSets(rows, 1)).toThrow(/A coverage of 1 means nothing. Pass a share between 0 and 1/);
  expect(() => calibrateSets(rows, 95)).toThrow(/95/);
  expect(() => calibrateSets({ ...rows, probabilities: rows.probabilities.map((p) => 7 * p) }, 0.9)).toThrow(
    /softmax/,
  );
});
