import { test } from "vitest";
import { close, drawRows, reference, runLoss } from "../testing/loss.ts";
import { meanSquaredError } from "./squared.ts";

test("by hand: (1 + 4 + 0) / 3 and (0.25 + 0 + 9) / 3, the gradient 2·(y - t) / width / N", async () => {
  const logits = [
    [1, 2, 3],
    [0.5, 0, -3],
  ];
  const targets = [
    [0, 4, 3],
    [1, 0, 0],
  ];
  const { rows, gradient } = await runLoss(logits, targets, (b, { logits: predictions, targets: t }) =>
    meanSquaredError(b, { predictions, targets: t, width: 3 }),
  );
  close(rows, [5 / 3, 9.25 / 3]);
  close(
    gradient,
    [1, -2, 0, -0.5, 0, -3].map((error) => (2 * error) / 3 / 2),
  );
});

test("it agrees with the definition, and far values stay finite", async () => {
  const seed = 47;
  const { logits, soft } = drawRows(seed, 5, 11, 100);
  const actual = await runLoss(logits, soft, (b, x) =>
    meanSquaredError(b, { predictions: x.logits, targets: x.targets, width: 11 }),
  );
  const row = (y: readonly number[], t: readonly number[]): number =>
    y.reduce((sum, each, j) => sum + (each - t[j]!) ** 2, 0) / 11;
  const expected = reference(logits, soft, row);
  close(actual.rows, expected.rows, `rows, seed ${seed}`);
  close(actual.gradient, expected.gradient, `gradient, seed ${seed}`, 1e-5);
});
