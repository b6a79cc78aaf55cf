import { type Command, Option } from "commander";
import { type Evaluation, type RunEvent, type TrainOptions, type TrainResult, train } from "../index.ts";
import {
  type BaseFlags,
  examples,
  number,
  type OutputOptions,
  share,
  whole,
  withBase,
  withOutput,
} from "./options.ts";
import { Terminal } from "./terminal.ts";
import { evaluationView } from "./view/evaluation.ts";
import { decimal, duration, integer, percentage } from "./view/format.ts";

type Flags = OutputOptions & BaseFlags & Omit<TrainOptions, "data" | "signal" | keyof BaseFlags>;

/** `tsugiki train DATA` */
export function trainCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("train")
    .summary("train a classifier on your pictures")
    .description(
      "Trains a classifier on labelled pictures: a folder with one folder a class, ready splits (train/, val/, test/), " +
        "a CSV, TSV or JSONL list, CIFAR batches, the Food-101 layout, or a zip of any of these.",
    )
    .argument("<data>", "folder, zip archive or list of labelled pictures")
    .option("--out <folder>", "the run's folder (default: runs/ and the data's name)")
    .option(
      "--head <layers>",
      'what is grafted on: "linear", or layers such as "dense:256:relu,dropout:0.2"',
      "linear",
    );
  withBase(command)
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
    .option("--epochs <number>", "of a head with hidden layers, at most (default: 40)", whole)
    .option("--batch-size <pictures>", "likewise (default: 32)", whole)
    .addOption(
      new Option("--optimizer <name>", "likewise (default: adam)").choices([
        "adam",
        "adamw",
        "sgd",
        "rmsprop",
      ]),
    )
    .option("--learning-rate <rate>", "likewise (default: the optimizer's own)", number)
    .option("--weight-decay <rate>", "likewise (default: the optimizer's own)", number)
    .option(
      "--patience <epochs>",
      "stop after so many epochs without a better validation loss (default: 5)",
      whole,
    )
    .option(
      "--cache <folder>",
      "where computed features are kept (default: $TSUGIKI_CACHE or the user's cache)",
    );
  withOutput(command)
    .addHelpText(
      "after",
      examples([
        "tsugiki train photos",
        "tsugiki train photos.zip --out runs/mine --json",
        "tsugiki train flowers --base mobilenet.onnx --preprocess imagenet --size 128",
        "tsugiki train flowers --head dense:256:relu,dropout:0.2 --epochs 60",
      ]),
    )
    .action(async (data: string, flags: Flags) => {
      const terminal = new Terminal(flags);
      for await (const event of train({ ...flags, data, signal })) show(event, terminal);
    });
}

function show(event: RunEvent, terminal: Terminal): void {
  switch (event.type) {
    case "opened": {
      const { data, classes, base, ignored } = event;
      terminal.note(
        `${data.path}: ${integer(data.pictures)} pictures of ${integer(classes.length)} classes (${data.layout})`,
      );
      terminal.note(
        `Base: ${base.name}, ${base.size} x ${base.size} pixels (--fit ${base.fit}: ${fitWords[base.fit]}), ` +
          `cut at '${base.cut}', ${integer(base.width)} features; normalised as ${base.preprocessSource} says`,
      );
      if (ignored.length > 0)
        terminal.note(`Passed over, hidden or no pictures: ${integer(ignored.length)} (run.json lists them)`);
      break;
    }
    case "features":
      terminal.progress("Features", event.done, event.total);
      break;
    case "skipped":
      terminal.warn(`skipped ${event.file}: ${event.reason}`);
      break;
    case "split": {
      const { train: fitted, val, test, twins, parted } = event;
      const together =
        parted > 0 ? `, ${integer(parted)} of them parted by the data's own split` : " and stay together";
      const note = twins > 0 ? `; ${integer(twins)} have a twin${together}` : "";
      terminal.note(
        `Split: ${integer(fitted)} to train, ${integer(val)} to validate, ${integer(test)} to test${note}`,
      );
      break;
    }
    case "warning":
      terminal.warn(event.message);
      break;
    case "solve":
      terminal.progress("Head", event.step, event.steps, { unit: "strengths of regularisation" });
      break;
    case "epoch":
      terminal.progress("Head", event.epoch, event.epochs, { unit: "epochs" });
      break;
    case "evaluated":
      break;
    case "done":
      terminal.say(resultView(event.result, terminal));
      terminal.emit(resultJson(event.result));
      break;
    default:
      event satisfies never;
  }
}

const fitWords: Readonly<Record<string, string>> = {
  cover: "the middle square is seen",
  squash: "pictures are stretched to a square",
  contain: "pictures are framed to a square",
};

function resultView(result: TrainResult, terminal: Terminal): string {
  const { headline, test, val, out, model, skipped, pictures } = result;
  const { colours, width } = terminal;
  const measured = headline === "test" ? test : val;
  const lines: string[] = [""];
  if (measured === null) lines.push("Nothing was held back, so nothing could be measured.");
  else {
    const title = headline === "test" ? "On the test part, which training never saw:" : valOnly;
    lines.push(title, "", evaluationView(measured, { colours, width }));
  }
  if (headline === "test" && val !== null)
    lines.push("", `Validation (used to choose): ${percentage(val.accuracy)} of ${integer(val.n)}`);
  if (result.regularisation !== null) {
    const how = val === null ? "not chosen: nothing was held back for that" : "chosen on the validation part";
    lines.push(`Regularisation ${result.regularisation} (${how})`);
  }
  if (skipped.length > 0)
    lines.push(`${integer(skipped.length)} pictures could not be read (see ${out}/run.json)`);
  const total = pictures.train + pictures.val + pictures.test;
  const cached =
    result.cached > 0 ? `, features of ${integer(result.cached)} of ${integer(total)} from the cache` : "";
  lines.push(
    "",
    `${colours.bold("Model")}  ${model}  (${duration(result.seconds)}${cached})`,
    `Next:  tsugiki predict ${out} some-picture.jpg`,
  );
  return lines.join("\n");
}

const valOnly =
  "On the validation part. It was also used to choose, and there is no test part, so this flatters a little:";

/** The figures of a part, and for the one part that must stand in for a test, what it was used for. */
function figures(evaluation: Evaluation, usedToChoose: boolean) {
  const { n, accuracy, interval, topK, logLoss, macro } = evaluation;
  return { accuracy, n, interval, topK, logLoss, macroF1: macro.f1, usedToChoose };
}

function resultJson(result: TrainResult) {
  const { test, val, seconds, model, out, classes, pictures, skipped, cached, regularisation } = result;
  const stand = test ?? val;
  return {
    // Where the data has no test part, the validation part's figure stands here and says so.
    test: stand && { part: test ? "test" : "val", ...figures(stand, test === null) },
    val: val && figures(val, true),
    seconds: Number(decimal(seconds, 3)),
    model,
    out,
    classes,
    pictures,
    cached,
    skipped,
    regularisation,
  };
}
