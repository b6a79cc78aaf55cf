import { expect, test } from "vitest";
import { close, drawRows, type Rows, reference, runLoss } from "../testing/loss.ts";
import { softmaxCrossEntropy, softmaxFocalLoss } from "./softmax.ts";

const classes = 4;
const seed = 43;
const drawn = drawRows(seed, 6, classes, 2);
/** Rows that sum to 1, as mix-up makes them. */
const mixed: Rows = drawn.exclusive.map((row, i) =>
  row.map((t, j) => 0.7 * t + 0.3 * drawn.exclusive.at(i - 1)![j]!),
);

/** Straight from the definition in double precision. */
function focal(gamma: number, alpha = [1, 1, 1, 1], smoothing = 0) {
  return (z: readonly number[], t: readonly number[]): number => {
    const total = z.reduce((sum, x) => sum + Math.exp(x), 0);
    return z.reduce((sum, x, j) => {
      const p = Math.exp(x) / total;
      const target = t[j]! * (1 - smoothing) + smoothing / classes;
      return sum - alpha[j]! * target * (1 - p) ** gamma * Math.log(p);
    }, 0);
  };
}

test("by hand: uniform logits, γ = 2: (3/4)²·log 4", async () => {
  const { rows } = await runLoss([[1, 1, 1, 1]], [[0, 1, 0, 0]], (b, x) =>
    softmaxFocalLoss(b, { ...x, classes }),
  );
  close(rows, [(9 / 16) * Math.log(4)]);
});

test.each([0, 0.5, 1, 2, 5])(
  "γ = %d agrees with the definition, targets one-hot and mixed",
  async (gamma) => {
    const cases = [
      { targets: drawn.exclusive, alpha: undefined, labelSmoothing: 0 },
      { targets: mixed, alpha: [0.1, 2, 1, 0.5], labelSmoothing: 0.1 },
    ];
    for (const { targets, alpha, labelSmoothing } of cases) {
      const actual = await runLoss(drawn.logits, targets, (b, x) =>
        softmaxFocalLoss(b, { ...x, classes, gamma, alpha, labelSmoothing }),
      );
      const expected = reference(drawn.logits, targets, focal(gamma, alpha, labelSmoothing));
      close(actual.rows, expected.rows, `rows, seed ${seed}`, 5e-6);
      close(actual.gradient, expected.gradient, `gradient, seed ${seed}`, 5e-6);
    }
  },
);

test("of one-hot targets class weights and alpha are the same", async () => {
  const weights = [0.1, 2, 1, 0.5];
  const run = (given: object) =>
    runLoss(drawn.logits, drawn.exclusive, (b, x) => softmaxFocalLoss(b, { ...x, classes, ...given }));
  const [one, other] = [await run({ classWeights: weights }), await run({ alpha: weights })];
  close(one.rows, other.rows, `rows, seed ${seed}`);
  close(one.gradient, other.gradient, `gradient, seed ${seed}`);
});

test("γ = 0 is softmax cross-entropy, with the same graph", async () => {
  const written = await Promise.all(
    [softmaxCrossEntropy, softmaxFocalLoss].map((loss) =>
      runLoss(drawn.logits, mixed, (b, x) => loss(b, { ...x, classes, gamma: 0, labelSmoothing: 0.1 })),
    ),
  );
  expect(written[0]).toEqual(written[1]);
});

test.each([0.5, 1, 2])(
  "γ = %d with logits of ±100: finite, 0 where right, cross-entropy where wrong",
  async (gamma) => {
    const logits = [
      [100, -100, 0, 0],
      [100, -100, 0, 0],
      [-100, -100, -100, 100],
    ];
    const targets = [
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 0, 1],
    ];
    const { rows, gradient } = await runLoss(logits, targets, (b, x) =>
      softmaxFocalLoss(b, { ...x, classes, gamma }),
    );
    close(rows, [0, 200, 0]);
    close(gradient, [0, 0, 0, 0, 1 / 3, -1 / 3, 0, 0, 0, 0, 0, 0], "gradient", 1e-6);
  },
);
