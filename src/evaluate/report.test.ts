import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import { EvaluationError } from "./errors.ts";
import { evaluatePredictions } from "./report.ts";

const rows = [
  [0.7, 0.1, 0.1, 0.1],
  [0.2, 0.5, 0.2, 0.1],
  [0.25, 0.25, 0.25, 0.25],
  [0.1, 0.2, 0.3, 0.4],
  [0, 1, 0, 0],
  [0, 1, 0, 0],
  [0.4, 0.1, 0.4, 0.1],
  [0.05, 0.15, 0.2, 0.6],
];
const small = {
  probabilities: Float32Array.from(rows.flat()),
  labels: Int32Array.of(0, 2, 1, 3, 1, 0, 2, 3),
  classes: ["ant", "bee", "cow", "dog"],
};

function thrown(run: () => unknown): EvaluationError {
  try {
    run();
  } catch (error) {
    if (error instanceof EvaluationError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

test("eight pictures of four classes, against scikit-learn 1.9.1 and by hand", () => {
  const evaluation = evaluatePredictions({ ...small, topK: [1, 2, 3] });
  // confusion_matrix, precision_recall_fscore_support(average="macro") and log_loss of the same rows.
  expect(evaluation.confusion).toEqual([
    [1, 1, 0, 0],
    [1, 1, 0, 0],
    [1, 1, 0, 0],
    [0, 0, 0, 2],
  ]);
  expect(evaluation.accuracy).toBe(0.5);
  expect(evaluation.macro.precision).toBeCloseTo(0.41666666666666663, 12);
  expect(evaluation.macro.recall).toBeCloseTo(0.5, 12);
  expect(evaluation.macro.f1).toBeCloseTo(0.45, 12);
  expect(evaluation.logLoss).toBeCloseTo(2.704774856567383, 6);
  // By hand, ties to the lowest index (scikit-learn gives them to the highest: 5, 6 and 7 of 8).
  expect(evaluation.topK.map(({ accuracy }) => accuracy)).toEqual([4 / 8, 7 / 8, 1]);
  expect(evaluation.mostConfused.map((pair) => `${pair.truth} as ${pair.predicted}`)).toEqual([
    "ant as bee",
    "bee as ant",
    "cow as ant",
    "cow as bee",
  ]);
  // scipy: binomtest(4, 8).proportion_ci(method="wilson")
  expect(evaluation.interval[0]).toBeCloseTo(0.2152, 4);
  expect(evaluation.interval[1]).toBeCloseTo(0.7848, 4);
});

test("the record survives JSON unchanged", () => {
  const evaluation = evaluatePredictions(small);
  expect(JSON.parse(JSON.stringify(evaluation))).toEqual(evaluation);
});

test("by default top-3 and top-5, where there are more classes", () => {
  const k = (classes: number): number[] =>
    evaluatePredictions({
      probabilities: new Float32Array(classes).fill(1 / classes),
      labels: Int32Array.of(0),
      classes: Array.from({ length: classes }, (_, i) => `class ${i}`),
    }).topK.map((entry) => entry.k);
  expect([k(1), k(2), k(4), k(6)]).toEqual([[], [], [3], [3, 5]]);
});

test("one class and two", () => {
  const one = evaluatePredictions({
    probabilities: Float32Array.of(1),
    labels: Int32Array.of(0),
    classes: ["a"],
  });
  expect(one).toMatchObject({ n: 1, accuracy: 1, confusion: [[1]], macro: { f1: 1 }, mostConfused: [] });
  const two = evaluatePredictions({
    probabilities: Float32Array.of(0.5, 0.5, 0.5, 0.5),
    labels: Int32Array.of(0, 1),
    classes: ["a", "b"],
  });
  expect(two).toMatchObject({
    accuracy: 0.5,
    confusion: [
      [1, 0],
      [1, 0],
    ],
  });
  expect(two.logLoss).toBeCloseTo(Math.LN2, 12);
});

test("a hundred classes at random: chance, and sums that agree", () => {
  const seed = 100;
  const rng = random(seed);
  const [n, width] = [5000, 100];
  const evaluation = evaluatePredictions({
    probabilities: Float32Array.from({ length: n * width }, () => rng.next()),
    labels: Int32Array.from({ length: n }, () => rng.int(width)),
    classes: Array.from({ length: width }, (_, i) => `class ${i}`),
    topK: [1, 10, 50],
  });
  for (const [i, chance] of [0.01, 0.1, 0.5].entries()) {
    const { k, accuracy, interval } = evaluation.topK[i]!;
    expect(Math.abs(accuracy - chance), `top-${k}, seed ${seed}`).toBeLessThan(interval[1] - interval[0]);
  }
  expect(evaluation.confusion?.flat().reduce((a, b) => a + b)).toBe(n);
  expect(evaluation.perClass.reduce((sum, score) => sum + score.support, 0)).toBe(n);
  expect(evaluation.topK[0]?.accuracy).toBe(evaluation.accuracy);
});

test("ten thousand classes build no matrix", () => {
  const evaluation = evaluatePredictions({
    probabilities: new Float32Array(20_000),
    labels: Int32Array.of(9_999, 0),
    classes: Array.from({ length: 10_000 }, (_, i) => `${i}`),
  });
  expect(evaluation.confusion).toBeNull();
  expect(evaluation.mostConfused).toEqual([{ truth: "9999", predicted: "0", count: 1, share: 1 }]);
});

test("NaN names its row and class", () => {
  const probabilities = small.probabilities.slice();
  probabilities[5 * 4 + 2] = Number.NaN;
  const error = thrown(() => evaluatePredictions({ ...small, probabilities }));
  expect(error.evidence).toEqual({ row: 5, class: "cow", value: Number.NaN });
  expect(error.message).toMatchInlineSnapshot(
    `"Row 5 (counted from 0) gives class 'cow' the probability NaN. The model answered NaN: its weights, or the picture's pixels, hold no number any more. If training diverged, lower the learning rate and train again."`,
  );
});

test("logits, foreign labels, wrong sizes, no rows and a senseless k are refused", () => {
  const message = (change: Partial<typeof small> & { topK?: number[] }): string =>
    thrown(() => evaluatePredictions({ ...small, ...change })).message;
  expect(message({ probabilities: small.probabilities.map((p) => p * 9) })).toMatchInlineSnapshot(
    `"Row 0 (counted from 0) gives class 'ant' the probability 6.299999713897705. Probabilities lie between 0 and 1. If these are logits, apply softmax first."`,
  );
  expect(message({ labels: Int32Array.of(0, 2, 1, 4, 1, 0, 2, 3) })).toMatchInlineSnapshot(
    `"Row 3 (counted from 0) has the label 4, but the 4 classes are 0 to 3. Evaluate with the class list that the labels were numbered by."`,
  );
  expect(message({ labels: Int32Array.of(0, 2, -1, 3, 1, 0, 2, 3) })).toMatch(
    /^Row 2 .counted from 0. has the label -1/,
  );
  expect(message({ labels: Int32Array.of(0) })).toMatchInlineSnapshot(
    `"32 probabilities do not make a table of 1 labels x 4 classes (4 expected). Pass one row a label and one column a class."`,
  );
  expect(message({ labels: new Int32Array(), probabilities: new Float32Array() })).toMatchInlineSnapshot(
    `"Nothing to evaluate: 0 labelled pictures and 4 classes. Pass at least one of each; a test part that came out empty needs a larger share."`,
  );
  expect(message({ topK: [1, 0.5] })).toMatchInlineSnapshot(
    `"Top-0.5 accuracy means nothing. Pass whole numbers from 1 upwards as topK."`,
  );
});
