import { TsugikiError } from "../core/errors.ts";

/** Data that no head can be trained on: no rows, one class, widths that disagree, numbers that are not finite. */
export class TrainingDataError extends TsugikiError<{
  readonly rows: number;
  readonly width: number;
  readonly classes: number;
}> {
  override readonly code = "TRAINING_DATA";
}

/** The loss or a gradient became infinite or not a number. */
export class DivergedError extends TsugikiError<{ readonly step: number; readonly loss: number }> {
  override readonly code = "DIVERGED";
}

/** A checkpoint that cannot be gone on from: another file, or of another training. */
export class CheckpointError extends TsugikiError<{ readonly file: string }> {
  override readonly code = "CHECKPOINT";
}
