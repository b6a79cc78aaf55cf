import { type Command, Option } from "commander";
import { strategies } from "../index.ts";
import { number, share, whole } from "./options.ts";

/** Adds what says how a training goes, whether it is done or tried; it leaves out how long it is and how it ends. */
export function withTraining(command: Command): Command {
  return command
    .option(
      "--head <layers>",
      'what is grafted on: "linear", or layers such as "dense:256:relu,dropout:0.2"',
      "linear",
    )
    .option(
      "--val <share>",
      "share for validation, where the data is not split already (default: 0.15)",
      share,
    )
    .option("--test <share>", "share for testing, likewise (default: 0.15)", share)
    .option("--seed <number>", "of every random choice (default: 0)", whole)
    .option("--strict", "stop at the first picture that cannot be read, instead of skipping it")
    .option("--layout <name>", "how the data is laid out (default: found by looking)")
    .addOption(new Option("--class-weights <how>", "weigh rare classes more").choices(["none", "balanced"]))
    .option("--label-smoothing <share>", "take this much certainty from the labels", share)
    .option("--regularisation <lambda>", "of a linear head (default: chosen on the validation part)", number)
    .addOption(
      new Option(
        "--strategy <how>",
        "what is trained: the head alone, the base behind it, all at once, all anew",
      ).choices(strategies),
    )
    .option(
      "--unfreeze <part>",
      "of the base, for finetune: a share of its depth (0.3), a number of blocks, a node's name, or all",
    )
    .option("--augment <how>", "none, light, standard, strong, or words such as flip,rotate:20", undefined)
    .option(
      "--views <number>",
      "augmented views a picture kept behind the frozen part; 0: it runs each epoch",
      whole,
    )
    .option(
      "--depth-decay <factor>",
      "deeper thirds of the base learn at the rate above them times this",
      number,
    )
    .option("--clip-norm <norm>", "gradients together are held to this norm; 0: not at all", number)
    .option("--ema <decay>", "keep a moving average of the weights, such as 0.99; 0: none", number)
    .option(
      "--accumulate <batches>",
      "so many batches make one update, where a larger one does not fit",
      whole,
    )
    .option("--batch-size <pictures>", "in one step (default: 32)", whole)
    .addOption(
      new Option(
        "--optimizer <name>",
        "of gradient steps (default: adam for a head, adamw for a base)",
      ).choices(["adam", "adamw", "sgd", "rmsprop"]),
    )
    .option("--weight-decay <rate>", "of every step (default: the optimizer's own)", number)
    .option(
      "--cache <folder>",
      "where computed features are kept (default: $TSUGIKI_CACHE or the user's cache)",
    );
}
