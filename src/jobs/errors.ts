import { TsugikiError } from "../core/errors.ts";

/** The disk has less room than the work would fill. */
export class DiskSpaceError extends TsugikiError<{
  readonly folder: string;
  readonly needed: number;
  readonly free: number;
}> {
  override readonly code = "DISK_SPACE";
}

/** A classifier that a hub did not take. */
export class PublishError extends TsugikiError<{ readonly repo: string }> {
  override readonly code = "PUBLISH";
}
