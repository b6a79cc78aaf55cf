import { expect, test } from "vitest";
import { findWrongLabels, type SuspectRule } from "./confident-learning.ts";
import type { Predictions } from "./predictions.ts";
import { Congruential } from "./testing/congruential.ts";

const classes = ["ant", "bee", "cow", "dog"];

/** 200 rows of four classes, 12 % of their labels moved to another. */
function noisy(): Predictions & { readonly truth: Int32Array } {
  const draw = new Congruential(105);
  const [rows, width] = [200, 4];
  const probabilities = new Float32Array(rows * width);
  const [labels, truth] = [new Int32Array(rows), new Int32Array(rows)];
  for (let row = 0; row < rows; row++) {
    const own = row % width;
    const weights = Array.from({ length: width }, (_, i) =>
      Math.exp(draw.bell() * 1.2 + (i === own ? 2.2 : 0)),
    );
    const total = weights.reduce((sum, value) => sum + value, 0);
    probabilities.set(
      weights.map((value) => value / total),
      row * width,
    );
    const moved = draw.next() <= 0.12;
    const by = 1 + Math.floor(draw.next() * (width - 1));
    labels[row] = moved ? (own + by) % width : own;
    truth[row] = own;
  }
  return { probabilities, labels, classes, truth };
}

const rowsOf = (rule: SuspectRule, rank?: "self-confidence"): number[] =>
  findWrongLabels(noisy(), { rule, ...(rank && { rank }) }).suspects.map(({ row }) => row);

test("200 rows: thresholds and flagged rows are cleanlab's, in its order", () => {
  // cleanlab 2: get_confident_thresholds; find_label_issues(filter_by=..., return_indices_ranked_by=...).
  const { thresholds } = findWrongLabels(noisy());
  const reference = [0.6191175727847409, 0.5922689301925793, 0.6326708155296122, 0.6450754691225787];
  for (const [i, value] of reference.entries()) expect(thresholds[i], classes[i]).toBeCloseTo(value, 6);
  expect(rowsOf("confident")).toEqual([28, 189, 15, 12, 58, 104, 48, 71, 118, 156, 117, 86, 180, 194, 65]);
  const pruned = [28, 189, 15, 12, 58, 104, 48, 71, 118, 156, 117, 86, 180, 194, 100, 65, 70, 190, 91];
  expect(rowsOf("noise-rate")).toEqual(pruned);
  expect(rowsOf("both")).toEqual(pruned.filter((row) => rowsOf("confident").includes(row)));
  const bySelf = [189, 28, 12, 15, 58, 48, 118, 71, 180, 156, 104, 86, 117, 194, 65];
  expect(rowsOf("confident", "self-confidence")).toEqual(bySelf);
});

test("the joint is cleanlab's before it rounds to whole rows, and the share near the truth", () => {
  const { joint, wrongShare } = findWrongLabels(noisy());
  // compute_confident_joint(calibrate=False), each row stretched to the rows given that class.
  const counts = [
    [29, 1, 2, 1],
    [4, 36, 2, 1],
    [2, 0, 28, 0],
    [0, 2, 0, 26],
  ];
  const given = [47, 57, 48, 48];
  for (const [i, row] of counts.entries()) {
    const total = row.reduce((sum, count) => sum + count, 0);
    for (const [j, count] of row.entries()) {
      expect(joint[i]![j], `${i}, ${j}`).toBeCloseTo((count / total) * given[i]!, 10);
    }
  }
  const { truth, labels } = noisy();
  const moved = labels.filter((label, row) => label !== truth[row]).length / labels.length;
  expect(Math.abs(wrongShare - moved)).toBeLessThan(0.03);
});

test("by hand: one row of six is surely another class", () => {
  const probabilities = Float32Array.from(
    [
      [0.9, 0.1],
      [0.8, 0.2],
      [0.1, 0.9],
      [0.2, 0.8],
      [0.1, 0.9],
      [0.3, 0.7],
    ].flat(),
  );
  // Row 2 was given class 0. Thresholds: (0.9 + 0.8 + 0.1)/3 = 0.6 and (0.8 + 0.9 + 0.7)/3 = 0.8.
  const found = findWrongLabels({
    probabilities,
    labels: Int32Array.of(0, 0, 0, 1, 1, 1),
    classes: ["a", "b"],
  });
  expect(found.thresholds[0]).toBeCloseTo(0.6, 6);
  expect(found.thresholds[1]).toBeCloseTo(0.8, 6);
  expect(found.suspects).toHaveLength(1);
  expect(found.suspects[0]).toMatchObject({ row: 2, given: 0, suggested: 1 });
  expect(found.suspects[0]!.margin).toBeCloseTo(-0.8, 6);
  // Of class 0 two sure rows stay and one goes: 1 of 3 rows; class 1 keeps all of its own.
  expect(found.joint).toEqual([
    [2, 1],
    [0, 3],
  ]);
  expect(found.wrongShare).toBeCloseTo(1 / 6, 12);
});

test("faultless labels, one class, and a class without rows flag nothing", () => {
  const probabilities = Float32Array.of(0.9, 0.1, 0, 0.8, 0.2, 0, 0.1, 0.9, 0);
  const clean = findWrongLabels({
    probabilities,
    labels: Int32Array.of(0, 0, 1),
    classes: ["a", "b", "none"],
  });
  expect(clean.suspects).toEqual([]);
  expect(clean.wrongShare).toBe(0);
  expect(clean.thresholds[2]).toBeNaN();
  expect(
    findWrongLabels({ probabilities: Float32Array.of(1), labels: Int32Array.of(0), classes: ["a"] })
      .wrongShare,
  ).toBe(0);
});
