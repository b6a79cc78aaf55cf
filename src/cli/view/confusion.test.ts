import { expect, test } from "vitest";
import { evaluatePredictions } from "../../index.ts";
import { coloursFor } from "./colour.ts";
import { confusionView } from "./confusion.ts";

/** Of 100 pictures of "a": 10 right, 3 taken for b, 10 for c, 22 for d, 55 for e. */
const counts = [10, 3, 10, 22, 55];
const answers = counts.flatMap((count, i) => new Array<number>(count).fill(i));
const evaluation = evaluatePredictions({
  probabilities: Float32Array.from(answers.flatMap((answer) => counts.map((_, i) => Number(i === answer)))),
  labels: new Int32Array(answers.length),
  classes: ["a", "b", "c", "d", "e"],
});

test("the larger a mistake's part of the class, the warmer; nothing is dim", () => {
  const on = coloursFor({ isTTY: true }, {});
  const lines = confusionView(evaluation, { colours: on })[1]?.split("\n") ?? [];
  expect(lines[2]).toBe(
    ` 0 a   ${on.green("10")}  3  ${on.yellow("10")}  ${on.red("22")}  ${on.bgRed("55")}`,
  );
  expect(lines[3]).toBe(` 1 b   ${[2, 1, 2, 2, 2].map((width) => on.dim(".".padStart(width))).join("  ")}`);
});

test("it is shown where it fits to the column", () => {
  const colours = coloursFor({}, {});
  const [, text = ""] = confusionView(evaluation, { colours });
  const width = text.split("\n")[1]?.length ?? 0;
  expect(width).toBeGreaterThan(0);
  expect(confusionView(evaluation, { colours, width })).toHaveLength(2);
  expect(confusionView(evaluation, { colours, width: width - 1 })).toHaveLength(1);
});
