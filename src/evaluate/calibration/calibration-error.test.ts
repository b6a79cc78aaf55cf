import { expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { softmax } from "../numerics/softmax.ts";
import { bellLogits } from "../testing/congruential.ts";
import { brierScore, labelBrierScore } from "./brier-score.ts";
import { calibrationError } from "./calibration-error.ts";
import { answersOf, reliability } from "./reliability.ts";

const { logits, labels, classes } = bellLogits();
const probabilities = softmax(logits, classes);
const answers = answersOf(probabilities, labels, classes);

test("by hand: four answers in two of five bins", () => {
  // (0.4, 0.6]: 0.5 and 0.6, one right: |0.5 - 0.55| = 0.05. (0.8, 1]: 0.9 and 1, one right: |0.5 - 0.95| = 0.45.
  const four = { confidence: [0.5, 0.6, 0.9, 1], right: [1, 0, 1, 0] };
  const { ece, mce, bins } = calibrationError(four, { bins: 5 });
  expect(ece).toBeCloseTo(0.25, 12);
  expect(mce).toBeCloseTo(0.45, 12);
  expect(bins.map(({ count }) => count)).toEqual([0, 0, 2, 0, 2]);
  expect(bins[2]).toMatchObject({ low: 0.4, high: 0.6, accuracy: 0.5 });
  expect(bins[0]).toMatchObject({ confidence: null, accuracy: null, interval: [0, 1] });
});

test("120 rows: the errors of numpy's own bins", () => {
  // numpy 2.4.6: 15 edges by linspace, (low, high]; and ten runs of twelve in order of confidence.
  const wide = calibrationError(answers);
  expect(wide.ece).toBeCloseTo(0.1465766631066799, 6);
  expect(wide.mce).toBeCloseTo(0.30312677621841433, 6);
  const mass = calibrationError(answers, { bins: 10, binning: "equal-mass" });
  expect(mass.ece).toBeCloseTo(0.1547871100405852, 6);
  expect(mass.mce).toBeCloseTo(0.26514430840810144, 6);
  expect(mass.bins.map(({ count }) => count)).toEqual(new Array(10).fill(12));
});

test("equal mass: answers of one confidence stay together, 0 and 1 have a bin", () => {
  const right = [1, 0, 1, 0, 1, 1];
  const together = reliability({ confidence: [0.7, 0.7, 0.7, 0.7, 0.7, 0.9], right }, 3, "equal-mass");
  expect(together.map(({ count }) => count)).toEqual([5, 1]);
  expect(reliability({ confidence: [0, 1], right: [0, 1] }, 4).map(({ count }) => count)).toEqual([
    1, 0, 0, 1,
  ]);
});

test("a faultless classifier lies within what it may show, one that is 15 points too sure outside", () => {
  let [held, doubted] = [0, 0];
  for (let seed = 1; seed <= 40; seed++) {
    const rng = random(seed);
    const truth = Array.from({ length: 400 }, () => 0.5 + 0.35 * rng.next());
    const right = truth.map((p) => (rng.next() < p ? 1 : 0));
    const honest = calibrationError({ confidence: truth, right }, { seed, draws: 200 });
    if (honest.ece <= honest.faultless[1]) held++;
    const boasting = calibrationError(
      { confidence: truth.map((p) => p + 0.15), right },
      { seed, draws: 200 },
    );
    if (boasting.ece > boasting.faultless[1] && boasting.interval[0] > 0) doubted++;
    expect(boasting.interval[0], `seed ${seed}`).toBeLessThan(boasting.interval[1]);
  }
  expect(held, "seeds 1 to 40").toBeGreaterThanOrEqual(35);
  expect(doubted, "seeds 1 to 40").toBe(40);
});

test("the same seed gives the same interval, another seed one close by", () => {
  const [one, again, other] = [3, 3, 4].map((seed) => calibrationError(answers, { seed }).interval);
  expect(again).toEqual(one);
  expect(other).not.toEqual(one);
  expect(Math.abs(other![1] - one![1])).toBeLessThan(0.02);
});

test("Brier score: scikit-learn's of 120 rows, and by hand", () => {
  // scikit-learn 1.9.1: brier_score_loss(..., scale_by_half=False)
  expect(brierScore(probabilities, labels, classes)).toBeCloseTo(0.593923457086042, 6);
  expect(brierScore(Float32Array.of(0, 1), Int32Array.of(0), 2)).toBe(2);
  expect(labelBrierScore(Float32Array.of(0.5, 1, 0, 0.25), Float32Array.of(1, 1, 1, 0))).toBe(
    (0.25 + 1 + 0.0625) / 4,
  );
});
