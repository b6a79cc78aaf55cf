import { reason, TsugikiError } from "../core/errors.ts";

/** A folder, archive or list cannot be read as a dataset; `path` is what was opened. */
export class DatasetError extends TsugikiError<{ readonly path: string }> {
  override readonly code = "DATASET";
}

/** No layout fits what was found; `found` holds the first names. */
export class UnknownLayoutError extends TsugikiError<{
  readonly path: string;
  readonly found: readonly string[];
  readonly layouts: readonly string[];
}> {
  override readonly code = "UNKNOWN_LAYOUT";
}

/** An archive is damaged, hostile, or of a kind that is not read. */
export class ArchiveError extends TsugikiError<{ readonly path: string; readonly entry?: string }> {
  override readonly code = "ARCHIVE";
}

/** A list of pictures cannot be understood; `line` counts from 1. */
export class ListError extends TsugikiError<{ readonly path: string; readonly line?: number }> {
  override readonly code = "LIST";
}

/** One file of a dataset cannot be read whole: gone, too large, or unreadable. */
export class FileReadError extends TsugikiError<{ readonly path: string }> {
  override readonly code = "FILE_READ";
}

/** One picture cannot be decoded; training passes it over and reports it. */
export class PictureError extends TsugikiError<{ readonly id: string; readonly reason: string }> {
  override readonly code = "PICTURE";
}

/** The folder of computed features cannot be used; `path` is the file or folder that failed. */
export class CacheError extends TsugikiError<{ readonly path: string }> {
  override readonly code = "CACHE";
}

/** A class has no pictures where it needs some, or too few (near-duplicates count once) to share among the parts. */
export class TooFewPicturesError extends TsugikiError<{
  readonly label: string;
  readonly pictures: number;
  readonly groups: number;
  readonly needed: number;
}> {
  override readonly code = "TOO_FEW_PICTURES";
}

/** As `reason`, in one line without a closing mark: libraries end theirs with one, and our sentence adds its own. */
export function tidyReason(error: unknown): string {
  return reason(error)
    .trim()
    .replace(/\s*\n\s*/g, "; ")
    .replace(/[\s.:;,]+$/, "");
}
