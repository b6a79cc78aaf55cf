import { expect, test } from "vitest";
import { confusionMatrix, mostConfusedPairs } from "./confusion.ts";

test("scikit-learn's example of confusion_matrix", () => {
  const matrix = confusionMatrix(Int32Array.of(2, 0, 2, 2, 0, 1), Int32Array.of(0, 0, 2, 2, 0, 2), 3);
  expect(matrix).toEqual([
    [2, 0, 0],
    [0, 0, 1],
    [1, 0, 2],
  ]);
});

test("most confused: by count, then by class index, directions apart, hits left out", () => {
  const labels = Int32Array.of(0, 0, 0, 1, 1, 2, 2, 2, 2, 2);
  const predicted = Int32Array.of(1, 1, 0, 0, 1, 1, 1, 0, 2, 2);
  const classes = ["cat", "dog", "fox"];
  expect(mostConfusedPairs(labels, predicted, classes)).toEqual([
    { truth: "cat", predicted: "dog", count: 2, share: 2 / 3 },
    { truth: "fox", predicted: "dog", count: 2, share: 2 / 5 },
    { truth: "dog", predicted: "cat", count: 1, share: 1 / 2 },
    { truth: "fox", predicted: "cat", count: 1, share: 1 / 5 },
  ]);
  expect(mostConfusedPairs(labels, predicted, classes, 1)).toHaveLength(1);
});
