import { type Fields, isFields } from "../../core/json.ts";
import { RecordError } from "../../train/observers/errors.ts";

/** A file of a run's folder that is not what it should be. */
export function broken(file: string, why: string, cause?: unknown): RecordError {
  return new RecordError(
    { what: `Cannot make a report of ${file}:`, why: `${why}.`, next: "Train again, or name another run." },
    { path: file },
    { cause },
  );
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
