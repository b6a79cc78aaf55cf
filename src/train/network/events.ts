import type { ViewsReason } from "./views.ts";

/** A stage of training begins: what it trains and what it costs. */
export interface StageEvent {
  readonly type: "stage";
  /** From 1 on. */
  readonly stage: number;
  readonly stages: number;
  /** How many of the base's blocks are trained, the last ones, and from which value on. */
  readonly blocks: number;
  readonly ofBlocks: number;
  readonly from: string;
  readonly weights: number;
  readonly parameters: number;
  /** Highest learning rate of each group of weights. */
  readonly groups: readonly RateGroup[];
  readonly epochs: number;
  readonly batchSize: number;
  /** Batches that make one update. */
  readonly accumulate: number;
  /** In the training loss; validation measures without it. */
  readonly labelSmoothing: number;
  /** Views of each picture behind the frozen part that are computed once and kept; 0: it runs each epoch. */
  readonly views: number;
  readonly viewsReason: ViewsReason;
  /** Bytes that one view takes, and that all kept ones take together, plain ones of validation pictures among them. */
  readonly viewBytes: number;
  readonly keptBytes: number;
}

export interface RateGroup {
  readonly name: string;
  readonly parameters: number;
  readonly learningRate: number;
}

/** The frozen part runs over the pictures. */
export interface ViewsEvent {
  readonly type: "views";
  readonly done: number;
  readonly total: number;
}

/** One update. */
export interface StepEvent {
  readonly type: "step";
  readonly epoch: number;
  readonly epochs: number;
  /** Within the epoch, from 1 on. */
  readonly step: number;
  readonly steps: number;
  /** Its number over all stages, from 1 on; a stage that ended early leaves a gap. */
  readonly update: number;
  /** Of its own batch, before the update. */
  readonly batchLoss: number;
  /** Means over the epoch so far. */
  readonly loss: number;
  readonly accuracy: number;
  readonly learningRate: number;
}

/**
 * The loss left all bounds: training goes back to where the epoch began, slower, or (`again`) ends the stage with the best
 * weights so far: `best` is the epoch that left them, over all stages, 0 those of the start.
 */
export interface RollbackEvent {
  readonly type: "rollback";
  readonly epoch: number;
  readonly step: number;
  readonly loss: number;
  readonly again: boolean;
  readonly best: number;
}

/** Training begins where a checkpoint stands, or could not, or was not asked to. */
export interface ResumeEvent {
  readonly type: "resume";
  /**
   * "checkpoint": training goes on from it. "nothing": that was asked for, and there is none. "passed over": there is
   * one, nobody asked for it, and this training will write its own in its place.
   */
  readonly from: "checkpoint" | "nothing" | "passed over";
  /** How much of the training the checkpoint holds: epochs over all stages, and updates of the epoch under way. */
  readonly epochs: number;
  readonly step: number;
  /**
   * Of one that is passed over, by name, what makes its training another than this one: none, and it could be gone on
   * from. Absent where it cannot be read.
   */
  readonly differs?: readonly string[];
}

/** All stages are over: the weights are kept that some epoch left, counted over all stages; 0: those of the start. */
export interface ChosenEvent {
  readonly type: "chosen";
  readonly epoch: number;
  /** How many there were. */
  readonly epochs: number;
}

/** Training was stopped from outside, and kept where it stood. */
export interface KeptEvent {
  readonly type: "kept";
  /** The epoch under way, and the number of its updates that are done. */
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly steps: number;
}
