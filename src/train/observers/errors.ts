import { TsugikiError } from "../../core/errors.ts";

/** A record of the run could not be written, or an older one of it could not be read. */
export class RecordError extends TsugikiError<{ readonly path?: string; readonly line?: number }> {
  override readonly code = "RECORD";
}
