import { checkAugmentation, parseAugmentation } from "../augment/parse.ts";
import type { AugmentationSpec } from "../augment/spec.ts";
import { UsageError } from "../core/errors.ts";
import { parseUnfreeze } from "../surgery/split-at.ts";
import { inRange, oneOf } from "../train/check-data.ts";
import { type DenseHeadOptions, optimizers } from "../train/dense-head.ts";
import { type NetworkChoices, type Strategy, strategies } from "../train/network/fine-tune.ts";
import { type NetworkSettings, type StageSettings, scheduleKinds } from "../train/network/stage.ts";

/** How the base itself is trained, as a user says it. */
export interface NetworkOptions
  extends Pick<
    DenseHeadOptions,
    "optimizer" | "learningRate" | "weightDecay" | "epochs" | "batchSize" | "patience"
  > {
  /** "features" (default): the head alone. "finetune", "full", "scratch": see `Strategy`. */
  readonly strategy?: Strategy | undefined;
  /** What "finetune" trains of the base: a share of its depth, a number of blocks, the name of a node, or "all". */
  readonly unfreeze?: string | undefined;
  /** Augmented views of each picture kept behind the frozen part, at most 64; 0: the frozen part runs each epoch. */
  readonly views?: number | undefined;
  /** A preset ("none", "light", "standard", "strong"), words such as "flip,rotate:20", or a specification. */
  readonly augment?: string | AugmentationSpec | undefined;
  readonly schedule?: NetworkSettings["schedule"] | undefined;
  /** Share of the updates in which the rate rises. Default: 0.1; "one-cycle": 0.3. */
  readonly warmup?: number | undefined;
  /** Each third of the base's depth learns at the rate of the one above, times this. */
  readonly depthDecay?: number | undefined;
  /** Gradients together are held to this norm; 0: not at all. */
  readonly clipNorm?: number | undefined;
  /** Decay of the weights' moving average; 0: none is kept. */
  readonly ema?: number | undefined;
  readonly labelSmoothing?: number | undefined;
  /** Batches whose gradients make one update, as one batch so many times as large would. Default 1. */
  readonly accumulate?: number | undefined;
  /** Go on where the same training of the base was stopped or killed. */
  readonly resume?: boolean | undefined;
  /** Seconds between two checkpoints of the base's training. Default: 10, more where writing one takes long. */
  readonly checkpointEvery?: number | undefined;
}

const ofNetworks = [
  "unfreeze",
  "views",
  "augment",
  "schedule",
  "warmup",
  "depthDecay",
  "clipNorm",
  "ema",
  "accumulate",
  "resume",
  "checkpointEvery",
] as const;

/** Views of each picture that may be asked for. */
const mostViews = 64;

/** A few hundred pictures make so few updates an epoch that the usual epochs would hardly leave the start. */
const leastUpdates = 240;

/** The defaults of each strategy, found by the experiments in docs/TRAINING.md. */
export const strategyDefaults = {
  finetune: { epochs: 8, learningRate: 2e-4, labelSmoothing: 0.1, unfreeze: "0.35" },
  full: { epochs: 12, learningRate: 5e-4, labelSmoothing: 0.1, unfreeze: "all" },
  scratch: { epochs: 40, learningRate: 2e-3, labelSmoothing: 0.1, unfreeze: "all" },
} as const;

/** The base's training with its defaults filled in; undefined where the base stays as it is. Throws UsageError. */
export function networkOf(options: NetworkOptions): NetworkChoices | undefined {
  const { strategy = "features" } = options;
  if (!strategies.includes(strategy)) {
    throw new UsageError(
      { what: `There is no strategy '${strategy}'.`, next: `Choose ${strategies.join(", ")}.` },
      { option: "strategy", value: strategy },
    );
  }
  if (strategy === "features") {
    refuseWithoutStrategy(options);
    return undefined;
  }
  const usual = strategyDefaults[strategy];
  const { optimizer = "adamw", augment = "standard", clipNorm = 1, ema = 0, schedule = "cosine" } = options;
  // Before the first look into a table by them.
  oneOf("optimizer", optimizer, Object.keys(optimizers));
  oneOf("schedule", schedule, scheduleKinds);
  const choices: NetworkChoices = {
    strategy,
    stages: stagesOf(options, usual),
    optimizer,
    learningRate: options.learningRate ?? usual.learningRate,
    weightDecay: options.weightDecay ?? optimizers[optimizer].weightDecay,
    depthDecay: options.depthDecay ?? 1,
    schedule,
    // One-cycle's rise is a part of it.
    warmup: options.warmup ?? (schedule === "one-cycle" ? undefined : 0.1),
    batchSize: options.batchSize ?? 32,
    accumulate: options.accumulate ?? 1,
    patience: options.patience,
    leastUpdates: options.epochs === undefined ? leastUpdates : undefined,
    labelSmoothing: options.labelSmoothing ?? usual.labelSmoothing,
    clipNorm: clipNorm === 0 ? undefined : clipNorm,
    averageDecay: ema === 0 ? undefined : ema,
    batchStatistics: strategy === "scratch",
    augmentation: typeof augment === "string" ? parseAugmentation(augment) : augment,
  };
  check(choices, options);
  return choices;
}

function stagesOf(
  { strategy, unfreeze, views, epochs }: NetworkOptions,
  usual: { readonly epochs: number; readonly unfreeze: string },
): readonly StageSettings[] {
  if (unfreeze !== undefined && strategy !== "finetune") {
    throw new UsageError(
      {
        what: `--unfreeze does nothing with --strategy ${strategy}:`,
        why: "all of the base is trained from the first step.",
        next: "Leave it out, or choose --strategy finetune.",
      },
      { option: "unfreeze", value: unfreeze },
    );
  }
  const trained = parseUnfreeze(unfreeze ?? usual.unfreeze);
  if (views !== undefined && trained.kind === "all") {
    throw new UsageError(
      {
        what: `--views does nothing with ${strategy === "finetune" ? "--unfreeze all" : `--strategy ${strategy}`}:`,
        why: "views are kept behind a frozen part, and all of the base is trained.",
        next: "Leave it out, or choose --strategy finetune and unfreeze less.",
      },
      { option: "views", value: views },
    );
  }
  return [
    {
      unfreeze: trained,
      epochs: epochs ?? usual.epochs,
      views: views ?? "auto",
    },
  ];
}

function refuseWithoutStrategy(options: NetworkOptions): void {
  const option = ofNetworks.find((name) => options[name] !== undefined && options[name] !== false);
  if (option === undefined) return;
  throw new UsageError(
    {
      what: `The option ${option} does nothing here:`,
      why: "it is for training the base, and the strategy 'features' trains the head alone.",
      next: "Add --strategy finetune, or leave it out.",
    },
    { option, value: options[option] },
  );
}

function check(choices: NetworkChoices, options: NetworkOptions): void {
  const { ema = 0, clipNorm = 1, checkpointEvery = 0 } = options;
  const whole = (value: number): boolean => Number.isInteger(value) && value >= 1;
  const positive = (value: number): boolean => value > 0;
  const share = (value: number): boolean => value >= 0 && value < 1;
  inRange("learningRate", choices.learningRate, positive, "above 0");
  inRange("weightDecay", choices.weightDecay, (value) => value >= 0, "0 or more");
  inRange("depthDecay", choices.depthDecay, (value) => value > 0 && value <= 1, "above 0 and at most 1");
  inRange("warmup", choices.warmup ?? 0, share, "from 0 up to, but not, 1");
  inRange("ema", ema, share, "from 0 up to, but not, 1");
  inRange("clipNorm", clipNorm, (value) => value >= 0, "0 or more");
  inRange("labelSmoothing", choices.labelSmoothing, share, "from 0 up to, but not, 1");
  inRange("checkpointEvery", checkpointEvery, (value) => value >= 0, "0 or more");
  inRange("patience", choices.patience ?? 1, whole, "a whole number from 1");
  for (const name of ["batchSize", "accumulate"] as const)
    inRange(name, choices[name] ?? 1, whole, "a whole number from 1");
  for (const { epochs, views } of choices.stages) {
    inRange("epochs", epochs, whole, "a whole number from 1");
    const isCount = views === "auto" || (Number.isInteger(views) && views >= 0 && views <= mostViews);
    const range = `a whole number from 0 to ${mostViews}, for each fills the disk further`;
    inRange("views", views === "auto" ? 0 : views, () => isCount, range);
  }
  checkAugmentation(choices.augmentation);
}
