import { isOfLabels } from "../../evaluate/label-report.ts";
import type { TrainEvent } from "../run.ts";

/** One moment of some curves. */
export interface Scalars {
  readonly step: number;
  /** By TensorBoard's tag; undefined where there is nothing to draw. */
  readonly values: Readonly<Record<string, number | undefined>>;
}

/**
 * What TensorBoard draws of an event. The head's own training stands under "head/", so that its curves and those of the
 * base's, which counts epochs over all stages, do not run into each other.
 */
export function scalarsOf(event: TrainEvent): Scalars | undefined {
  switch (event.type) {
    case "solve":
      return {
        step: event.step,
        values: {
          "head/loss/train": event.trainLoss,
          "head/loss/val": event.valLoss,
          "head/accuracy/val": event.valAccuracy,
          "head/regularisation": event.regularisation,
        },
      };
    case "epoch": {
      const of = event.stage === undefined ? "head/" : "";
      return {
        step: event.epoch,
        values: {
          [`${of}loss/train`]: event.loss,
          [`${of}loss/val`]: event.valLoss,
          [`${of}accuracy/train`]: event.accuracy,
          [`${of}accuracy/val`]: event.valAccuracy,
          [`${of}learning rate`]: event.learningRate,
        },
      };
    }
    case "step":
      return { step: event.update, values: { "loss/step": event.batchLoss } };
    case "evaluated": {
      const { part, evaluation } = event;
      const map = isOfLabels(evaluation) ? (evaluation.meanAveragePrecision ?? undefined) : undefined;
      return {
        step: 0,
        values: { [`accuracy/final ${part}`]: evaluation.accuracy, [`mAP/final ${part}`]: map },
      };
    }
    default:
      return undefined;
  }
}
