import type {
  ChosenEvent,
  EpochEvent,
  KeptEvent,
  ResumeEvent,
  RollbackEvent,
  StageEvent,
} from "../../index.ts";
import { integer, percentage } from "./format.ts";

/** What a stage trains, at which rates, and what its frozen part costs. */
export function stageLines(event: StageEvent): readonly string[] {
  const { stage, stages, blocks, ofBlocks, from, parameters, groups, views, viewBytes, epochs } = event;
  const { batchSize, accumulate } = event;
  const batches = accumulate > 1 ? `${accumulate} x ${batchSize}` : batchSize;
  const title = stages > 1 ? `Stage ${stage} of ${stages}` : "Training the base";
  const what =
    blocks === ofBlocks
      ? `all ${ofBlocks} blocks`
      : `the last ${blocks} of ${ofBlocks} blocks, from '${from}' on`;
  const rates = groups.map(({ name, learningRate }) => `${name} ${Number(learningRate.toPrecision(3))}`);
  const lines = [
    `${title}: ${what}, ${integer(parameters)} weights, up to ${epochs} epochs of batches of ${batches}`,
    `Learning rates at their highest: ${rates.join(", ")}`,
  ];
  if (blocks === ofBlocks) return lines;
  const size = `${(viewBytes / 1024).toFixed(0)} KiB each`;
  lines.push(
    views > 0
      ? `The frozen part runs once: ${views} augmented ${views === 1 ? "view" : "views"} of each picture are kept, ${size} (--views 0 runs it each epoch)`
      : "The frozen part runs each epoch (--views 4 keeps four views of each picture instead)",
  );
  return lines;
}

export function epochLine({ epoch, epochs, loss, accuracy, valLoss, valAccuracy, best }: EpochEvent): string {
  const training = `loss ${loss.toFixed(3)}, ${percentage(accuracy)}`;
  const held =
    valLoss === undefined || valAccuracy === undefined
      ? ""
      : `; validation loss ${valLoss.toFixed(3)}, ${percentage(valAccuracy)}${best ? ", the best so far" : ""}`;
  return `Epoch ${epoch}/${epochs}: ${training}${held}`;
}

export function rollbackText({ epoch, step, loss, again }: RollbackEvent): string {
  const what = `The loss left all bounds (${loss.toPrecision(3)}) in epoch ${epoch}, step ${step}`;
  return again
    ? `${what}, for the second time: training stops, and the best weights so far are kept. Try a lower --learning-rate.`
    : `${what}: back to the weights that the epoch began with, at a tenth of the rate.`;
}

/** What is said of a checkpoint, or of there being none, before training begins. */
export function resumeText({ from, epochs, step }: ResumeEvent): string {
  switch (from) {
    case "checkpoint":
      return `Going on from the checkpoint: epoch ${epochs + 1}, after ${integer(step)} of its steps`;
    case "nothing":
      return "There is no checkpoint in the run's folder to go on from: training starts anew.";
    case "passed over":
      return "The run's folder holds the checkpoint of an unfinished training. This one starts anew and will soon write its own over it; to go on instead, stop it and add --resume.";
    default:
      return from satisfies never;
  }
}

export function keptText({ epoch, epochs, step, steps }: KeptEvent): string {
  return `Kept as it stands, in epoch ${epoch} of ${epochs} after ${integer(step)} of ${integer(steps)} steps: the same command with --resume goes on from there.`;
}

/** Which weights were kept, where that is not plain from the last epoch's line. */
export function chosenText({ epoch, epochs }: ChosenEvent): string | undefined {
  if (epoch === 0)
    return "No epoch brought a lower validation loss than the start had: the base and the head stay as they were.";
  return epoch === epochs ? undefined : `The weights of epoch ${epoch} are kept, the best on validation.`;
}
