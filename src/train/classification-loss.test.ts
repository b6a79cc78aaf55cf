import { expect, test } from "vitest";
import { close, drawRows, reference, runLoss } from "../autodiff/testing/loss.ts";
import { classificationLoss } from "./classification-loss.ts";
import { formatLoss, type Loss, parseLoss } from "./loss.ts";

const [seed, classes, smoothing] = [29, 3, 0.2];
const drawn = drawRows(seed, 7, classes, 2);
const weights = [0.5, 3, 1];

/** -(1 - p)^γ·log p */
const surprise = (p: number, gamma: number): number => -((1 - p) ** gamma) * Math.log(p);

/** Straight from the definition; a row's weight is its target's, before smoothing. */
function ofClasses(gamma: number) {
  return (z: readonly number[], t: readonly number[]): number => {
    const sum = z.reduce((total, each) => total + Math.exp(each), 0);
    const own = t.reduce((total, each, j) => total + each * weights[j]!, 0);
    const soft = t.map((each) => each * (1 - smoothing) + smoothing / classes);
    return own * soft.reduce((total, each, j) => total + each * surprise(Math.exp(z[j]!) / sum, gamma), 0);
  };
}

function ofLabels(gamma: number) {
  return (z: readonly number[], t: readonly number[]): number => {
    const each = z.map((x, j) => {
      const [p, soft] = [1 / (1 + Math.exp(-x)), t[j]! * (1 - smoothing) + smoothing / 2];
      return weights[j]! * soft * surprise(p, gamma) + (1 - soft) * surprise(1 - p, gamma);
    });
    return each.reduce((total, one) => total + one, 0) / classes;
  };
}

test.for<[boolean, string, number]>([
  [false, "cross-entropy", 0],
  [false, "focal", 2],
  [false, "focal:3.5", 3.5],
  [true, "cross-entropy", 0],
  [true, "focal", 2],
  [true, "focal:0.5", 0.5],
])(
  "several labels %s, %s: weighed and smoothed as its definition says",
  async ([multiLabel, name, gamma]) => {
    const targets = multiLabel ? drawn.several : drawn.exclusive;
    const loss: Loss = parseLoss(name);
    const options = { classes, multiLabel, labelSmoothing: smoothing, classWeights: weights, loss };
    const actual = await runLoss(drawn.logits, targets, (b, x) =>
      classificationLoss(b, { ...options, ...x }),
    );
    const expected = reference(drawn.logits, targets, (multiLabel ? ofLabels : ofClasses)(gamma));
    close(actual.rows, expected.rows, `rows, seed ${seed}`, 5e-6);
    close(actual.gradient, expected.gradient, `gradient, seed ${seed}`, 5e-6);
  },
);

test("left out, it is cross-entropy", async () => {
  const run = (loss?: Loss) =>
    runLoss(drawn.logits, drawn.exclusive, (b, x) =>
      classificationLoss(b, { ...x, classes, multiLabel: false, loss }),
    );
  expect(await run()).toEqual(await run({ kind: "cross-entropy" }));
});

test("a loss's name goes there and back; others are refused", () => {
  for (const name of ["cross-entropy", "focal:2", "focal:0.5", "focal:0"])
    expect(formatLoss(parseLoss(name))).toBe(name);
  expect(parseLoss(" Focal ")).toEqual({ kind: "focal", gamma: 2 });
  for (const name of [
    "",
    "hinge",
    "focal:",
    "focal: ",
    "focal:-1",
    "focal:11",
    "focal:x",
    "focal:1:2",
    "cross-entropy:2",
  ])
    expect(() => parseLoss(name), name).toThrow(/no loss to train by\. Choose cross-entropy, focal/);
});
