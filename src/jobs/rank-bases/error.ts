import { TsugikiError } from "../../core/errors.ts";

/** None of several bases could be measured. */
export class NoBaseError extends TsugikiError<{
  readonly failed: readonly { readonly base: string; readonly reason: string }[];
}> {
  override readonly code = "NO_BASE";
}
