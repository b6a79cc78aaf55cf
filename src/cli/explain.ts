import { type Command, Option } from "commander";
import { percentage } from "../core/words.ts";
import {
  type ExplainedFile,
  type ExplainMethod,
  explainFiles,
  explainMethods,
  type UnexplainedFile,
} from "../index.ts";
import { examples, type OutputOptions, withOutput } from "./options.ts";
import { Terminal } from "./terminal.ts";
import { plain } from "./view/width.ts";

type Flags = OutputOptions & {
  readonly out?: string;
  readonly class?: string;
  readonly method?: ExplainMethod;
};

/** `tsugiki explain RUN PICTURE...` */
export function explainCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("explain")
    .summary("show where a classifier looked")
    .description(
      "Lays over each picture what spoke for its class, from black (nothing) to yellow (most): Grad-CAM where the network " +
        "has a map near its end, else occlusion, a grey square slid over the picture.",
    )
    .argument("<run>", "a run's folder, or its model.onnx")
    .argument("<pictures...>", "pictures")
    .option("--out <folder>", "folder for NAME.heat.png (default: explained)")
    .option("--class <name>", "the class whose evidence is looked for (default: the most probable)")
    .addOption(new Option("--method <name>", "how it is found out").choices([...explainMethods]));
  withOutput(command)
    .addHelpText(
      "after",
      `${examples([
        "tsugiki explain runs/flowers rose.jpg",
        "tsugiki explain runs/flowers garden/*.jpg --class tulips --out maps",
      ])}
Parts of the picture that the network does not see are dark. The heat is relative: yellow is the most in this picture.
With --json, each picture is one line: {"file","label","probability","method","heat"}, heat being the file written.
The exit code is 1 where a picture could not be read; the others are explained all the same.`,
    )
    .action(async (model: string, pictures: string[], flags: Flags) => {
      const terminal = new Terminal(flags);
      const { out, class: label, method } = flags;
      let failed = 0;
      let said = false;
      for await (const answer of explainFiles({ model, pictures, out, label, method, signal })) {
        if (answer.type === "failed") failed++;
        else if (answer.why !== undefined && !said && !terminal.quiet) {
          terminal.note(`By occlusion, for Grad-CAM does not work here: ${answer.why}.`);
          said = true;
        }
        show(answer, terminal);
      }
      if (failed > 0) process.exitCode = 1;
    });
}

function show(answer: ExplainedFile | UnexplainedFile, terminal: Terminal): void {
  const { file, done, total } = answer;
  if (answer.type === "failed") {
    terminal.warn(`${plain(file)} cannot be read: ${answer.reason}`);
    terminal.emit({ file, error: answer.reason });
  } else {
    const { label, probability, method, why, written, heat } = answer;
    const { bold, dim } = terminal.colours;
    const nothing = heat.every((value) => value === 0);
    const spoke = nothing ? "  nothing in it speaks for this class" : "";
    terminal.say(
      `${plain(file)}  ${bold(plain(label))} ${percentage(probability)}${spoke}  ${plain(written)} ${dim(method)}`,
    );
    terminal.emit({ file, label, probability, method, ...(why && { why }), heat: written, nothing });
  }
  if (done < total) terminal.progress("Explaining", done, total);
}
