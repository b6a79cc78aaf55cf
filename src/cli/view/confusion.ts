import type { Evaluation } from "../../index.ts";
import type { Colours } from "./colour.ts";
import { type Column, table } from "./table.ts";

/** More classes than this make a matrix that nobody reads in a terminal. */
const limit = 20;

const elsewhere = "The confusion matrix is too wide for here: see the run's record.";

/** The confusion matrix as blocks of text, or a line on where to find it; nothing for a single class. */
export function confusionView(
  { confusion, classes }: Evaluation,
  { colours, width = Number.POSITIVE_INFINITY }: { readonly colours: Colours; readonly width?: number },
): string[] {
  if (classes.length < 2) return [];
  if (confusion === null || classes.length > limit) return [elsewhere];
  const columns = classes.map((_, predicted): Column => {
    const style = (text: string, truth: number): string =>
      heat(confusion[truth]!, truth, predicted, colours)(text);
    return { title: String(predicted), align: "right", style };
  });
  const text = table(
    [{ title: "   Is", maxWidth: 24 }, ...columns],
    confusion.map((row, truth) => [
      `${String(truth).padStart(2)} ${classes[truth]}`,
      // A dot for nothing, so that the mistakes stand out.
      ...row.map((count) => (count === 0 ? "." : count)),
    ]),
  );
  // The rule below the titles is ASCII, uncoloured and as wide as the table.
  const [, rule = ""] = text.split("\n");
  return rule.length > width ? [elsewhere] : ["Confusion (columns: taken for):", text];
}

/** Hits green; mistakes the warmer, the larger their part of the true class. */
function heat(
  row: readonly number[],
  truth: number,
  predicted: number,
  colours: Colours,
): (text: string) => string {
  const count = row[predicted]!;
  const share = count / row.reduce((sum, each) => sum + each, 0);
  if (count === 0) return colours.dim;
  if (truth === predicted) return colours.green;
  if (share >= 0.5) return colours.bgRed;
  if (share >= 0.2) return colours.red;
  return share >= 0.05 ? colours.yellow : (text) => text;
}
