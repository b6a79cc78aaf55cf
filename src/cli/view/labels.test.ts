import { expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { evaluateLabels, type LabelEvaluation } from "../../index.ts";
import { coloursFor } from "./colour.ts";
import { evaluationView } from "./evaluation.ts";
import { displayWidth } from "./width.ts";

const off = coloursFor({ isTTY: false }, {});

/** An evaluation of `n` pictures whose labels are told with some noise; labels named "never" occur nowhere. */
function evaluation(classes: readonly string[], n: number, seed = 7): LabelEvaluation {
  const rng = random(seed);
  const targets = new Float32Array(n * classes.length);
  const probabilities = targets.map((_, i) => {
    const never = classes[i % classes.length]!.startsWith("never");
    targets[i] = !never && rng.next() < 0.4 ? 1 : 0;
    return never ? 0.25 * rng.next() : 0.35 * targets[i]! + 0.65 * rng.next();
  });
  return evaluateLabels({ probabilities, targets, classes });
}

test("four labels, whole: one that no picture has is marked", () => {
  const four = evaluation(["cat", "never", "接ぎ木", "Australian silky terrier, grey\x1b[2J"], 1200);
  expect(evaluationView(four, { colours: off })).toMatchInlineSnapshot(`
    "mAP       0.885  (mean average precision over the 3 labels that occur)
    All right 47.5 %  (no label missing or too many: 570 of 1,200 pictures)
              the true share lies between 44.7 % and 50.3 % (95 % interval)
    Micro F1  0.739  (every label of every picture alike)
    Macro F1  0.739  (the mean over the labels that occur)
    Log loss  0.351  (a label; guessing evenly gives 0.693)

    Label                             Pictures     AP  Precision  Recall     F1
    --------------------------------  --------  -----  ---------  ------  -----  ----------
    cat                                    485  0.891      0.721   0.798  0.757  #########.
    never                                    0      -          -       -      -  ..........
    接ぎ木                                 465  0.884      0.692   0.789  0.738  #########.
    Australian silky terrier, grey�…       472  0.879      0.685   0.765  0.723  #########.

    AP counts every threshold; precision, recall and F1 are those at 0.5.
    -  nothing to divide by: no picture has the label (AP, recall), or it was never answered (precision)."
  `);
});

test("of many labels the ends are shown, by average precision", () => {
  const many = evaluation(
    Array.from({ length: 60 }, (_, i) => (i === 3 ? "never 3" : `label ${i}`)),
    200,
  );
  const text = evaluationView(many, { colours: off, width: 80 });
  expect(text).toContain("The 10 worst of 60 labels by average precision:");
  expect(text).toContain("1 label that no picture has.");
  const column = text
    .split("\n")
    .filter((line) => line.startsWith("label "))
    .map((line) => Number(line.trim().split(/\s+/)[3]));
  expect(column).toHaveLength(20);
  const [worst, best] = [column.slice(0, 10), column.slice(10)];
  expect(worst).toEqual([...worst].sort((a, b) => a - b));
  expect(best).toEqual([...best].sort((a, b) => b - a));
  expect(best.at(-1)!).toBeGreaterThanOrEqual(worst.at(-1)!);
  for (const line of text.split("\n").filter((each) => each.includes("#")))
    expect(displayWidth(line)).toBeLessThanOrEqual(80);
});
