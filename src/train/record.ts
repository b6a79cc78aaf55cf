import { formatAugmentation } from "../augment/parse.ts";
import type { Part } from "../data/sample.ts";
import { isOfLabels } from "../evaluate/label-report.ts";
import { formatUnfreeze } from "../surgery/split-at.ts";
import { optimizers } from "./dense-head.ts";
import { formatHead } from "./head.ts";
import { formatLoss } from "./loss.ts";
import type { TrainOutcome, TrainSettings } from "./run.ts";
import { keepsHead } from "./settings.ts";

/** How a classifier was trained and what it reached, as its file says it; the version is Tsugiki's. */
export function trainingRecord(
  settings: TrainSettings,
  {
    head,
    measured,
    parts,
    dataFingerprint,
  }: Pick<TrainOutcome, "head" | "measured" | "parts" | "dataFingerprint">,
  version: string,
): Record<string, unknown> {
  const figures = Object.entries(measured).map(([part, { evaluation }]) => {
    const { n, accuracy, interval, logLoss } = evaluation;
    const common = { n, accuracy, interval, logLoss };
    if (!isOfLabels(evaluation)) return [part, common];
    const { meanAveragePrecision, microF1 } = evaluation;
    return [part, { ...common, meanAveragePrecision, microF1 }];
  });
  return {
    ...recordOf(settings, head.regularisation),
    data: dataFingerprint,
    pictures: counts(parts),
    figures: Object.fromEntries(figures),
    tsugiki: version,
  };
}

/** How many pictures each part has. */
export function counts({ train, val, test }: TrainOutcome["parts"]): Record<Part, number> {
  return { train: train.length, val: val.length, test: test.length };
}

/** The settings as a record: those that had a part in this training, with what was chosen in place of what was asked. */
export function recordOf(
  settings: TrainSettings,
  chosenRegularisation: number | undefined,
): Record<string, unknown> {
  const {
    head,
    regularisation,
    optimizer,
    learningRate,
    weightDecay,
    epochs,
    batchSize,
    patience,
    network,
    loss,
    opinion,
    ...common
  } = settings;
  const own =
    head.length === 0
      ? network === undefined || keepsHead(network)
        ? { regularisation: chosenRegularisation ?? regularisation }
        : {}
      : {
          optimizer,
          learningRate: learningRate ?? optimizers[optimizer].rate,
          weightDecay: weightDecay ?? optimizers[optimizer].weightDecay,
          epochs,
          batchSize,
          patience,
        };
  const shared = { head: formatHead(head), ...common, loss: formatLoss(loss), ...own, ...opinion };
  if (network === undefined) return { strategy: "features", ...shared };
  const { strategy, stages, augmentation, ...rest } = network;
  const listed = stages.map((stage) => ({ ...stage, unfreeze: formatUnfreeze(stage.unfreeze) }));
  return {
    strategy,
    ...shared,
    network: { ...rest, augmentation: formatAugmentation(augmentation), stages: listed },
  };
}
