import { UsageError } from "../core/errors.ts";
import { inRange, oneOf } from "./check-data.ts";
import { type DenseHeadOptions, optimizers } from "./dense-head.ts";
import { formatHead, type HeadSpec, parseHead } from "./head.ts";
import { formatLoss, type Loss, parseLoss } from "./loss.ts";
import type { NetworkChoices } from "./network/fine-tune.ts";
import type { TrainSettings } from "./run.ts";
import { type OpinionOptions, opinionOf } from "./second-opinion/choices.ts";

/** Options of heads with hidden layers; a linear head, which is solved, takes none of them. */
type DenseChoices = Pick<
  DenseHeadOptions,
  "optimizer" | "learningRate" | "weightDecay" | "epochs" | "batchSize" | "patience"
>;

/** How to train a head, as a user says it: everything may be left out. */
export interface HeadChoices extends DenseChoices, OpinionOptions {
  /** "linear" (default), or layers such as "dense:1024:relu,dropout:0.2". */
  readonly head?: string | HeadSpec | undefined;
  /** Shares for validation and test where the data does not come ready split. Default 0.15 each. */
  readonly val?: number | undefined;
  readonly test?: number | undefined;
  /** Whole, 0 to 4,294,967,295. Default 0. */
  readonly seed?: number | undefined;
  /** Stop at the first picture that cannot be read, instead of reporting and skipping it. */
  readonly strict?: boolean | undefined;
  /** "balanced" weighs classes by the inverse of their frequency. Default "none". */
  readonly classWeights?: "none" | "balanced" | undefined;
  /** In [0, 1). Default 0. */
  readonly labelSmoothing?: number | undefined;
  /**
   * What gradient steps lower: "cross-entropy" (default), "focal" (gamma 2) or "focal:GAMMA". A linear head under the
   * strategy "features" is solved by cross-entropy and takes no other.
   */
  readonly loss?: string | undefined;
  /** λ of a linear head; chosen on the validation part when left out. */
  readonly regularisation?: number | undefined;
}

const ofDenseHeads = ["optimizer", "learningRate", "weightDecay", "epochs", "batchSize", "patience"] as const;
const ofLinearHeads = ["regularisation"] as const;

/**
 * Fills in the defaults and checks everything, before hours of work rest on it; `network` says how the base is trained
 * after the head, where it is. Throws UsageError.
 */
export function headSettings(choices: HeadChoices, network?: NetworkChoices): TrainSettings {
  const head = headOf(choices.head ?? "linear");
  refuseOfOtherHead(choices, head, network !== undefined);
  if (network !== undefined && !keepsHead(network)) refuseForDrawnHead(choices, network.strategy);
  const loss = parseLoss(choices.loss ?? "cross-entropy");
  if (head.length === 0 && network === undefined) refuseUnsolved(loss);
  // Beside the base's training, the options of gradient steps are its own; the head first learns by its usual ones.
  const dense: DenseChoices = network === undefined ? choices : {};
  const settings: TrainSettings = {
    head,
    val: choices.val ?? 0.15,
    test: choices.test ?? 0.15,
    seed: choices.seed ?? 0,
    strict: choices.strict ?? false,
    classWeights: choices.classWeights ?? "none",
    labelSmoothing: choices.labelSmoothing ?? 0,
    loss,
    regularisation: choices.regularisation,
    optimizer: dense.optimizer ?? "adam",
    learningRate: dense.learningRate,
    weightDecay: dense.weightDecay,
    epochs: dense.epochs ?? 40,
    batchSize: dense.batchSize ?? 32,
    patience: dense.patience ?? 5,
    network,
    opinion: opinionOf(choices),
  };
  check(settings);
  return settings;
}

function headOf(head: string | HeadSpec): HeadSpec {
  if (typeof head === "string") return parseHead(head);
  // Values from JavaScript may be anything: what does not print as a head is none.
  return parseHead(Array.isArray(head) ? formatHead(head) : String(JSON.stringify(head)));
}

function refuseOfOtherHead(choices: HeadChoices, head: HeadSpec, trainsNetwork: boolean): void {
  const [foreign, words] =
    head.length === 0 && trainsNetwork
      ? [[] as const, ""]
      : head.length === 0
        ? [ofDenseHeads, "it is for heads with hidden layers, and a linear head is solved to its optimum"]
        : [ofLinearHeads, "it is for linear heads; give heads with hidden layers a weight decay"];
  const option = foreign.find((name) => choices[name] !== undefined);
  if (option === undefined) return;
  throw new UsageError(
    {
      what: `The option ${option} does nothing here:`,
      why: `${words}.`,
      next: "Leave it out, or choose another head.",
    },
    { option, value: choices[option] },
  );
}

/** Whether the head that is solved first is the one that training the base begins with. */
export function keepsHead({ strategy }: Pick<NetworkChoices, "strategy">): boolean {
  return strategy === "finetune";
}

function refuseForDrawnHead({ regularisation }: HeadChoices, strategy: string): void {
  if (regularisation === undefined) return;
  throw new UsageError(
    {
      what: `--regularisation does nothing with --strategy ${strategy}:`,
      why: "it is for a head that is solved, and there the head is drawn anew and trained with the base.",
      next: "Leave it out, or choose --strategy finetune.",
    },
    { option: "regularisation", value: regularisation },
  );
}

function refuseUnsolved(loss: Loss): void {
  if (loss.kind === "cross-entropy") return;
  throw new UsageError(
    {
      what: `The loss ${formatLoss(loss)} is for gradient steps:`,
      why: "a linear head takes none, it is solved to the optimum of its cross-entropy.",
      next: "Leave --loss out, give the head hidden layers (--head dense:256), or train the base (--strategy finetune).",
    },
    { option: "loss", value: formatLoss(loss) },
  );
}

function check(settings: TrainSettings): void {
  const { val, test, seed, labelSmoothing, classWeights, optimizer, ...rest } = settings;
  const share = (value: number): boolean => value >= 0 && value < 1;
  const positive = (value: number): boolean => value > 0;
  const whole = (value: number): boolean => Number.isInteger(value) && value >= 1;
  inRange("val", val, share, "from 0 up to, but not, 1");
  inRange("test", test, share, "from 0 up to, but not, 1");
  inRange("val + test", val + test, share, "below 1, or nothing is left to train on");
  inRange(
    "seed",
    seed,
    (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32,
    "a whole number from 0 to 4,294,967,295",
  );
  inRange("labelSmoothing", labelSmoothing, share, "from 0 up to, but not, 1");
  inRange("regularisation", rest.regularisation ?? 0, (value) => value >= 0, "0 or more");
  inRange("learningRate", rest.learningRate ?? 1, positive, "above 0");
  inRange("weightDecay", rest.weightDecay ?? 0, (value) => value >= 0, "0 or more");
  for (const name of ["epochs", "batchSize", "patience"] as const)
    inRange(name, rest[name], whole, "a whole number from 1");
  oneOf("optimizer", optimizer, Object.keys(optimizers));
  oneOf("classWeights", classWeights, ["none", "balanced"]);
}
