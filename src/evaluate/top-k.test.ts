import { expect, test } from "vitest";
import { countHits, predictedClasses } from "./accuracy.ts";
import { countTopK } from "./top-k.ts";

test("scikit-learn's example of top_k_accuracy_score: k = 2 gives 0.75", () => {
  const scores = Float32Array.of(0.5, 0.2, 0.2, 0.3, 0.4, 0.2, 0.2, 0.4, 0.3, 0.7, 0.2, 0.1);
  expect(countTopK(scores, Int32Array.of(0, 1, 2, 2), 3, 2) / 4).toBe(0.75);
});

test("ties go to the lowest class indices", () => {
  const even = Float32Array.of(0.25, 0.25, 0.25, 0.25);
  const within = (label: number, k: number): number => countTopK(even, Int32Array.of(label), 4, k);
  expect([within(0, 1), within(1, 1), within(1, 2), within(3, 3), within(3, 4)]).toEqual([1, 0, 1, 0, 1]);
});

test("top-1 is the accuracy, top-n everything", () => {
  const probabilities = Float32Array.from({ length: 100 * 7 }, (_, i) => ((i * 37) % 11) / 11);
  const labels = Int32Array.from({ length: 100 }, (_, i) => (i * 5) % 7);
  expect(countTopK(probabilities, labels, 7, 1)).toBe(countHits(labels, predictedClasses(probabilities, 7)));
  expect(countTopK(probabilities, labels, 7, 7)).toBe(100);
  expect(countTopK(probabilities, labels, 7, 9)).toBe(100);
});
