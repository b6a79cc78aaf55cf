import type { Model } from "../onnx/graph.ts";

/** One value of the regularisation solved to its optimum. */
export interface SolveEvent {
  readonly type: "solve";
  /** From 1 on. */
  readonly step: number;
  /** At most this many steps; fewer when validation worsens. */
  readonly steps: number;
  /** λ of mean cross-entropy + λ/2·‖W‖², W on standardised features; of several labels at once, of each by itself. */
  readonly regularisation: number;
  /** Mean cross-entropy without the penalty, with label smoothing and class weights where they are asked for. */
  readonly trainLoss: number;
  /** Plain mean cross-entropy; undefined without a validation set, as is the accuracy (a share). */
  readonly valLoss: number | undefined;
  readonly valAccuracy: number | undefined;
}

/** One pass over the training set. */
export interface EpochEvent {
  readonly type: "epoch";
  /** From 1 on. */
  readonly epoch: number;
  readonly epochs: number;
  /** Means over the epoch's batches as they were trained, dropout and all. */
  readonly loss: number;
  readonly accuracy: number;
  /** Plain mean cross-entropy after the epoch; undefined without a validation set, as is the accuracy (a share). */
  readonly valLoss: number | undefined;
  readonly valAccuracy: number | undefined;
  readonly learningRate: number;
  /** Whether these weights are the best so far, and kept. */
  readonly best: boolean;
  /** Of the base's training, from 1 on; undefined for a head alone. */
  readonly stage?: number;
}

export type HeadEvent = SolveEvent | EpochEvent;

export interface TrainedHead {
  /** `features` float32 [N, width] to `logits` float32 [N, classes]; takes features as they are, not standardised. */
  readonly model: Model;
  /** The λ chosen, for a linear head. */
  readonly regularisation?: number;
  readonly history: readonly HeadEvent[];
}
