import { expect, test } from "vitest";
import { logLoss } from "./log-loss.ts";

test("scikit-learn's example of log_loss: 0.21616", () => {
  // log_loss(["spam", "ham", "ham", "spam"], [[.1, .9], [.9, .1], [.8, .2], [.35, .65]]), classes sorted: ham, spam
  const probabilities = Float32Array.of(0.1, 0.9, 0.9, 0.1, 0.8, 0.2, 0.35, 0.65);
  expect(logLoss(probabilities, Int32Array.of(1, 0, 0, 1), 2)).toBeCloseTo(0.21616187468057912, 7);
});

test("sure and wrong is clipped as scikit-learn clips float32", () => {
  // scikit-learn 1.9.1: log_loss([0, 2, 1, 3, 1, 0, 2, 3], P as float32, labels=[0, 1, 2, 3]) = 2.704774856567383
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
  const loss = logLoss(Float32Array.from(rows.flat()), Int32Array.of(0, 2, 1, 3, 1, 0, 2, 3), 4);
  expect(loss).toBeCloseTo(2.704774856567383, 6);
  expect(logLoss(Float32Array.of(0, 1), Int32Array.of(0), 2)).toBeCloseTo(23 * Math.LN2, 12);
});

test("one class costs nothing but the clipping", () => {
  expect(logLoss(Float32Array.of(1), Int32Array.of(0), 1)).toBeCloseTo(0, 6);
});
