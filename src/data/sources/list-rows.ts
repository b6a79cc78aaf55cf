import { parse } from "csv-parse/sync";
import { ListError, tidyReason } from "../errors.ts";
import { extension, isPictureName, someNames } from "../names.ts";
import { partOf } from "../parts.ts";
import type { Part } from "../sample.ts";

/** One row of a list; `line` counts from 1. */
export interface ListRow {
  readonly line: number;
  readonly path: string;
  /** As the list gives it: one name, or several with "|" between them. */
  readonly label: string;
  readonly part?: Part;
}

interface Record {
  readonly line: number;
  readonly fields: readonly string[];
}

/** Field numbers of the columns. */
interface Columns {
  readonly path: number;
  readonly label: number;
  readonly part: number | undefined;
}

const spellings = {
  path: ["path", "file", "filename", "file_name", "filepath", "file_path", "image", "image_path", "img"],
  label: ["label", "class", "category", "class_name", "label_name", "target"],
  labels: ["labels", "classes", "tags"],
  part: ["split", "part", "subset", "set"],
};

/** Rows of a CSV, TSV or JSON Lines file, told apart by its name. Throws ListError with the line. */
export function parseList(path: string, bytes: Uint8Array): ListRow[] {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    const parts = { what: `${path} is not UTF-8 text.`, next: "Save it as UTF-8." };
    throw new ListError(parts, { path }, { cause: error });
  }
  const [header, records] = extension(path).endsWith("sv") ? delimited(path, text) : jsonLines(path, text);
  const columns = columnsOf(path, header, records);
  return records.map(({ line, fields }) => {
    const partName = columns.part === undefined ? "" : (fields[columns.part] ?? "").trim();
    const part = partOf(partName);
    if (partName !== "" && part === undefined) {
      throw new ListError(
        {
          what: `Line ${line} of ${path} names the part ${JSON.stringify(partName)}.`,
          why: "Parts are train, val and test.",
          next: "Rename it, or leave it empty.",
        },
        { path, line },
      );
    }
    const row = { line, path: fields[columns.path] ?? "", label: (fields[columns.label] ?? "").trim() };
    return part === undefined ? row : { ...row, part };
  });
}

/** Header (undefined where the first row is data already) and rows. */
function delimited(path: string, text: string): [readonly string[] | undefined, Record[]] {
  const firstLine = text.slice(0, 10_000).split(/\r?\n/, 1)[0] ?? "";
  const comma = firstLine.includes(";") && !firstLine.includes(",") ? ";" : ",";
  const records: Record[] = [];
  try {
    parse(text, {
      delimiter: extension(path) === "tsv" ? "\t" : comma,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: 2 ** 16,
      on_record: (fields: string[], { lines }: { lines: number }) => {
        records.push({ line: lines, fields });
        return null;
      },
    });
  } catch (error) {
    throw new ListError(
      { what: `${path} cannot be read:`, why: `${tidyReason(error)}.`, next: "Mend that line." },
      { path },
    );
  }
  const first = records[0]?.fields ?? [];
  const isData = first.length >= 2 && first.length <= 3 && first.some((field) => isPictureName(field.trim()));
  return isData ? [undefined, records] : [first, records.slice(1)];
}

function jsonLines(path: string, text: string): [readonly string[], Record[]] {
  const names = new Map<string, number>();
  const records: Record[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    let row: unknown;
    try {
      row = JSON.parse(line);
    } catch (error) {
      throw new ListError(
        {
          what: `Line ${i + 1} of ${path} is no JSON:`,
          why: `${tidyReason(error)}.`,
          next: "Write one object a line.",
        },
        { path, line: i + 1 },
      );
    }
    const fields: string[] = [];
    for (const [name, value] of Object.entries(row ?? {})) {
      const field = fieldOf(value);
      if (field === undefined) continue;
      const at = names.get(name) ?? names.size;
      names.set(name, at);
      // A list of lines with ever new names would grow with their square.
      if (at < 64) fields[at] = field;
    }
    records.push({ line: i + 1, fields: Array.from(fields, (field) => field ?? "") });
  }
  return [[...names.keys()].slice(0, 64), records];
}

/** A value as a CSV would write it: an array of names as names that end in "|", so that [] is "|". */
function fieldOf(value: unknown): string | undefined {
  if (Array.isArray(value)) {
    const names = value.map(scalarOf);
    return names.includes(undefined) ? undefined : `${names.join("|")}|`;
  }
  return scalarOf(value);
}

function scalarOf(value: unknown): string | undefined {
  return ["string", "number", "boolean"].includes(typeof value) ? String(value) : undefined;
}

function columnsOf(path: string, header: readonly string[] | undefined, records: readonly Record[]): Columns {
  if (header === undefined) return guessed(records);
  const names = header.map((name) => name.trim().toLowerCase());
  const find = (known: readonly string[]): number | undefined => {
    const at = names.findIndex((name) => known.includes(name));
    return at < 0 ? undefined : at;
  };
  const columns = {
    path: find(spellings.path),
    label: find(spellings.label) ?? find(spellings.labels),
    part: find(spellings.part),
  };
  if (columns.path !== undefined && columns.label !== undefined) {
    return { path: columns.path, label: columns.label, part: columns.part };
  }
  const missing = columns.path === undefined ? "a column of files" : "a column of labels";
  throw new ListError(
    {
      what: `${path} has no ${missing.slice(2)}.`,
      why: header.length === 0 ? "It is empty." : `Its columns are ${someNames(header, 8)}.`,
      next: columns.path === undefined ? 'Call it "path".' : 'Call it "label".',
    },
    { path, line: 1 },
  );
}

/** Without a header: the file is the field with a picture's ending, the part a third one that only names parts. */
function guessed(records: readonly Record[]): Columns {
  const first = records[0]?.fields ?? [];
  const path = first.findIndex((field) => isPictureName(field.trim()));
  const rest = [...first.keys()].filter((at) => at !== path);
  const part = first.length === 3 ? rest.find((at) => partOf(first[at] ?? "") !== undefined) : undefined;
  return { path, label: rest.find((at) => at !== part) ?? 0, part };
}
