import { TsugikiError } from "../../core/errors.ts";

/** An export that does not say what the trained model says: it is not handed over. */
export class ParityError extends TsugikiError<{
  readonly format: string;
  readonly agreement: number;
  readonly least: number;
  /** Where it goes wrong, the worst first; empty where that is not known. */
  readonly worst: readonly string[];
}> {
  override readonly code = "PARITY";
}

/** A format that this classifier cannot be written in. */
export class ExportError extends TsugikiError<{ readonly format: string }> {
  override readonly code = "EXPORT";
}
