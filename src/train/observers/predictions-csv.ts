import { csvField, startsFormula } from "../../core/csv.ts";

/** One picture's line in predictions.csv. */
export interface PredictionRow {
  /** Path from the dataset's root, with "/" between names. */
  readonly file: string;
  /** The true class, where it is known; several at once joined with "|". */
  readonly label?: string;
  readonly predicted: string;
  /** The probability of `predicted`; left out for several labels at once. */
  readonly probability?: number;
  /** One a class, in the order of the header. */
  readonly probabilities: ArrayLike<number>;
}

export interface PredictionColumns {
  /** Several labels at once: then no one probability stands for the row, and its column is left out. Default false. */
  readonly multiLabel?: boolean;
}

/** The header line, without its line end: the fixed columns, then `p(name)` for each class. */
export function predictionsHeader(
  classes: readonly string[],
  { multiLabel = false }: PredictionColumns = {},
): string {
  const columns = ["file", "label", "predicted", ...(multiLabel ? [] : ["probability"]), "correct"];
  return [...columns, ...classes.map((name) => csvField(`p(${name})`))].join(",");
}

/**
 * One line, without its line end. `correct` is "true" or "false", and empty as the label is where the truth is not known.
 *
 * Spreadsheets run a cell that begins with = + - or @ as a formula, whatever its quotes. So a file of that kind is written
 * as "./=name.jpg", which is still its path, and a class name behind an apostrophe, in `label` and `predicted` alike; a
 * class named by a plain number ("-1") is left as it is. The header needs nothing: it begins with "p(".
 */
export function predictionLine(row: PredictionRow): string {
  const { file, label, predicted, probability, probabilities } = row;
  return [
    csvField(startsFormula(file) ? `./${file}` : file),
    label === undefined ? "" : className(label),
    className(predicted),
    ...(probability === undefined ? [] : [shortestFloat32(probability)]),
    label === undefined ? "" : String(label === predicted),
    ...Array.from(probabilities, shortestFloat32),
  ].join(",");
}

function className(name: string): string {
  return csvField(startsFormula(name) && !/^[+-]?\d+(\.\d+)?$/.test(name) ? `'${name}` : name);
}

/** The shortest decimal that reads back as the same float32: 0.1, not 0.10000000149011612. */
function shortestFloat32(value: number): string {
  const target = Math.fround(value);
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(target.toPrecision(digits));
    if (Math.fround(short) === target) return String(short);
  }
  // Nine digits tell any two float32 apart.
  return String(Number(target.toPrecision(9)));
}
