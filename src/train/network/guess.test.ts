import { expect, test } from "vitest";
import { float32, floats } from "../../core/tensor.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { writeModel } from "../../onnx/write.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import { targetOpset } from "../../surgery/upgrade.ts";
import { classificationLoss } from "../classification-loss.ts";
import { guessing } from "./guess.ts";

test("by hand: 2 rows of 4 classes, the second of double weight: 3 ln 4", () => {
  const targets = float32([1, 0, 0, 0, 0, 1, 0, 0], [2, 4]);
  const classWeights = [1, 2, 1, 1];
  expect(guessing({ targets, rows: 2 }, { classes: 4, classWeights })).toBeCloseTo(3 * Math.log(4), 12);
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
