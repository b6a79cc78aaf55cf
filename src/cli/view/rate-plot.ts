import { pad } from "./width.ts";

export interface RatePlot {
  readonly points: readonly { readonly rate: number; readonly smoothed: number }[];
  /** Rates to mark, each with the character of its line. */
  readonly marks: readonly { readonly rate: number; readonly character: string }[];
  /** Columns and rows of the plot's inside. */
  readonly columns: number;
  readonly rows: number;
}

/** Of the least loss, is the highest shown: how high an explosion goes would flatten the rest. */
const highest = 1.5;

/** The smoothed loss (*) against the logarithm of the rate, in plain characters that any terminal has. */
export function ratePlot({ points, marks, columns, rows }: RatePlot): string {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || last.rate <= first.rate) return "";
  const [from, to] = [Math.log10(first.rate), Math.log10(last.rate)];
  const column = (rate: number): number =>
    Math.round(((Math.log10(rate) - from) / (to - from)) * (columns - 1));
  const losses = points.map(({ smoothed }) => smoothed);
  const low = Math.min(...losses);
  const high = Math.min(Math.max(...losses), highest * low);
  const row = (loss: number): number =>
    high > low ? Math.round(((high - loss) / (high - low)) * (rows - 1)) : rows - 1;

  const cells = Array.from({ length: rows }, () => new Array<string>(columns).fill(" "));
  const put = (x: number, y: number, character: string): void => {
    const line = cells[y];
    if (line !== undefined && x >= 0 && x < columns) line[x] = character;
  };
  for (const { rate, character } of marks) for (let y = 0; y < rows; y++) put(column(rate), y, character);
  for (let x = 0; x < columns; x++) {
    put(x, row(between(points, from + (x / (columns - 1)) * (to - from))), "*");
  }

  const label = (y: number): string => {
    const shown = y === 0 ? high : y === rows - 1 ? low : undefined;
    return pad(shown === undefined ? "" : shown.toPrecision(3), 6, "right");
  };
  const drawn = cells.map((line, y) => `${label(y)} |${line.join("").trimEnd()}`);
  return [...drawn, `${" ".repeat(7)}+${"-".repeat(columns)}`, axis(from, to, column, columns)].join("\n");
}

/** The smoothed loss at a logarithm of the rate, on the straight line from one point to the next. */
function between(points: RatePlot["points"], at: number): number {
  const place = points.findIndex(({ rate }) => Math.log10(rate) >= at - 1e-9);
  const [left, right] = [points[Math.max(0, place - 1)], points[place] ?? points.at(-1)];
  if (left === undefined || right === undefined) return 0;
  const [a, b] = [Math.log10(left.rate), Math.log10(right.rate)];
  return b > a ? left.smoothed + ((at - a) / (b - a)) * (right.smoothed - left.smoothed) : right.smoothed;
}

/** Powers of ten under their columns. */
function axis(from: number, to: number, column: (rate: number) => number, columns: number): string {
  const line = new Array<string>(columns + 4).fill(" ");
  for (let power = Math.ceil(from - 1e-9); power <= to + 1e-9; power++) {
    for (const [i, character] of [...`1e${power}`].entries()) line[column(10 ** power) + i] = character;
  }
  return `${" ".repeat(8)}${line.join("").trimEnd()}`;
}
