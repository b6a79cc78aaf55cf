import type { Command } from "commander";
import { type FailedFile, type PredictedFile, predict } from "../index.ts";
import { examples, type OutputOptions, whole, withOutput } from "./options.ts";
import { Terminal } from "./terminal.ts";
import { percentage } from "./view/format.ts";
import { plain } from "./view/width.ts";

type Flags = OutputOptions & { readonly top?: number };

/** `tsugiki predict RUN PICTURE...` */
export function predictCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("predict")
    .summary("classify pictures")
    .description("Classifies pictures, and every picture in folders.")
    .argument("<run>", "a run's folder, or its model.onnx")
    .argument("<pictures...>", "pictures, and folders of them")
    .option("--top <classes>", "how many classes to show (default: 3)", whole);
  withOutput(command)
    .addHelpText(
      "after",
      `${examples(["tsugiki predict runs/flowers rose.jpg", "tsugiki predict runs/flowers holiday/ --top 1 --json"])}
With --json, each picture is one line: {"file","label","probability","top":[{"label","probability"},…]}.
The exit code is 1 where a picture could not be read; the others are answered all the same.`,
    )
    .action(async (model: string, inputs: string[], flags: Flags) => {
      const terminal = new Terminal(flags);
      let failed = 0;
      for await (const answer of predict({ model, inputs, top: flags.top ?? 3, signal })) {
        show(answer, terminal);
        if (answer.type === "failed") failed++;
      }
      if (failed > 0) process.exitCode = 1;
    });
}

function show(answer: PredictedFile | FailedFile, terminal: Terminal): void {
  if (answer.type === "failed") {
    const { file, reason } = answer;
    terminal.warn(`${plain(file)} cannot be read: ${reason}`);
    terminal.emit({ file, error: reason });
  } else {
    const { file, label, probability, top } = answer;
    const [, ...others] = top;
    const rest = others.map((other) => `${plain(other.label)} ${percentage(other.probability)}`).join(", ");
    const { bold, dim } = terminal.colours;
    terminal.say(
      `${plain(file)}  ${bold(plain(label))} ${percentage(probability)}${rest && dim(`  ${rest}`)}`,
    );
    terminal.emit({ file, label, probability, top });
  }
  if (answer.done < answer.total) terminal.progress("Predicting", answer.done, answer.total);
}
