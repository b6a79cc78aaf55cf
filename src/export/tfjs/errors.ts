import { TsugikiError } from "../../core/errors.ts";

/** A network that Teachable Machine's loader cannot be given: it knows Keras' layers only. */
export class TeachableMachineError extends TsugikiError<{ readonly step: string; readonly op: string }> {
  override readonly code = "TEACHABLE_MACHINE";
}
