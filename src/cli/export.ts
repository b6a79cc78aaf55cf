import { type Command, InvalidArgumentError } from "commander";
import { bytes as inBytes, integer, percentage } from "../core/words.ts";
import {
  type ExportOptions,
  exportFormats,
  exportModel,
  finish,
  type VerifyOptions,
  verify,
} from "../index.ts";
import { examples, number, type OutputOptions, withOutput } from "./options.ts";
import { Terminal } from "./terminal.ts";
import { exportsTable } from "./view/exports.ts";
import { plain } from "./view/width.ts";

type Flags = OutputOptions & Pick<ExportOptions, "to" | "out" | "name" | "data" | "minAgreement">;

/** `tsugiki export RUN` */
export function exportCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("export")
    .summary("write a classifier for servers, phones and web pages, and check it")
    .description(
      "Writes a classifier in other formats, runs each in the runtime that it is made for on the run's own validation " +
        "pictures beside the trained model, and hands over what says the same.",
    )
    .argument("<run>", "a run's folder, or its model.onnx")
    .option("--to <formats>", "formats, with commas between them (default: onnx)", listed)
    .option("--out <folder>", "folder for the files (default: export in the run's folder)")
    .option("--name <name>", "what the files are called (default: the run's name)")
    .option("--data <folder>", "where the run's pictures are now (default: where they were)")
    .option(
      "--min-agreement <share>",
      "the least share of pictures with the trained model's answer (default: 0.99, int8 0.97)",
      number,
    );
  const width = Math.max(...exportFormats.map(({ name }) => name.length));
  withOutput(command)
    .addHelpText(
      "after",
      `\nFormats:\n${exportFormats.map(({ name, what }) => `  ${name.padEnd(width)}  ${what}`).join("\n")}\n${examples(
        [
          "tsugiki export runs/flowers --to onnx,tflite --out dist",
          "tsugiki export runs/flowers --to onnx-int8 --min-agreement 0.95",
        ],
      )}
Beside the files stand labels.txt, a model card (README.md), examples, parity.json and golden pictures for verify.`,
    )
    .action(async (model: string, flags: Flags) => {
      const terminal = new Terminal(flags);
      const result = await finish(exportModel({ ...flags, model, signal }), (event) => {
        if (event.type === "writing") terminal.note(`Writing ${event.format}`);
        else terminal.progress("Comparing", event.done, event.total);
      });
      const { trained, exports, pictures, parts, out } = result;
      terminal.say(exportsTable(exports, trained));
      for (const { format, keptInFloat = [] } of exports)
        if (keptInFloat.length > 0)
          terminal.say(`${format}: kept in float: ${keptInFloat.map(plain).join(", ")}`);
      const others = pictures - parts.val;
      terminal.say(
        `\nCompared on ${integer(pictures)} pictures${others > 0 ? ` (${integer(parts.val)} of them of the validation part)` : " of the validation part"}.`,
      );
      terminal.say(
        `Written to ${plain(out)}: ${inBytes(exports.reduce((sum, { bytes }) => sum + bytes, 0))}.`,
      );
      terminal.say(`Next:  tsugiki verify ${plain(`${out}/${exports[0]?.path}`)}`);
      terminal.emit(result);
    });
}

type VerifyFlags = OutputOptions & Pick<VerifyOptions, "against" | "data" | "minAgreement">;

/** `tsugiki verify FILE` */
export function verifyCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("verify")
    .summary("hold an exported file to what the trained model says")
    .description(
      "Runs an export on the golden pictures that lie beside it and compares its answers with the trained model's; " +
        "against a run, on the run's validation pictures too. The exit code is 1 where it differs.",
    )
    .argument("<export>", "an exported file or folder")
    .option("--against <run>", "compare on this run's validation pictures too")
    .option("--data <folder>", "where the run's pictures are now (default: where they were)")
    .option("--min-agreement <share>", "the least agreement that passes (default: 0.99, int8 0.97)", number);
  withOutput(command)
    .addHelpText(
      "after",
      examples([
        "tsugiki verify dist/flowers.tflite",
        "tsugiki verify dist/flowers.tflite --against runs/flowers",
      ]),
    )
    .action(async (file: string, flags: VerifyFlags) => {
      const terminal = new Terminal(flags);
      const result = await finish(verify({ ...flags, file, signal }), ({ done, total }) =>
        terminal.progress("Comparing", done, total),
      );
      const { golden, pictures, format, runtime, passed } = result;
      const { bold } = terminal.colours;
      terminal.say(`${bold(plain(file))}  ${format}, run by ${runtime}`);
      const row = (what: string, { agreed, pictures: n, largestDifference }: typeof golden): string =>
        `${what}  ${integer(agreed)} of ${integer(n)} the same, largest difference ${largestDifference.toExponential(1)}`;
      terminal.say(row("Golden pictures", golden));
      if (pictures) {
        terminal.say(row("Run's pictures ", pictures));
        terminal.say(
          `Accuracy         ${percentage(pictures.accuracy)}, trained ${percentage(pictures.trained.accuracy)}`,
        );
      }
      terminal.say(
        passed ? "It says what the trained model says." : "It does not say what the trained model says.",
      );
      terminal.emit(result);
      if (!passed) process.exitCode = 1;
    });
}

function listed(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.some((name) => name === ""))
    throw new InvalidArgumentError("Name formats with one comma between them.");
  return names;
}
