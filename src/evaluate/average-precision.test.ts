import { expect, test } from "vitest";
import { averagePrecision } from "./average-precision.ts";

test("scikit-learn's example of average_precision_score: 0.83", () => {
  expect(averagePrecision([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBeCloseTo(0.8333333333333333, 14);
});

test("by hand: hits at ranks 1, 3 and 4 of five", () => {
  expect(averagePrecision([0.9, 0.8, 0.7, 0.6, 0.5], [1, 0, 1, 1, 0])).toBeCloseTo(
    (1 + 2 / 3 + 3 / 4) / 3,
    14,
  );
});

test("rows of equal score enter together, so their order is nothing", () => {
  // One threshold: precision and recall of everything.
  expect(averagePrecision([0.5, 0.5, 0.5, 0.5], [1, 0, 0, 0])).toBe(0.25);
  expect(averagePrecision([0.5, 0.5, 0.5, 0.5], [0, 0, 0, 1])).toBe(0.25);
  // At 0.9: P = 1, R = 1/2. At 0.5: P = 2/4, R = 1.
  expect(averagePrecision([0.5, 0.5, 0.9, 0.5], [0, 1, 1, 0])).toBe(0.75);
});

test("a faultless ranking is 1 to the last digit", () => {
  for (let positives = 1; positives < 40; positives++) {
    const scores = Array.from({ length: 60 }, (_, row) => 1 - row / 60);
    expect(
      averagePrecision(
        scores,
        scores.map((_, row) => (row < positives ? 1 : 0)),
      ),
    ).toBe(1);
  }
});

test("all of a label gives 1, none of it nothing", () => {
  expect(averagePrecision([0.1, 0.9], [1, 1])).toBe(1);
  expect(averagePrecision([0.1, 0.9], [0, 0])).toBeNull();
});

test("200 rows with ties: the values of scikit-learn 1.9.1", () => {
  // A linear congruential generator draws scores in steps of 1/20 and truths that follow them, three labels.
  let state = 12345;
  const draw = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const scores = Array.from({ length: 600 }, () => Math.floor(draw() * 20) / 20);
  const truth = scores.map((score) => (draw() < score ? 1 : 0));
  const column = (table: readonly number[], label: number) => table.filter((_, i) => i % 3 === label);
  const found = [0, 1, 2].map((label) => averagePrecision(column(scores, label), column(truth, label)));
  const reference = [0.8020128761811021, 0.7887135956733895, 0.794813906790783];
  for (const [label, value] of reference.entries())
    expect(found[label], `label ${label}`).toBeCloseTo(value, 12);
});
