import { type Command, Option } from "commander";
import { integer } from "../core/words.ts";
import { type EvaluateOptions, evaluate, finish } from "../index.ts";
import { examples, type OutputOptions, withOutput } from "./options.ts";
import { Terminal } from "./terminal.ts";
import { evaluationView } from "./view/evaluation.ts";
import { measuredOpinionLines } from "./view/opinion.ts";

type Flags = OutputOptions & Pick<EvaluateOptions, "split" | "layout" | "strict">;

/** `tsugiki evaluate RUN DATA` */
export function evaluateCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("evaluate")
    .summary("measure a classifier on labelled pictures")
    .description("Runs a finished classifier, its very model.onnx, on labelled pictures and measures it.")
    .argument("<run>", "a run's folder, or its model.onnx")
    .argument("<data>", "folder, zip archive or list of labelled pictures")
    .addOption(
      new Option(
        "--split <part>",
        "which part (default: what the data or the training held out, all of new data)",
      ).choices(["train", "val", "test", "all"]),
    )
    .option("--layout <name>", "how the data is laid out (default: found by looking)")
    .option("--strict", "stop at the first picture that cannot be read, instead of skipping it");
  withOutput(command)
    .addHelpText(
      "after",
      examples([
        "tsugiki evaluate runs/flowers flowers --split val",
        "tsugiki evaluate runs/flowers new-photos --json",
      ]),
    )
    .action(async (model: string, data: string, flags: Flags) => {
      const terminal = new Terminal(flags);
      const result = await finish(evaluate({ ...flags, model, data, signal }), ({ step, done, total }) =>
        terminal.progress(step === "matching" ? "Reading" : "Evaluating", done, total),
      );
      for (const { file, reason } of result.skipped) terminal.warn(`skipped ${file}: ${reason}`);
      if (result.trainedOn > 0) {
        terminal.warn(
          `it was trained on ${integer(result.trainedOn)} of these ${integer(result.n)} pictures: the figures flatter.`,
        );
      }
      if (result.usedToChoose > 0) {
        terminal.warn(
          `training used ${integer(result.usedToChoose)} of these ${integer(result.n)} pictures to choose (its validation part): the figures flatter a little.`,
        );
      }
      const { colours, width } = terminal;
      const title = result.split === "all" ? "On all pictures:" : `On the part '${result.split}':`;
      const figures = evaluationView(result, { colours, width });
      terminal.say([title, "", figures, "", ...measuredOpinionLines(result)].join("\n"));
      const { accuracy, n, interval, ...rest } = result;
      terminal.emit({ accuracy, n, interval, ...rest });
    });
}
