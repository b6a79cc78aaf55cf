import { TsugikiError } from "../../core/errors.ts";

/** A network that cannot be written channels last: an operator, or a use of one, that phones and browsers lack. */
export class LoweringError extends TsugikiError<{ readonly node: string; readonly opType: string }> {
  override readonly code = "LOWERING";
}
