import { type Fields, isFields } from "../core/json.ts";

/** What a model is, as its hub says. */
export interface ModelFacts {
  /** Its handle with nothing left open: a commit, a file. */
  readonly id: string;
  /** Short, for tables and messages. */
  readonly name: string;
  /** Which of the files is the model. */
  readonly model: string;
  readonly licence?: Licence | undefined;
  /** How pixels are normalised, by a name that `--preprocess` knows, where the catalogue says it. */
  readonly preprocess?: string | undefined;
  /** What to tell whoever asks for it: that it moved, or stands in for another. */
  readonly note?: string | undefined;
}

/** What is remembered of a model that was pulled: what was asked, what that was, and the bytes that came. */
export interface ModelRecord extends ModelFacts {
  readonly version: 1;
  /** As it was asked for, in the grammar's own form. */
  readonly handle: string;
  /** What lies in the model's folder. */
  readonly files: readonly RecordedFile[];
  /** The archive that they came in, which is what was pinned then. It is not kept. */
  readonly archive?: RecordedFile | undefined;
  /** When it was pinned, ISO 8601. */
  readonly pulled: string;
}

export interface RecordedFile {
  /** Its name in the model's folder. */
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  /** Where it came from; in an archive, the archive's address, ":" and its path there. */
  readonly url: string;
}

export interface Licence {
  readonly id: string;
  /** Whether it allows commercial use, where that is known. */
  readonly commercial?: boolean;
}

export function isSha256(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** One name, no path: it stays in its folder whatever it says. */
export function isFileName(text: string): boolean {
  return text !== "." && text !== ".." && text !== recordName && /^[^/\\\0]{1,255}$/.test(text);
}

/** The record's own name in a model's folder. */
export const recordName = "tsugiki-model.json";

/** The record in a file's text; undefined for what is none, or was tampered with. */
export function parseRecord(text: string): ModelRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isFields(value) || value.version !== 1) return undefined;
  const { handle, id, name, model, files, archive, pulled } = value;
  const texts = [handle, id, name, model, pulled].every((field) => typeof field === "string");
  if (!texts || !Array.isArray(files) || files.length > 1000 || !files.every(isFile)) return undefined;
  if (archive !== undefined && !isFile(archive)) return undefined;
  if (!files.some(({ path }) => path === model)) return undefined;
  return value as unknown as ModelRecord;
}

function isFile(value: unknown): value is RecordedFile {
  return isFields(value) && isName(value) && isSize(value) && typeof value.url === "string";
}

function isName({ path, sha256 }: Fields): boolean {
  return typeof path === "string" && isFileName(path) && typeof sha256 === "string" && isSha256(sha256);
}

function isSize({ bytes }: Fields): boolean {
  return Number.isSafeInteger(bytes) && (bytes as number) >= 0;
}
