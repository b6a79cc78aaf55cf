import { expect, test } from "vitest";
import { float32, floats } from "../../core/tensor.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { writeModel } from "../../onnx/write.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import { targetOpset } from "../../surgery/upgrade.ts";
import { classificationLoss } from "../classification-loss.ts";
import { explosion, guessing } from "./guess.ts";

test("by hand: 2 rows of 4 classes, the second of double weight: 3 ln 4", () => {
  const targets = float32([1, 0, 0, 0, 0, 1, 0, 0], [2, 4]);
  const classWeights = [1, 2, 1, 1];
  expect(guessing({ targets, rows: 2 }, { classes: 4, classWeights })).toBeCloseTo(3 * Math.log(4), 12);
});

test.for([
  [2, 2, false],
  [5, 2, false],
  [1, 7, false],
  [3, 4, true],
] as const)(
  "of focal loss, gamma %d: four times it is the loss of rows whose p is ways^-4",
  async ([gamma, classes, multiLabel]) => {
    // The target's probability, against as many others, or against that of the label's absence.
    const p = (multiLabel ? 2 : classes) ** -4;
    const logit = Math.log(p / (1 - p)) + (multiLabel ? 0 : Math.log(classes - 1));
    const b = new GraphBuilder({ opset: targetOpset });
    const logits = b.input("logits", "float32", ["N", classes]);
    const targets = b.input("targets", "float32", ["N", classes]);
    const options = { classes, multiLabel, loss: { kind: "focal", gamma } } as const;
    b.op("Identity", [classificationLoss(b, { ...options, logits, targets })], {}, { outputs: ["rows"] });
    b.output("rows");
    const session = await nodeRuntime().load(writeModel(b.model()));
    // All labels there, or the first class; all of them missed alike.
    const hot = Array.from({ length: classes }, (_, i) => Number(multiLabel || i === 0));
    const feeds = {
      logits: float32(
        hot.map((each) => each * logit),
        [1, classes],
      ),
      targets: float32(hot, [1, classes]),
    };
    const answer = await session.run(feeds);
    await session.release();
    const [row] = floats(answer.rows!);
    expect(explosion * guessing({ targets: feeds.targets, rows: 1 }, options)).toBeCloseTo(row!, 5);
  },
);

test("a few rows that are wrong by far are no explosion of focal loss, however strong its gamma", () => {
  const options = { classes: 3, loss: { kind: "focal", gamma: 8 } } as const;
  const bound = explosion * guessing({ targets: float32([1, 0, 0], [1, 3]), rows: 1 }, options);
  // One row in ten at p = 0.01 and the others right is far above (2/3)^8·ln 3, the loss of a guess; all at p = 0.002 is too much.
  expect(0.1 * 0.99 ** 8 * Math.log(100)).toBeGreaterThan(explosion * (2 / 3) ** 8 * Math.log(3));
  expect(0.1 * 0.99 ** 8 * Math.log(100)).toBeLessThan(bound);
  expect(0.998 ** 8 * Math.log(500)).toBeGreaterThan(bound);
});

test.for<[string, boolean, number]>([
  ["classes that exclude each other", false, 0],
  ["the same, smoothed", false, 0.3],
  ["several labels, none among them", true, 0],
  ["the same, smoothed", true, 0.3],
])("it is the loss of logits that are all 0: %s", async ([, multiLabel, labelSmoothing]) => {
  const classes = 3;
  const classWeights = labelSmoothing > 0 && multiLabel ? undefined : [0.5, 4, 1];
  const targets = multiLabel ? [1, 1, 0, 0, 0, 0, 0, 1, 1] : [1, 0, 0, 0, 0.25, 0.75, 0, 0, 1];
  const b = new GraphBuilder({ opset: targetOpset });
  const names = [b.input("logits", "float32", ["N", 3]), b.input("targets", "float32", ["N", 3])] as const;
  const loss = { logits: names[0], targets: names[1], classes, multiLabel, labelSmoothing, classWeights };
  b.op("Identity", [classificationLoss(b, loss)], {}, { outputs: ["rows"] });
  b.output("rows");
  const session = await nodeRuntime().load(writeModel(b.model()));
  const fed = float32(targets, [3, 3]);
  const answer = await session.run({ logits: float32(new Float32Array(9), [3, 3]), targets: fed });
  await session.release();
  const sum = floats(answer.rows!).reduce((total, each) => total + each, 0);
  expect(guessing({ targets: fed, rows: 3 }, { classes, multiLabel, classWeights })).toBeCloseTo(sum, 5);
});
