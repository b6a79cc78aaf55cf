import type { Command, Option } from "commander";
import { count, decimal, duration, integer, percentage } from "../core/words.ts";
import {
  type AnyEvaluation,
  isOfLabels,
  type ShownAugmentations,
  showAugmentations,
  type TrainOptions,
  type TrainResult,
  train,
} from "../index.ts";
import { bringBases } from "./bring.ts";
import { examples, number, type OutputOptions, share, whole, withBases } from "./options.ts";
import { showTraining } from "./show-training.ts";
import { Terminal } from "./terminal.ts";
import { TrainJson } from "./train-json.ts";
import { option, perStrategy, withTraining } from "./training-options.ts";
import { evaluationView } from "./view/evaluation.ts";
import { opinionLines } from "./view/opinion.ts";

type Flags = OutputOptions &
  Omit<TrainOptions, "data" | "signal"> & {
    /** A file's name, or that there is none. */
    readonly showAugmentations?: string | true;
  };

/** `tsugiki train DATA` */
export function trainCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("train")
    .summary("train a classifier on your pictures")
    .description(
      "Trains a classifier on labelled pictures: a folder with one folder a class, ready splits (train/, val/, test/), " +
        "a CSV, TSV or JSONL list, CIFAR batches, the Food-101 layout, or a zip of any of these. " +
        "A list whose rows give several labels (red|round) writes | for a picture without any, in JSONL [].",
    )
    .argument("<data>", "folder, zip archive or list of labelled pictures");
  withTraining(command, { run: ofRun(), base: withBases, network: ofNetwork(), steps: ofSteps() })
    .addHelpText(
      "after",
      examples([
        "tsugiki train photos",
        "tsugiki train photos.zip --out runs/mine --json",
        "tsugiki train flowers --base mobilenet.onnx --preprocess imagenet --size 128",
        "tsugiki train flowers --base a.onnx --preprocess inception --base b.onnx --preprocess imagenet",
        "tsugiki train flowers --strategy finetune --augment strong --show-augmentations sheet.png",
        "tsugiki train flowers --head dense:256:relu,dropout:0.2 --epochs 60",
      ]),
    )
    .action(async (data: string, flags: Flags) => {
      const terminal = new Terminal(flags);
      await bringBases(flags, terminal, signal);
      const { showAugmentations: file } = flags;
      if (file !== undefined) {
        const name = file === true ? {} : { file };
        const shown = await showAugmentations({ ...flags, ...name, data, signal });
        terminal.say(shownText(shown));
        terminal.emit(shown);
        return;
      }
      const json = new TrainJson(flags.strategy ?? "features");
      for await (const event of train({ ...flags, data, signal })) {
        if (event.type !== "done") {
          json.note(event);
          showTraining(event, terminal);
        } else {
          terminal.say(resultView(event.result, flags, terminal));
          terminal.emit(json.of(event.result));
        }
      }
    });
}

function ofRun(): Option[] {
  return [
    option("--out <folder>", "the run's folder (default: runs/ and the data's name)"),
    option(
      "--resume",
      "go on where the same training of the base was stopped or killed (default: start anew)",
    ),
    option(
      "--checkpoint-every <seconds>",
      "at most, while the base is trained (default: 10, or more where that costs time)",
      number,
    ),
    ...ofOpinion(),
    option(
      "--doctor",
      "look the data over as well, as inspect does with features, for the report (default: the data is believed)",
    ),
    option("--no-report", "write no report.html (default: the run ends with one)"),
    option(
      "--show-augmentations [file.png]",
      "write a sheet of what the network sees of a dozen pictures, and train nothing (default: in the run's folder)",
    ),
  ];
}

function ofOpinion(): Option[] {
  return [
    option("--no-calibrate", "leave probabilities as the head gives them (default: calibrated)"),
    option(
      "--false-rejections <share>",
      "of the classes' own pictures that may be turned away as none of them (default: 0.05)",
      share,
    ),
    option(
      "--coverage <share>",
      "of prediction sets that shall hold the truth; 0.8, 0.9, 0.95 and 0.99 are kept besides (default: 0.95)",
      share,
    ),
    option(
      "--outliers <class>",
      "a folder that is no class: its pictures only tell what is turned away (default: all are classes)",
    ),
  ];
}

function ofNetwork(): Option[] {
  const schedule = option("--schedule <name>", "of the learning rate (default: cosine)");
  return [
    schedule.choices(["constant", "cosine", "linear", "one-cycle"]),
    option(
      "--warmup <share>",
      "of the updates, in which the rate rises (default: 0.1; of one-cycle 0.3)",
      share,
    ),
  ];
}

function ofSteps(): Option[] {
  return [
    option("--epochs <number>", `at most (default: 40 for a head, ${perStrategy("epochs")})`, whole),
    option(
      "--learning-rate <rate>",
      `at its highest; see lr-find (default: 0.001 for a head, 0.01 with sgd, ${perStrategy("learningRate")})`,
      number,
    ),
    option(
      "--patience <epochs>",
      "stop after so many epochs without a better validation loss (default: 5 for a head; a base's epochs all run)",
      whole,
    ),
  ];
}

function shownText({ file, width, height, pictures, views, augmentation }: ShownAugmentations): string {
  return [
    `${file}  (${width} x ${height} pixels)`,
    `${count(pictures.length, "picture")} as the network sees them, the first column as they are, then ${count(views, "view")} each: ${augmentation}`,
    "Nothing was trained: leave --show-augmentations out for that.",
  ].join("\n");
}

function resultView(result: TrainResult, { regularisation }: Flags, terminal: Terminal): string {
  const { headline, test, val, out, model, skipped, pictures } = result;
  const { colours, width } = terminal;
  const measured = headline === "test" ? test : val;
  const lines: string[] = [""];
  if (measured === null) lines.push("Nothing was held back, so nothing could be measured.");
  else {
    const title = headline === "test" ? "On the test part, which training never saw:" : valOnly;
    lines.push(title, "", evaluationView(measured, { colours, width }));
  }
  if (headline === "test" && val !== null) lines.push("", validationLine(val));
  if (result.regularisation !== null) {
    const chosen =
      val === null ? "not chosen: nothing was held back for that" : "chosen on the validation part";
    const how = regularisation === undefined ? chosen : "as asked for";
    lines.push(`Regularisation ${result.regularisation} (${how})`);
  }
  lines.push(...opinionLines(result));
  if (skipped.length > 0)
    lines.push(`${integer(skipped.length)} pictures could not be read (see ${out}/run.json)`);
  const total = pictures.train + pictures.val + pictures.test;
  const cached =
    result.cached > 0 ? `, features of ${integer(result.cached)} of ${integer(total)} from the cache` : "";
  lines.push(
    "",
    `${colours.bold("Model")}  ${model}  (${duration(result.seconds)}${cached})`,
    ...(result.report === null ? [] : [`Report ${result.report}`]),
    ...(result.findings === null ? [] : [`Doctor ${doctorText(result.findings)}`]),
    `Next:  tsugiki predict ${out} some-picture.jpg`,
  );
  return lines.join("\n");
}

function doctorText(findings: NonNullable<TrainResult["findings"]>): string {
  if (findings.length === 0) return "found nothing to look at";
  return `${count(findings.length, "reason")} to look at the data again: doctor.json, and the report`;
}

function validationLine(val: AnyEvaluation): string {
  if (!isOfLabels(val))
    return `Validation (used to choose): ${percentage(val.accuracy)} of ${integer(val.n)}`;
  return `Validation (used to choose): mAP ${decimal(val.meanAveragePrecision ?? 0)} on ${integer(val.n)}`;
}

const valOnly =
  "On the validation part. It was also used to choose, and there is no test part, so this flatters a little:";
