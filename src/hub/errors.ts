import { TsugikiError } from "../core/errors.ts";

/** A handle that names no model in any of the forms that are known. */
export class HandleError extends TsugikiError<{ readonly handle: string }> {
  override readonly code = "HUB_HANDLE";
}

/** A model that its hub does not have, or does not give: unknown, gated, moved, or of another kind. */
export class NoModelError extends TsugikiError<{ readonly handle: string; readonly status?: number }> {
  override readonly code = "HUB_NO_MODEL";
}

/** A file that could not be had: every place was tried, as often as is polite. */
export class DownloadError extends TsugikiError<{
  readonly file: string;
  /** What each place answered last. */
  readonly tried: readonly { readonly url: string; readonly reason: string }[];
}> {
  override readonly code = "HUB_DOWNLOAD";
}

/** Bytes that are not those that were meant. Nothing of them is kept. */
export class IntegrityError extends TsugikiError<{
  readonly file: string;
  readonly expected: string;
  readonly actual: string;
}> {
  override readonly code = "HUB_INTEGRITY";
}

/** An archive that is damaged, larger than any model, or made to write where it should not. */
export class ModelArchiveError extends TsugikiError<{ readonly archive: string; readonly entry?: string }> {
  override readonly code = "HUB_ARCHIVE";
}

/** Something that the network would have to give, while it may not be touched. */
export class OfflineError extends TsugikiError<{ readonly handle: string }> {
  override readonly code = "HUB_OFFLINE";
}

/** A model whose licence forbids what most people do, until somebody says that it is all right. */
export class LicenceError extends TsugikiError<{ readonly handle: string; readonly licence: string }> {
  override readonly code = "HUB_LICENCE";
}
