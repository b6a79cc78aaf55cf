import { integer } from "../../core/words.ts";
import { displayWidth, pad, plain, shorten } from "./width.ts";

/** One column of a table. */
export interface Column {
  readonly title: string;
  /** Right by default where every cell is a number, else left. */
  readonly align?: "left" | "right";
  /** Longer texts are shortened with "…"; 32 by default. */
  readonly maxWidth?: number;
  /** Where a long text is cut; a path says most at its end, so "start" there. */
  readonly cut?: "end" | "start";
  /** Colours a padded cell; `row` counts from 0. */
  readonly style?: (text: string, row: number) => string;
}

/** A text, or a whole number, printed with thousands separators. */
type Cell = string | number;

/** An aligned table without a trailing line end: titles, a rule, the rows. Wide characters count two columns. */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[]): string {
  const laid = columns.map((column, i) =>
    layColumn(
      column,
      rows.map((row) => row[i] ?? ""),
    ),
  );
  const line = (parts: readonly string[]): string => parts.join("  ").trimEnd();
  return [
    line(laid.map(({ title }) => title)),
    line(laid.map(({ width }) => "-".repeat(width))),
    ...rows.map((_, row) => line(laid.map(({ cells }) => cells[row] ?? ""))),
  ].join("\n");
}

function layColumn(
  column: Column,
  cells: readonly Cell[],
): { title: string; width: number; cells: string[] } {
  const { maxWidth = 32, cut = "end", style = (text) => text } = column;
  const numbers = cells.length > 0 && cells.every((cell) => typeof cell === "number");
  const align = column.align ?? (numbers ? "right" : "left");
  const text = (cell: Cell): string =>
    shorten(typeof cell === "number" ? integer(cell) : plain(cell), maxWidth, cut);
  const [title, ...texts] = [column.title, ...cells].map(text);
  const width = [title!, ...texts].reduce((most, each) => Math.max(most, displayWidth(each)), 0);
  return {
    title: pad(title!, width, align),
    width,
    cells: texts.map((each, row) => style(pad(each, width, align), row)),
  };
}
