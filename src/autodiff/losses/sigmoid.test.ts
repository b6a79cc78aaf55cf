import { describe, expect, test } from "vitest";
import { GraphBuilder } from "../../onnx/builder.ts";
import { close, drawRows, type Rows, reference, runLoss } from "../testing/loss.ts";
import { binaryCrossEntropy, sigmoidFocalLoss } from "./sigmoid.ts";

const classes = 3;
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const seed = 41;
const drawn = drawRows(seed, 7, classes, 2);

/** Straight from the definition, in p and log p, which double precision bears for moderate logits. */
function bce(weights: readonly number[], smoothing: number) {
  return (z: readonly number[], t: readonly number[]): number =>
    mean(
      z.map((x, j) => {
        const target = t[j]! * (1 - smoothing) + smoothing / 2;
        return -weights[j]! * target * Math.log(sigmoid(x)) - (1 - target) * Math.log(1 - sigmoid(x));
      }),
    );
}

function focal(gamma: number, alpha?: readonly number[], weights?: readonly number[]) {
  return (z: readonly number[], t: readonly number[]): number =>
    mean(
      z.map((x, j) => {
        const [p, a] = [sigmoid(x), alpha?.[j]];
        const positive = -((1 - p) ** gamma) * Math.log(p) * (a ?? 1) * (weights?.[j] ?? 1);
        const negative = -(p ** gamma) * Math.log(1 - p) * (a === undefined ? 1 : 1 - a);
        return t[j]! * positive + (1 - t[j]!) * negative;
      }),
    );
}

async function agree(
  targets: Rows,
  write: Parameters<typeof runLoss>[2],
  row: Parameters<typeof reference>[2],
): Promise<void> {
  const actual = await runLoss(drawn.logits, targets, write);
  const expected = reference(drawn.logits, targets, row);
  close(actual.rows, expected.rows, `rows, seed ${seed}`);
  close(actual.gradient, expected.gradient, `gradient, seed ${seed}`);
}

describe("binary cross-entropy", () => {
  test("by hand: log 2 at 0, log(1 + e^-2) and log(1 + e^2) at 2, the gradient (σ(x) - t) / classes", async () => {
    const { rows, gradient } = await runLoss(
      [
        [0, 0, 0],
        [2, 2, -2],
      ],
      [
        [0, 1, 0.5],
        [1, 0, 0],
      ],
      (b, inputs) => binaryCrossEntropy(b, { ...inputs, classes }),
    );
    // log(1 + e^-2) = 0.126928, log(1 + e^2) = 2.126928
    close(rows, [Math.log(2), (0.126928 + 2.126928 + 0.126928) / 3]);
    const high = 0.880797;
    close(
      gradient,
      [0.5, -0.5, 0, high - 1, high, 1 - high].map((each) => each / 3 / 2),
    );
  });

  test.each(["several", "soft"] as const)("%s targets agree with the definition", async (kind) =>
    agree(drawn[kind], (b, x) => binaryCrossEntropy(b, { ...x, classes }), bce([1, 1, 1], 0)),
  );

  test("label smoothing and positive weights", async () => {
    const positiveWeights = [0.5, 3, 1];
    const options = { classes, positiveWeights, labelSmoothing: 0.2 };
    await agree(
      drawn.several,
      (b, x) => binaryCrossEntropy(b, { ...x, ...options }),
      bce(positiveWeights, 0.2),
    );
  });

  test.each([undefined, [2, 2, 2]])(
    "logits of ±100 and ±1e4: 100 or 0, slopes ±1, weights %s",
    async (given) => {
      const logits = [
        [100, -100, 1e4],
        [100, -100, -1e4],
      ];
      const targets = [
        [1, 0, 1],
        [0, 1, 0],
      ];
      const weights = given ? { positiveWeights: given } : {};
      const { rows, gradient } = await runLoss(logits, targets, (b, x) =>
        binaryCrossEntropy(b, { ...x, classes, ...weights }),
      );
      const positive = given ? 2 : 1;
      close(rows, [0, (100 + positive * 100) / 3]);
      close(gradient, [0, 0, 0, 1 / 6, -positive / 6, 0]);
    },
  );
});

describe("focal loss over labels", () => {
  test("by hand, γ = 2: at 0 a quarter of log 2; α = 0.25 weighs positives", async () => {
    const write: Parameters<typeof runLoss>[2] = (b, x) =>
      sigmoidFocalLoss(b, { ...x, classes: 2, alpha: 0.25 });
    const { rows } = await runLoss([[0, 0]], [[1, 0]], write);
    close(rows, [(0.25 * 0.25 * Math.log(2) + 0.75 * 0.25 * Math.log(2)) / 2]);
  });

  test.each([0, 0.5, 1, 2, 5])("γ = %d agrees with the definition", async (gamma) => {
    await agree(drawn.several, (b, x) => sigmoidFocalLoss(b, { ...x, classes, gamma }), focal(gamma));
    const alpha = [0.25, 0.9, 0.5];
    await agree(
      drawn.soft,
      (b, x) => sigmoidFocalLoss(b, { ...x, classes, gamma, alpha }),
      focal(gamma, alpha),
    );
    const positiveWeights = [3, 0.5, 1];
    await agree(
      drawn.several,
      (b, x) => sigmoidFocalLoss(b, { ...x, classes, gamma, alpha, positiveWeights }),
      focal(gamma, alpha, positiveWeights),
    );
  });

  test.each([0.5, 2])(
    "γ = %d at ±100 and 0: finite, 0 where right, plain cross-entropy where wrong",
    async (gamma) => {
      const { rows, gradient } = await runLoss(
        [
          [100, -100],
          [100, -100],
        ],
        [
          [1, 0],
          [0, 1],
        ],
        (b, x) => sigmoidFocalLoss(b, { ...x, classes: 2, gamma }),
      );
      close(rows, [0, 100]);
      close(gradient, [0, 0, 0.25, -0.25]);
    },
  );
});

test("options out of range are refused with words", () => {
  const b = new GraphBuilder({ opset: 18 });
  const inputs = {
    logits: b.input("z", "float32", ["N", 3]),
    targets: b.input("t", "float32", ["N", 3]),
    classes,
  };
  expect(() => sigmoidFocalLoss(b, { ...inputs, gamma: -1 })).toThrowErrorMatchingInlineSnapshot(
    `[UsageError: The focal loss's gamma is -1; it must be 0 or more. Take 2, the paper's, or 0 for plain cross-entropy.]`,
  );
  expect(() => sigmoidFocalLoss(b, { ...inputs, alpha: 1.5 })).toThrowErrorMatchingInlineSnapshot(
    `[UsageError: alpha must be 3 numbers from 0 to 1, one a class. One of them is 1.5. Leave it out to weigh every class alike.]`,
  );
  expect(() =>
    binaryCrossEntropy(b, { ...inputs, positiveWeights: [1, 2] }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[UsageError: positiveWeights must be 3 numbers from 0 on, one a class. There are 2. Leave it out to weigh every class alike.]`,
  );
});
