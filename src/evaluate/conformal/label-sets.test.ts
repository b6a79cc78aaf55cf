import { expect, test } from "vitest";
import { random } from "../../core/random.ts";
import type { LabelPredictions } from "../predictions.ts";
import { calibrateLabelSets, measureLabelSets } from "./label-sets.ts";

const classes = ["dark", "red", "round"];

/** Labels drawn from sigmoid(logits), shown with probabilities that are too sure: sigmoid(2·logits). */
function boastful(rows: number, seed: number): LabelPredictions {
  const rng = random(seed);
  const logits = Float32Array.from({ length: rows * 3 }, () => 1.5 * rng.normal());
  const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
  const targets = Float32Array.from(logits, (z) => (rng.next() < sigmoid(z) ? 1 : 0));
  return { probabilities: logits.map((z) => sigmoid(2 * z)), targets, classes };
}

test("a row's score is that of its worst label, and 0 without any: worked out by hand", () => {
  // Worst true labels: 1 - 0.5, none, 1 - 0.75, 1 - 0.25; of four rows the ceil(5 · 0.75) = 4th smallest.
  const probabilities = Float32Array.of(0.5, 0.75, 0.1, 0.9, 0.9, 0.9, 0.75, 0.1, 0.1, 0.1, 0.1, 0.25);
  const targets = Float32Array.of(1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1);
  expect(calibrateLabelSets({ probabilities, targets, classes }, 0.75)).toMatchObject({
    threshold: 0.75,
    enough: true,
    needed: 3,
    n: 4,
  });
});

test("figures of four rows, by hand", () => {
  const probabilities = Float32Array.of(0.9, 0.75, 0.1, 0.9, 0.1, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.25);
  const targets = Float32Array.of(1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
  // Sets at 1 - p <= 0.5: {dark, red}, {dark, round}, {}, {}: all but the last row's labels are held.
  expect(measureLabelSets({ probabilities, targets, classes }, { threshold: 0.5 })).toMatchObject({
    n: 4,
    coverage: 0.75,
    meanSize: 1,
    sizes: [2, 0, 2, 0],
    perClass: [1, 1, 0],
  });
});

test("coverage is what was asked for, on average over 60 calibrations of 60 rows", () => {
  let coverage = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const rule = calibrateLabelSets(boastful(60, seed), 0.9);
    coverage += measureLabelSets(boastful(500, 1000 + seed), rule).coverage / 60;
  }
  expect(coverage, "seeds 1 to 60").toBeGreaterThan(0.885);
  expect(coverage, "seeds 1 to 60").toBeLessThan(0.932);
});
