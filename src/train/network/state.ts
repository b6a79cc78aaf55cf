import type { Tensor } from "../../core/tensor.ts";
import { starting } from "../carried.ts";
import type { StepGraph } from "../step-graph.ts";
import type { EpochEvent } from "../trained-head.ts";

export type Tensors = ReadonlyMap<string, Tensor>;

/** Everything that a training step carries on. */
export interface Carry {
  readonly weights: Tensors;
  /** What the optimizer remembers. */
  readonly slots: Tensors;
  /** Moving averages of the weights, by their own names; empty without them. */
  readonly averages: Tensors;
}

/** Sums over the rows of the epoch under way. */
export interface EpochSums {
  readonly loss: number;
  /** What the loss would be, were every class held equally likely. */
  readonly guess: number;
  readonly hits: number;
  readonly rows: number;
}

/** The weights that a training would end with, were it to end now. */
export interface Best {
  readonly weights: Tensors;
  /** On the validation pictures, in training where there are none; infinite before anything was measured. */
  readonly loss: number;
  readonly accuracy: number;
  /** After which epoch, counted over all stages; 0: as training began. */
  readonly epoch: number;
}

/**
 * Where a stage of training stands, whole: going on from it gives the very weights that never stopping would have
 * given. Random choices are derived from the seed, the epoch and the batch, so there is no generator to keep.
 */
export interface StageState {
  readonly stage: number;
  /** The epoch under way, from 1 on, and the number of its updates that are done. */
  readonly epoch: number;
  readonly batch: number;
  /** Updates done in this stage. */
  readonly step: number;
  readonly sums: EpochSums;
  readonly now: Carry;
  /** As the epoch under way began: where a diverged epoch goes back to. */
  readonly good: Carry;
  /** The weights of the least validation loss so far, of all stages. */
  readonly best: Best;
  /** Epochs since they were found. */
  readonly stale: number;
  /** Multiplies the learning rate; below 1 after a rollback. */
  readonly rateScale: number;
  /** The larger of the first batch's loss and the first epoch's mean, against which explosions are told. */
  readonly firstLoss: number;
  readonly history: readonly EpochEvent[];
}

export const noSums: EpochSums = { loss: 0, guess: 0, hits: 0, rows: 0 };

/** Weights that nothing was measured of. */
export function unmeasured(weights: Tensors): Best {
  return { weights, loss: Number.POSITIVE_INFINITY, accuracy: 0, epoch: 0 };
}

/** What a step carries on, before the first one. */
export function firstCarry({ parameters, state, averages }: Omit<StepGraph, "model">): Carry {
  return { weights: starting(parameters), slots: starting(state), averages: starting(averages) };
}

/** The state before the first update of a stage. */
export function firstState(step: Omit<StepGraph, "model">, stage: number, best: Best): StageState {
  const now = firstCarry(step);
  return {
    stage,
    epoch: 1,
    batch: 0,
    step: 0,
    sums: noSums,
    now,
    good: now,
    best,
    stale: 0,
    rateScale: 1,
    firstLoss: 0,
    history: [],
  };
}
