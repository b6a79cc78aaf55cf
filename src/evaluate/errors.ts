import { TsugikiError } from "../core/errors.ts";

/** Predictions that cannot be measured: `row` counts from 0 and is set where one row is at fault. */
export class EvaluationError extends TsugikiError<{
  readonly row?: number;
  readonly class?: string;
  readonly value?: number;
}> {
  override readonly code = "EVALUATION";
}
