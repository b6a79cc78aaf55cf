import { type Command, Option } from "commander";
import { strategies, strategyDefaults } from "../index.ts";
import { number, share, whole, withOutput } from "./options.ts";

/** What a command that trains, or tries how to, asks for besides. */
export interface TrainingOptions {
  /** Of the run, behind its folder. */
  readonly run: readonly Option[];
  /** Adds the options of the base, or of several. */
  readonly base: (command: Command) => Command;
  /** Of the base's training, and of how long and how fast steps go. */
  readonly network: readonly Option[];
  readonly steps: readonly Option[];
}

/** The options of a training under the headings of its help, those of every command at the end. */
export function withTraining(command: Command, { run, base, network, steps }: TrainingOptions): Command {
  const group = (heading: string, options: readonly Option[]): void => {
    command.optionsGroup(heading);
    for (const each of options) command.addOption(each);
  };
  group("The run:", [...run, ...ofRun()]);
  base(command.optionsGroup("The base:"));
  group("The head:", ofHead());
  group("The data:", ofData());
  group("Training the base:", [...ofNetwork(), ...network]);
  group("Gradient steps:", [...ofSteps(), ...steps]);
  command.optionsGroup("Output:").helpOption("-h, --help", "display this help");
  return withOutput(command);
}

/** An option and, where one is given, how its text is read. */
export function option(flags: string, description: string, read?: (text: string) => number): Option {
  const made = new Option(flags, description);
  return read === undefined ? made : made.argParser(read);
}

/** "8 for finetune, 12 for full, 40 for scratch" */
export function perStrategy(of: "epochs" | "learningRate" | "labelSmoothing"): string {
  const rows = Object.entries(strategyDefaults).map(([name, usual]) => [name, String(usual[of])] as const);
  const [first] = rows;
  if (first && rows.every(([, value]) => value === first[1])) return `${first[1]} for the base`;
  return rows.map(([name, value]) => `${value} for ${name}`).join(", ");
}

function ofRun(): Option[] {
  return [
    option("--seed <number>", "of every random choice (default: 0)", whole),
    option(
      "--cache <folder>",
      "where computed features are kept (default: $TSUGIKI_CACHE or the user's cache)",
    ),
  ];
}

function ofHead(): Option[] {
  const example = '"linear", or layers such as "dense:256:relu,dropout:0.2"';
  return [
    option("--head <layers>", `what is grafted on: ${example}`).default("linear"),
    option("--regularisation <lambda>", "of a linear head (default: chosen on the validation part)", number),
  ];
}

function ofData(): Option[] {
  const weights = option("--class-weights <how>", "weigh rare classes more (default: none)");
  return [
    option("--layout <name>", "how the data is laid out (default: found by looking)"),
    option(
      "--val <share>",
      "share for validation, where the data is not split already (default: 0.15)",
      share,
    ),
    option("--test <share>", "share for testing, likewise (default: 0.15)", share),
    weights.choices(["none", "balanced"]),
    option(
      "--strict",
      "stop at the first picture that cannot be read (default: it is passed over and listed)",
    ),
  ];
}

function ofNetwork(): Option[] {
  const strategy = option(
    "--strategy <how>",
    "what is trained: the head alone, the base behind it, all at once, all anew (default: features; of lr-find: finetune)",
  );
  const last = 100 * Number(strategyDefaults.finetune.unfreeze);
  return [
    strategy.choices(strategies),
    option(
      "--unfreeze <part>",
      "of the base, for finetune: a share of its depth (0.3), a number of blocks, a node's name, or all; " +
        `see summary (default: the last ${last} % of the blocks; full and scratch train all)`,
    ),
    option(
      "--augment <how>",
      "none, light, standard, strong, or words such as flip,rotate:20 (default: standard)",
    ),
    option(
      "--views <number>",
      "augmented views a picture kept behind the frozen part, at most 64; 0: it runs each epoch (default: 4, fewer where 4 GiB do not hold them)",
      whole,
    ),
    option(
      "--depth-decay <factor>",
      "deeper thirds of the base learn at the rate above them times this (default: 1)",
      number,
    ),
    option(
      "--clip-norm <norm>",
      "gradients together are held to this norm; 0: not at all (default: 1)",
      number,
    ),
    option(
      "--ema <decay>",
      "keep a moving average of the weights, such as 0.99; 0: none (default: 0)",
      number,
    ),
    option(
      "--accumulate <batches>",
      "so many batches make one update, where a larger one does not fit (default: 1)",
      whole,
    ),
  ];
}

function ofSteps(): Option[] {
  const optimizer = option(
    "--optimizer <name>",
    "how a gradient becomes a step (default: adam for a head, adamw for a base)",
  );
  return [
    option(
      "--loss <name>",
      "of a head with hidden layers, or of the base: cross-entropy, focal (gamma 2) or focal:GAMMA (default: cross-entropy)",
    ),
    option(
      "--label-smoothing <share>",
      `take this much certainty from the labels (default: 0 for a head, ${perStrategy("labelSmoothing")})`,
      share,
    ),
    option("--batch-size <pictures>", "in one step (default: 32)", whole),
    optimizer.choices(["adam", "adamw", "sgd", "rmsprop"]),
    option(
      "--weight-decay <rate>",
      "of every step (default: the optimizer's own: 0.01 for adamw, else 0)",
      number,
    ),
  ];
}
