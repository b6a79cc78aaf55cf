import { bytes, count, integer, percentage } from "../../core/words.ts";
import type {
  ChosenEvent,
  EpochEvent,
  KeptEvent,
  ResumeEvent,
  RollbackEvent,
  StageEvent,
} from "../../index.ts";

/** What a stage trains, at which rates, and what its frozen part costs. */
export function stageLines(event: StageEvent): readonly string[] {
  const { stage, stages, blocks, ofBlocks, from, parameters, groups, epochs } = event;
  const { batchSize, accumulate, labelSmoothing } = event;
  const batches = accumulate > 1 ? `${accumulate} x ${batchSize}` : batchSize;
  const title = stages > 1 ? `Stage ${stage} of ${stages}` : "Training the base";
  const what =
    blocks === ofBlocks
      ? `all ${ofBlocks} blocks`
      : `the last ${blocks} of ${ofBlocks} blocks, from '${from}' on`;
  const rates = groups.map(({ name, learningRate }) => `${name} ${Number(learningRate.toPrecision(3))}`);
  const smoothing = labelSmoothing > 0 ? `, label smoothing ${labelSmoothing}` : "";
  const lines = [
    `${title}: ${what}, ${integer(parameters)} weights, up to ${count(epochs, "epoch")} of batches of ${batches}${smoothing}`,
    `Learning rates at their highest: ${rates.join(", ")}`,
  ];
  return blocks === ofBlocks ? lines : [...lines, viewsText(event)];
}

/** How often the frozen part runs, and why. */
function viewsText({ views, viewsReason, viewBytes, keptBytes }: StageEvent): string {
  const size = `${bytes(viewBytes)} each`;
  const kept = `The frozen part runs once: ${count(views, "view")} of each picture, ${size}, ${bytes(keptBytes)} of the disk with the plain ones of validation`;
  const each = "The frozen part runs each epoch";
  const otherwise = "(--views 0 runs it each epoch)";
  switch (viewsReason) {
    case "usual":
      return `${kept} ${otherwise}`;
    case "asked":
      return views > 0 ? `${kept}, as --views asks` : `${each}, as --views 0 asks`;
    case "epochs":
      return `${kept}, one an epoch: more would never be seen ${otherwise}`;
    case "alike":
      return `${kept}: nothing varies, so one is all there is ${otherwise}`;
    case "space":
      return views > 0
        ? `${kept}, as many as 4 GiB hold ${otherwise}`
        : `${each}: views of all pictures would take more than 4 GiB (--views 2 keeps two of each all the same)`;
    case "mixes":
      return `${each}: pictures that are blended with others have no views of their own to keep`;
    case "sizes":
      return `${each}: the size of what leaves it is not known beforehand, so no views can be kept`;
    case "nothing frozen":
      return "No part is frozen";
    default:
      return viewsReason satisfies never;
  }
}

export function epochLine({ epoch, epochs, loss, accuracy, valLoss, valAccuracy, best }: EpochEvent): string {
  const training = `loss ${loss.toFixed(3)}, ${percentage(accuracy)}`;
  const held =
    valLoss === undefined || valAccuracy === undefined
      ? ""
      : `; validation loss ${valLoss.toFixed(3)}, ${percentage(valAccuracy)}${best ? ", the best so far" : ""}`;
  return `Epoch ${epoch}/${epochs}: ${training}${held}`;
}

export function rollbackText({ epoch, step, loss, again, best }: RollbackEvent): string {
  const what = `The loss left all bounds (${loss.toPrecision(3)}) in epoch ${epoch}, step ${step}`;
  if (again && best === 0) {
    return [
      `${what}, for the second time, and no epoch had been better than the start.`,
      "TRAINING THE BASE FAILED, and nothing of it is kept: the model is the base as it was, with the head on its features.",
      "Try a lower --learning-rate; `tsugiki lr-find` suggests one.",
    ].join("\n");
  }
  return again
    ? `${what}, for the second time: training stops, and the best weights so far are kept. Try a lower --learning-rate.`
    : `${what}: back to the weights that the epoch began with, at a tenth of the rate.`;
}

/** What is said of a checkpoint, or of there being none, before training begins. */
export function resumeText({ from, epochs, step, differs }: ResumeEvent): string {
  switch (from) {
    case "checkpoint":
      return `Going on from the checkpoint: epoch ${epochs + 1}, after ${integer(step)} of its steps`;
    case "nothing":
      return "There is no checkpoint in the run's folder to go on from: training starts anew.";
    case "passed over":
      return `The run's folder holds the checkpoint of an unfinished training. This one starts anew and will soon write its own over it; ${insteadText({ epochs, step, differs })}.`;
    default:
      return from satisfies never;
  }
}

/** How to keep a checkpoint that is about to be written over. */
function insteadText({
  epochs,
  step,
  differs,
}: Pick<ResumeEvent, "epochs" | "step"> & { readonly differs: ResumeEvent["differs"] | undefined }): string {
  if (differs === undefined) return "that one cannot be read, so --resume would not go on with it";
  if (differs.length > 0)
    return `that one is of another training (they differ in: ${differs.join(", ")}); to keep it, stop this one and choose another --out`;
  return `to go on instead, from epoch ${epochs + 1} after ${integer(step)} of its steps, stop it and add --resume`;
}

export function keptText({ epoch, epochs, step, steps }: KeptEvent): string {
  return `Kept as it stands, in epoch ${epoch} of ${epochs} after ${integer(step)} of ${integer(steps)} steps: the same command with --resume goes on from there.`;
}

/** Which weights were kept, where that is not plain from the last epoch's line. */
export function chosenText({ epoch, epochs }: ChosenEvent): string | undefined {
  if (epoch === 0) return "No epoch was better than the start: the base and the head stay as they were.";
  return epoch === epochs ? undefined : `The weights of epoch ${epoch} are kept, the best on validation.`;
}
