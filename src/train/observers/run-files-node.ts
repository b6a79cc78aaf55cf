import { randomBytes } from "node:crypto";
import { appendFileSync, closeSync, openSync } from "node:fs";
import { type FileHandle, open, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { reason } from "../../core/errors.ts";
import { RecordError } from "./errors.ts";
import {
  type PredictionColumns,
  type PredictionRow,
  predictionLine,
  predictionsHeader,
} from "./predictions-csv.ts";

/**
 * Writes a file that is either the old one or the whole new one, never a half: into a temporary file beside it, flushed to
 * the disk, then renamed. A crash leaves at worst a file ".name.<random>.tmp".
 */
async function writeAtomically(path: string, fill: (file: FileHandle) => Promise<void>): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const file = await open(temporary, "wx");
    try {
      await fill(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error instanceof RecordError ? error : cannotWrite(path, error);
  }
}

function cannotWrite(path: string, cause: unknown): RecordError {
  return new RecordError(
    {
      what: `Cannot write ${path}:`,
      why: `${reason(cause)}.`,
      next: "Check that the folder exists, may be written to and has space left.",
    },
    { path },
    { cause },
  );
}

function toJson(path: string, value: unknown, indent?: number): string {
  let text: string | undefined;
  let why = "undefined and functions have no JSON.";
  try {
    text = JSON.stringify(value, null, indent);
  } catch (error) {
    why = `${reason(error)}.`;
  }
  if (text !== undefined) return text;
  throw new RecordError(
    {
      what: `Cannot write ${path} as JSON:`,
      why,
      next: "Pass plain objects, arrays, texts and numbers.",
    },
    { path },
  );
}

/**
 * Writes `value` as JSON, atomically: two spaces deep, lists of numbers on one line, keys in the order given, a line end
 * at the end. NaN and infinities become null, for JSON has no others. Throws RecordError.
 */
export async function writeJson(path: string, value: unknown): Promise<void> {
  // A line end within quotes is written \n, so this touches no text.
  const text = toJson(path, value, 2).replace(/\[\n[-\d.eE+,\s]+\]/g, (list) =>
    list.replace(/\s+/g, " ").replace("[ ", "[").replace(" ]", "]"),
  );
  await writeAtomically(path, (file) => file.writeFile(`${text}\n`));
}

/** Writes predictions.csv, atomically and row by row, so that any number of them takes no memory. Throws RecordError. */
export async function writePredictions(
  path: string,
  classes: readonly string[],
  rows: Iterable<PredictionRow> | AsyncIterable<PredictionRow>,
  columns: PredictionColumns = {},
): Promise<void> {
  await writeAtomically(path, async (file) => {
    let pending = `${predictionsHeader(classes, columns)}\n`;
    for await (const row of rows) {
      if (row.probabilities.length !== classes.length) {
        throw new RecordError(
          {
            what: `${row.file} has ${row.probabilities.length} probabilities for ${classes.length} classes.`,
            next: "Pass one a class, in the order of the classes.",
          },
          { path },
        );
      }
      pending += `${predictionLine(row)}\n`;
      if (pending.length < 2 ** 16) continue;
      await file.writeFile(pending);
      pending = "";
    }
    await file.writeFile(pending);
  });
}

/**
 * A file of one JSON object a line, such as metrics.jsonl. The same records give the same bytes: keys stand in the order
 * given and nothing is added. Each line is on its way to the disk when `append` returns; they are few and short, so that
 * waiting costs nothing and their order is sure.
 */
export class JsonLines {
  readonly path: string;
  private readonly descriptor: number;

  private constructor(path: string, descriptor: number) {
    this.path = path;
    this.descriptor = descriptor;
  }

  /**
   * Opens the file to append to it, or creates it. A last line that a crash cut short is removed. With `keep`, a run that
   * goes on from a checkpoint drops what was written after it: only records that `keep` answers true for remain.
   * Throws RecordError where the file cannot be written, or an older line is no JSON.
   */
  static async open(path: string, keep: (record: unknown) => boolean = () => true): Promise<JsonLines> {
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "";
      throw cannotWrite(path, error);
    });
    const lines = text.split("\n").slice(0, -1);
    const kept = lines
      .filter((line, i) => keep(parseLine(path, line, i + 1)))
      .map((line) => `${line}\n`)
      .join("");
    if (kept !== text) await writeAtomically(path, (file) => file.writeFile(kept));
    try {
      return new JsonLines(path, openSync(path, "a"));
    } catch (error) {
      throw cannotWrite(path, error);
    }
  }

  /** Adds one line; NaN and infinities become null. Throws RecordError. */
  append(record: object): void {
    const line = `${toJson(this.path, record)}\n`;
    try {
      appendFileSync(this.descriptor, line);
    } catch (error) {
      throw cannotWrite(this.path, error);
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

function parseLine(path: string, line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new RecordError(
      {
        what: `Line ${number} of ${path} is no JSON:`,
        why: `${reason(cause)}.`,
        next: "Something else wrote to it: move the file away, or take that line out, and go on.",
      },
      { path, line: number },
      { cause },
    );
  }
}
