import { TsugikiError } from "../core/errors.ts";

/** The server cannot start: names that clash, an address that is taken. */
export class ServeError extends TsugikiError<{
  readonly models?: readonly string[];
  readonly port?: number;
}> {
  override readonly code = "SERVE";
}

/** HTTP statuses with which requests are refused. */
export type RefusalStatus = 400 | 403 | 404 | 405 | 413 | 415 | 421 | 422 | 503 | 504;

/** A request that is not answered; its message goes to whoever sent it. */
export class RefusedError extends TsugikiError<{ readonly status: RefusalStatus }> {
  override readonly code = "REFUSED";
}

/** An error to throw: `what` in a sentence, and what to do next. */
export function refusal(status: RefusalStatus, what: string, next?: string): RefusedError {
  return new RefusedError({ what, ...(next !== undefined && { next }) }, { status });
}
