import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { reason } from "../core/errors.ts";
import { isFields } from "../core/json.ts";
import type { Part } from "../data/sample.ts";
import { ClassifierError } from "../export/errors.ts";

/** The parts in which a run has seen pictures. Byte for byte the same picture may stand in several. */
export interface RecordedParts {
  /** How many different pictures the record holds; 0 where there is none beside the model. */
  readonly size: number;
  /** The parts of a picture by its content hash: none where the run never saw it. */
  of(hash: string): ReadonlySet<Part>;
}

const all: readonly Part[] = ["train", "val", "test"];
const never: ReadonlySet<Part> = new Set();

/** Digits of a hash that a record keeps. */
const digits = 16;

/**
 * Which part each picture belonged to in training, from the run.json beside a model. Throws ClassifierError where it is
 * there and cannot be understood: what training has seen would pass for new.
 */
export async function readRecordedParts(modelFile: string): Promise<RecordedParts> {
  const path = join(dirname(modelFile), "run.json");
  const parts = new Map<string, Set<Part>>();
  for (const [part, hash] of await entries(path)) {
    const known = parts.get(hash);
    if (known === undefined) parts.set(hash, new Set([part]));
    else known.add(part);
  }
  return { size: parts.size, of: (hash) => parts.get(hash.slice(0, digits)) ?? never };
}

async function entries(path: string): Promise<[Part, string][]> {
  let record: unknown;
  try {
    record = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return [];
    throw broken(path, reason(cause), cause);
  }
  if (!isFields(record)) throw broken(path, "it holds no JSON object");
  const { split = {} } = record;
  if (!isFields(split)) throw broken(path, "its 'split' is no object");
  return all.flatMap((part) => {
    const { [part]: files = {} } = split;
    if (!isFields(files)) throw broken(path, `its 'split.${part}' is no object`);
    return Object.entries(files).map(([file, hash]): [Part, string] => {
      if (typeof hash === "string") return [part, hash];
      throw broken(path, `its 'split.${part}' gives no hash for ${file}`);
    });
  });
}

function broken(path: string, why: string, cause?: unknown): ClassifierError {
  return new ClassifierError(
    {
      what: `Cannot read the run's record ${path}:`,
      why: `${why}.`,
      next: "Train again, or take it away: then every picture counts as new to the classifier.",
    },
    { file: path },
    { cause },
  );
}
