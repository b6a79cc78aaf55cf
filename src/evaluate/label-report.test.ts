import { expect, test } from "vitest";
import { evaluateLabels } from "./label-report.ts";
import { microF1 } from "./micro-f1.ts";

// scikit-learn 1.9.1 on the same rows; probabilities in float32.
const small = {
  probabilities: Float32Array.from(
    [
      [0.9, 0.2, 0.1, 0.5],
      [0.8, 0.6, 0.4, 0.5],
      [0.3, 0.6, 0.2, 0.4],
      [0.5, 0.1, 0.9, 0.4],
      [0.2, 0.7, 0.1, 0.3],
      [0.8, 0.6, 0.3, 0.2],
      [0.1, 0.4, 0.2, 0.6],
      [0.7, 0.5, 0.1, 0.1],
    ].flat(),
  ),
  targets: Float32Array.from(
    [
      [1, 0, 0, 1],
      [1, 1, 0, 0],
      [0, 0, 0, 0],
      [1, 0, 0, 1],
      [0, 1, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 0, 1],
      [1, 1, 0, 0],
    ].flat(),
  ),
  classes: ["red", "round", "never", "small"],
};

test("every figure is scikit-learn's", () => {
  const evaluation = evaluateLabels(small);
  // average_precision_score a column; the third label occurs nowhere.
  const reference = [
    { averagePrecision: 0.8041666666666667, precision: 0.8, recall: 1, f1: 0.8888888888888888 },
    { averagePrecision: 0.825, precision: 0.8, recall: 1, f1: 0.8888888888888888 },
    { averagePrecision: null, precision: 0, recall: 0, f1: 0 },
    { averagePrecision: 0.7555555555555555, precision: 2 / 3, recall: 2 / 3, f1: 2 / 3 },
  ];
  for (const [label, expected] of reference.entries()) {
    const score = evaluation.perClass[label]!;
    for (const name of ["averagePrecision", "precision", "recall", "f1"] as const) {
      const value = expected[name];
      if (value === null) expect(score[name]).toBeNull();
      else expect(score[name], `${score.name}, ${name}`).toBeCloseTo(value, 12);
    }
  }
  expect(evaluation.perClass.map(({ support, predicted }) => [support, predicted])).toEqual([
    [4, 5],
    [4, 5],
    [0, 1],
    [3, 3],
  ]);
  expect(evaluation.perClass[2]?.notDefined).toEqual(["recall"]);
  // The mean over the three labels that occur.
  expect(evaluation.meanAveragePrecision).toBeCloseTo(0.7949074074074073, 12);
  expect(evaluation.microF1).toBeCloseTo(0.8, 12);
  expect(evaluation.macro.f1).toBeCloseTo(0.611111111111111, 12);
  expect(evaluation.macro.precision).toBeCloseTo(0.5666666666666667, 12);
  expect(evaluation.macro.recall).toBeCloseTo(0.6666666666666666, 12);
  // accuracy_score of multi-label data is the share of exact matches; scipy: binomtest(4, 8), Wilson.
  expect(evaluation.accuracy).toBe(0.5);
  expect(evaluation.interval[0]).toBeCloseTo(0.21521606221387757, 12);
  expect(evaluation.interval[1]).toBeCloseTo(0.7847839377861224, 12);
  // log_loss of all rows and labels as one binary problem.
  expect(evaluation.logLoss).toBeCloseTo(0.48255957728057336, 7);
});

test("the record survives JSON unchanged", () => {
  const evaluation = evaluateLabels(small);
  expect(JSON.parse(JSON.stringify(evaluation))).toEqual(evaluation);
});

test("a label at 0.5 is predicted, one below is not; no labels where none are true is right", () => {
  const of = (probabilities: number[], targets: number[]) =>
    evaluateLabels({
      probabilities: Float32Array.from(probabilities),
      targets: Float32Array.from(targets),
      classes: ["a", "b"],
    });
  expect(of([0.5, 0.4999], [1, 0]).accuracy).toBe(1);
  expect(of([0.1, 0.2], [0, 0])).toMatchObject({ accuracy: 1, microF1: 0, meanAveragePrecision: null });
  expect(of([0.5, 0.5, 0.5, 0.5], [1, 0, 0, 1]).logLoss).toBeCloseTo(Math.LN2, 12);
  expect(of([1, 0], [0, 1]).logLoss).toBeCloseTo(23 * Math.LN2, 5);
});

test("micro F1 by hand: 2 hits, 1 false, 1 missed", () => {
  expect(microF1([1, 1, 1, 0, 0], [1, 1, 0, 1, 0])).toBe(4 / 6);
});

test("logits, NaN, targets between 0 and 1, wrong sizes and no rows are refused", () => {
  const refused = (change: Partial<typeof small>) => expect(() => evaluateLabels({ ...small, ...change }));
  refused({ probabilities: small.probabilities.map((p) => 9 * p) }).toThrow(
    /Row 0 .* 'red' .*If these are logits, apply a sigmoid first/,
  );
  refused({ probabilities: small.probabilities.with(6, Number.NaN) }).toThrow(/Row 1 .* 'never' .* NaN/);
  refused({ targets: small.targets.with(5, 0.5) }).toThrow(/Row 1 .* target 0.5 for 'round'/);
  refused({ probabilities: new Float32Array(5) }).toThrow(/5 probabilities do not make a table of 8/);
  refused({ targets: new Float32Array(), probabilities: new Float32Array() }).toThrow(/Nothing to evaluate/);
  refused({ classes: [] }).toThrow(/Nothing to evaluate/);
});
