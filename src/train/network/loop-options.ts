import { CheckpointError } from "../errors.ts";
import type { WarningEvent } from "../run.ts";
import type { EpochEvent } from "../trained-head.ts";
import type { KeptEvent, RollbackEvent, StepEvent } from "./events.ts";
import type { GuessOptions } from "./guess.ts";
import type { Inputs } from "./inputs.ts";
import type { StageState } from "./state.ts";
import type { Gathering, UpdateParts } from "./update.ts";
import type { ValidationParts } from "./validate.ts";

/**
 * What asks for a state to be kept: the time that has passed, the end of a stage, which nothing may lose, or a stop,
 * after which there will be no other chance.
 */
export type Moment = "step" | "epoch" | "end" | "stop";

export interface LoopOptions extends UpdateParts, ValidationParts, GuessOptions {
  readonly inputs: Inputs;
  /** Where gradients of several batches make one update: sums them, and `training` runs the update. */
  readonly gathering?: Gathering | undefined;
  /** Batches that make one update. Default 1. */
  readonly accumulate?: number | undefined;
  readonly epochs: number;
  /** Epochs of the stages before this one, and of those to come: events count through. */
  readonly earlier: number;
  readonly later: number;
  /** Updates that the stages before this one had planned. Default 0. */
  readonly earlierUpdates?: number | undefined;
  readonly batchSize: number;
  /** Learning rate of update `step`, from 1 on. */
  readonly rate: (step: number) => number;
  readonly patience: number;
  /** The start is worth keeping: where nothing better was reached it ends a stage that diverges. Default false. */
  readonly keepsStart?: boolean | undefined;
  readonly seed: number;
  /** Takes states from which training can go on, and answers whether it kept this one. */
  readonly keep?: ((state: StageState, moment: Moment) => Promise<boolean>) | undefined;
}

export type LoopEvent = StepEvent | EpochEvent | RollbackEvent | KeptEvent | WarningEvent;

/** Updates in an epoch: ceil(pictures / (batch size x batches an update)). */
export function updatesIn({
  inputs,
  batchSize,
  accumulate = 1,
}: Pick<LoopOptions, "inputs" | "batchSize" | "accumulate">): number {
  return Math.ceil(inputs.training / (batchSize * accumulate));
}

/** The number of an epoch, and of all epochs, over all stages. */
export function counted({ epochs, earlier, later }: LoopOptions, epoch: number) {
  return { epoch: earlier + epoch, epochs: earlier + epochs + later };
}

/** Keeps a state where it is time for that; training does not end because it cannot be written, a full disk say. */
export async function* keep(
  options: Pick<LoopOptions, "keep">,
  state: StageState,
  moment: Moment,
): AsyncGenerator<WarningEvent, boolean> {
  try {
    return (await options.keep?.(state, moment)) ?? false;
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    const without = "Training goes on without; what was kept before can still be gone on from.";
    yield { type: "warning", message: `${error.message} ${without}` };
    return false;
  }
}

/** Training ends by an error: where that is a stop from outside, the state is kept first. Throws the error. */
export async function* leave(
  options: LoopOptions,
  state: StageState,
  error: unknown,
): AsyncGenerator<KeptEvent | WarningEvent, never> {
  if (options.signal?.aborted && (yield* keep(options, state, "stop"))) {
    const { batch, epoch } = state;
    yield { type: "kept", ...counted(options, epoch), step: batch, steps: updatesIn(options) };
  }
  throw error;
}
