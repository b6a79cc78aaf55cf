import { expect, test } from "vitest";
import { accuracy, countHits, predictedClasses } from "./accuracy.ts";

test("the most probable class wins, the lowest index on a tie", () => {
  const probabilities = Float32Array.of(0.1, 0.7, 0.2, 0.4, 0.2, 0.4, 0, 0, 1, 0.25, 0.25, 0.25);
  expect([...predictedClasses(probabilities, 3)]).toEqual([1, 0, 2, 0]);
});

test("one class is always right", () => {
  expect([...predictedClasses(Float32Array.of(1, 1), 1)]).toEqual([0, 0]);
});

test("accuracy is hits by rows", () => {
  // scikit-learn, accuracy_score's example: y_pred = [0, 2, 1, 3], y_true = [0, 1, 2, 3] -> 0.5
  const [labels, predicted] = [Int32Array.of(0, 1, 2, 3), Int32Array.of(0, 2, 1, 3)];
  expect(countHits(labels, predicted)).toBe(2);
  expect(accuracy(labels, predicted)).toBe(0.5);
});
