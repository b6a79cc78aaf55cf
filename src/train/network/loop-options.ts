import type { EpochEvent } from "../trained-head.ts";
import type { KeptEvent, RollbackEvent, StepEvent } from "./events.ts";
import type { GuessOptions } from "./guess.ts";
import type { Inputs } from "./inputs.ts";
import type { StageState } from "./state.ts";
import type { Gathering, UpdateParts } from "./update.ts";
import type { ValidationParts } from "./validate.ts";

/** What asks for a state to be kept: the time that has passed, or a stop, after which there will be no other chance. */
export type Moment = "step" | "epoch" | "stop";

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
  readonly seed: number;
  /** Takes states from which training can go on, and answers whether it kept this one. */
  readonly keep?: ((state: StageState, moment: Moment) => Promise<boolean>) | undefined;
}

export type LoopEvent = StepEvent | EpochEvent | RollbackEvent | KeptEvent;

/** Updates in an epoch: ceil(pictures / (batch size x batches an update)). */
export function updatesIn({ inputs, batchSize, accumulate = 1 }: LoopOptions): number {
  return Math.ceil(inputs.training / (batchSize * accumulate));
}

/** The number of an epoch, and of all epochs, over all stages. */
export function counted({ epochs, earlier, later }: LoopOptions, epoch: number) {
  return { epoch: earlier + epoch, epochs: earlier + epochs + later };
}

/** Training ends by an error: where that is a stop from outside, the state is kept first. Throws the error. */
export async function* leave(
  options: LoopOptions,
  state: StageState,
  error: unknown,
): AsyncGenerator<KeptEvent, never> {
  if (options.signal?.aborted && (await options.keep?.(state, "stop"))) {
    const { batch, epoch } = state;
    yield { type: "kept", ...counted(options, epoch), step: batch, steps: updatesIn(options) };
  }
  throw error;
}
