import { RecordError } from "../../train/observers/errors.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** A file of a run's folder that is not what it should be. */
export function broken(file: string, why: string, cause?: unknown): RecordError {
  return new RecordError(
    { what: `Cannot make a report of ${file}:`, why: `${why}.`, next: "Train again, or name another run." },
    { path: file },
    { cause },
  );
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The fields of what should be an object, and none of anything else. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

export function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
