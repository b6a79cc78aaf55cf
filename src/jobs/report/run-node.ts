import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { reason } from "../../core/errors.ts";
import type { Curves, Finding } from "../../report/data.ts";
import { parseAnswers } from "./answers.ts";
import { broken, fieldsOf, listIn, textOf } from "./checks.ts";
import type { ReadRun } from "./compare.ts";
import { parseCurves } from "./curves.ts";
import { parseRunRecord } from "./record.ts";

/** Reads a run's folder, or the one that a model lies in. Throws RecordError where it is none. */
export async function readRun(path: string): Promise<ReadRun> {
  const isFile = await stat(path).then(
    (info) => info.isFile(),
    () => false,
  );
  const folder = resolve(isFile ? dirname(path) : path);
  const file = join(folder, "run.json");
  const text = await readIfThere(file);
  if (text === undefined) throw broken(file, "there is no such file: a run's folder has one");
  const record = parseRunRecord(file, text);
  const predictions = join(folder, "predictions.csv");
  const table = record.part === null ? undefined : await readIfThere(predictions);
  return {
    folder,
    name: basename(folder),
    record,
    measured: table === undefined ? null : parseAnswers(predictions, table, record),
  };
}

/** The curves of training, none where the run kept none. */
export async function readCurves({ folder }: ReadRun): Promise<Curves> {
  const file = join(folder, "metrics.jsonl");
  const text = await readIfThere(file);
  return text === undefined ? {} : parseCurves(file, text);
}

/** What the data doctor left beside the run: rows, or an object with `findings`. Undefined where it was not there. */
export async function readFindings({ folder }: ReadRun): Promise<readonly Finding[] | undefined> {
  const file = join(folder, "doctor.json");
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw broken(file, "it is no JSON", cause);
  }
  return (Array.isArray(value) ? value : listIn(fieldsOf(value).findings)).map((row: unknown) => {
    const { kind, files, reason: why, action } = fieldsOf(row);
    return {
      kind: textOf(kind) ?? "finding",
      files: listIn(files).filter((each): each is string => typeof each === "string"),
      reason: textOf(why) ?? "",
      action: textOf(action) ?? "",
    };
  });
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR"))
      return undefined;
    throw broken(file, reason(cause), cause);
  }
}
