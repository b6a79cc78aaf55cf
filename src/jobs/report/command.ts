import { type Fields, isFields } from "../../core/json.ts";
import { listOf } from "../../core/list.ts";
import { fieldsOf, listIn, numberOf, textOf } from "./checks.ts";
import type { RunRecord } from "./record.ts";

/** Settings of the record and the options that give them, in the order in which help has them. */
const flags: readonly (readonly [setting: string, flag: string, usual?: unknown])[] = [
  ["strategy", "strategy", "features"],
  ["head", "head", "linear"],
  ["val", "val", 0.15],
  ["test", "test", 0.15],
  ["seed", "seed", 0],
  ["classWeights", "class-weights", "none"],
  ["loss", "loss", "cross-entropy"],
  ["batchSize", "batch-size", 32],
  ["optimizer", "optimizer"],
  ["learningRate", "learning-rate"],
  ["weightDecay", "weight-decay"],
  ["patience", "patience"],
  ["augmentation", "augment"],
  ["schedule", "schedule"],
  ["warmup", "warmup"],
  ["depthDecay", "depth-decay", 1],
  ["accumulate", "accumulate", 1],
];

/** The command line that trains the same again, from the settings in a run's record; a λ that was chosen is chosen again. */
export function commandOf({ training, data, bases }: Pick<RunRecord, "training" | "data" | "bases">): string {
  const network = fieldsOf(training.network);
  const settings: Fields = { ...training, ...network };
  const words = ["tsugiki train", quoted(data.path)];
  for (const { name } of listOf(bases)) if (name !== "box") words.push("--base", quoted(name));
  for (const [setting, flag, usual] of flags) {
    const value = settings[setting];
    if (value === undefined || value === null || typeof value === "object" || value === usual) continue;
    words.push(`--${flag}`, quoted(String(value)));
  }
  words.push(...smoothing(settings), ...ofStages(settings));
  if (training.strict === true) words.push("--strict");
  return words.join(" ");
}

/** Training the base smooths by itself, a head does not. */
function smoothing({ labelSmoothing, network }: Fields): readonly string[] {
  const value = numberOf(labelSmoothing);
  if (value === undefined || (value === 0 && !isFields(network))) return [];
  return ["--label-smoothing", String(value)];
}

/** How much of the base is trained and for how long; epochs that data made more of are made more of again. */
function ofStages(settings: Fields): readonly string[] {
  const { stages, network, clipNorm, averageDecay, leastUpdates, strategy } = settings;
  if (!isFields(network)) {
    const epochs = numberOf(settings.epochs);
    return epochs === undefined ? [] : ["--epochs", String(epochs)];
  }
  const last = fieldsOf(listIn(stages).at(-1));
  const unfreeze = strategy === "finetune" ? (textOf(last.unfreeze) ?? numberOf(last.unfreeze)) : undefined;
  const epochs = leastUpdates === undefined || leastUpdates === null ? numberOf(last.epochs) : undefined;
  const views = numberOf(last.views);
  return [
    ...(unfreeze === undefined ? [] : ["--unfreeze", quoted(String(unfreeze))]),
    ...(epochs === undefined ? [] : ["--epochs", String(epochs)]),
    ...(views === undefined ? [] : ["--views", String(views)]),
    ...(clipNorm === 1 ? [] : ["--clip-norm", String(numberOf(clipNorm) ?? 0)]),
    ...(numberOf(averageDecay) === undefined ? [] : ["--ema", String(averageDecay)]),
  ];
}

/** A word for a shell of the Unix kind. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
