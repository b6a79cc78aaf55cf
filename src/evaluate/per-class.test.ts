import fc from "fast-check";
import { expect, test } from "vitest";
import { confusionMatrix } from "./confusion.ts";
import { classScores, macroAverage } from "./per-class.ts";

test("scikit-learn's example of classification_report", () => {
  const scores = classScores(Int32Array.of(0, 1, 2, 2, 2), Int32Array.of(0, 0, 2, 2, 1), ["0", "1", "2"]);
  expect(scores).toEqual([
    { name: "0", support: 1, predicted: 2, precision: 0.5, recall: 1, f1: 2 / 3, notDefined: [] },
    { name: "1", support: 1, predicted: 1, precision: 0, recall: 0, f1: 0, notDefined: [] },
    { name: "2", support: 3, predicted: 2, precision: 1, recall: 2 / 3, f1: 0.8, notDefined: [] },
  ]);
  const macro = macroAverage(scores);
  expect(macro.precision).toBeCloseTo(0.5, 12);
  expect(macro.recall).toBeCloseTo(5 / 9, 12);
  expect(macro.f1).toBeCloseTo((2 / 3 + 0.8) / 3, 12);
});

test("a division by zero gives 0 and is marked", () => {
  const scores = classScores(Int32Array.of(0, 0, 2), Int32Array.of(0, 1, 0), ["a", "b", "c", "d"]);
  expect(scores.map(({ name, notDefined }) => [name, ...notDefined])).toEqual([
    ["a"],
    ["b", "recall"],
    ["c", "precision"],
    ["d", "precision", "recall", "f1"],
  ]);
  expect(scores[3]).toMatchObject({ precision: 0, recall: 0, f1: 0 });
});

test("the macro average leaves out classes that never occur, as scikit-learn's default labels do", () => {
  // scikit-learn 1.9.1: f1_score([0, 0, 2], [0, 0, 0], average="macro") = 0.4, of classes 0 and 2
  const macro = macroAverage(classScores(Int32Array.of(0, 0, 2), Int32Array.of(0, 0, 0), ["a", "b", "c"]));
  expect(macro.f1).toBeCloseTo(0.4, 12);
  expect(macro.classes).toBe(2);
});

test("the scores are those of the confusion matrix, read one against the rest", () => {
  const rows = fc.integer({ min: 1, max: 12 }).chain((classes) => {
    const index = fc.nat(classes - 1);
    return fc.tuple(fc.constant(classes), fc.array(fc.tuple(index, index), { maxLength: 60 }));
  });
  fc.assert(
    fc.property(rows, ([classes, pairs]) => {
      const labels = Int32Array.from(pairs, ([label]) => label);
      const predicted = Int32Array.from(pairs, ([, answer]) => answer);
      const matrix = confusionMatrix(labels, predicted, classes);
      const names = Array.from({ length: classes }, (_, i) => `${i}`);
      for (const [i, score] of classScores(labels, predicted, names).entries()) {
        const column = matrix.reduce((sum, row) => sum + row[i]!, 0);
        const hits = matrix[i]![i]!;
        const row = matrix[i]!.reduce((sum, count) => sum + count, 0);
        expect([score.support, score.predicted]).toEqual([row, column]);
        expect(score.precision).toBe(column && hits / column);
        expect(score.recall).toBe(row && hits / row);
        const harmonic = (2 * score.precision * score.recall) / (score.precision + score.recall);
        expect(score.f1).toBeCloseTo(hits === 0 ? 0 : harmonic, 12);
      }
    }),
    { seed: 20 },
  );
});
