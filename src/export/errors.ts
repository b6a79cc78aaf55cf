import { TsugikiError } from "../core/errors.ts";

/** A file that should be an exported classifier and is not, or not whole. */
export class ClassifierError extends TsugikiError<{ readonly file: string }> {
  override readonly code = "CLASSIFIER";
}
