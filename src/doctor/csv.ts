import { csvField, startsFormula } from "../core/csv.ts";
import type { Part } from "../data/sample.ts";
import type { DataFinding } from "./finding.ts";

/** A table of findings, a line each: kind, score, files and classes (joined by "; "), reason, action. */
export function findingsCsv(findings: readonly DataFinding[]): string {
  const rows = findings.map(({ kind, score, files, classes, reason, action }) => [
    kind,
    score.toFixed(4),
    guarded(files.join("; ")),
    guarded(classes.join("; ")),
    guarded(reason),
    action,
  ]);
  return lines([["kind", "score", "files", "classes", "reason", "action"], ...rows]);
}

/** One row of a list of pictures, as `data/sources/list.ts` reads it. */
export interface ListedPicture {
  readonly path: string;
  readonly label: string;
  readonly part?: Part | undefined;
}

/** A list file of pictures: path, label and, where the data comes split, split. */
export function listCsv(pictures: readonly ListedPicture[]): string {
  const split = pictures.some(({ part }) => part !== undefined);
  const rows = pictures.map(({ path, label, part }) => [path, label, ...(split ? [part ?? ""] : [])]);
  return lines([["path", "label", ...(split ? ["split"] : [])], ...rows]);
}

/** Spreadsheets run a cell that begins with = + - or @: an apostrophe stops them. A list is read by Tsugiki, and has none. */
function guarded(text: string): string {
  return startsFormula(text) ? `'${text}` : text;
}

function lines(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(csvField).join(",")}\n`).join("");
}
