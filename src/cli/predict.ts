import type { Command } from "commander";
import { percentage } from "../core/words.ts";
import { type FailedFile, type PredictedFile, predict, type Ranked } from "../index.ts";
import { examples, type OutputOptions, share, whole, withOutput } from "./options.ts";
import { Terminal } from "./terminal.ts";
import type { Colours } from "./view/colour.ts";
import { plain } from "./view/width.ts";

type Flags = OutputOptions & {
  readonly top?: number;
  readonly unknown?: boolean;
  readonly coverage?: number;
};

/** `tsugiki predict RUN PICTURE...` */
export function predictCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("predict")
    .summary("classify pictures")
    .description("Classifies pictures, and every picture in folders.")
    .argument("<run>", "a run's folder, or its model.onnx")
    .argument("<pictures...>", "pictures, and folders of them")
    .option(
      "--top <classes>",
      "how many classes to show (default: 3; of several labels at once, those that hold)",
      whole,
    )
    .option("--unknown", "say which pictures are none of the classes")
    .option(
      "--coverage <share>",
      "answer the classes that it may be, the truth among them with this chance (such as 0.95)",
      share,
    );
  withOutput(command)
    .addHelpText(
      "after",
      `${examples(["tsugiki predict runs/flowers rose.jpg", "tsugiki predict runs/flowers holiday/ --top 1 --json"])}
With --json, each picture is one line: {"file","label","probability","top":[{"label","probability"},…]}.
A classifier of several labels at once answers those at or above 0.5: {"file","labels":[…],"top":[…]}.
--unknown adds "unknown": true or false, "strangeness" and the "threshold" above which a picture is none of the classes.
--coverage adds "set": [label,…], the most probable first; an empty one says that no class fits well.
The exit code is 1 where a picture could not be read; the others are answered all the same.`,
    )
    .action(async (model: string, inputs: string[], flags: Flags) => {
      const terminal = new Terminal(flags);
      let failed = 0;
      for await (const answer of predict({ ...flags, model, inputs, top: flags.top ?? 3, signal })) {
        show(answer, terminal, flags.top !== undefined);
        if (answer.type === "failed") failed++;
      }
      if (failed > 0) process.exitCode = 1;
    });
}

function show(answer: PredictedFile | FailedFile, terminal: Terminal, topAsked: boolean): void {
  if (answer.type === "failed") {
    const { file, reason } = answer;
    terminal.warn(`${plain(file)} cannot be read: ${reason}`);
    terminal.emit({ file, error: reason });
  } else if (answer.labels) {
    const { file, labels, top } = answer;
    const found = labelsText(answer, labels, terminal.colours, topAsked);
    terminal.say(`${plain(file)}  ${found}${opinionText(answer, terminal.colours)}`);
    terminal.emit({ file, labels, top, ...opinionOf(answer) });
  } else {
    const { file, label, probability, top } = answer;
    const [, ...others] = top;
    const rest = others.map(ranked).join(", ");
    const { bold, dim } = terminal.colours;
    terminal.say(
      `${plain(file)}  ${bold(plain(label))} ${percentage(probability)}${rest && dim(`  ${rest}`)}${opinionText(answer, terminal.colours)}`,
    );
    terminal.emit({ file, label, probability, top, ...opinionOf(answer) });
  }
  if (answer.done < answer.total) terminal.progress("Predicting", answer.done, answer.total);
}

/** Behind the answer, where it was asked for: that it is none of the classes, and the classes that it may be. */
function opinionText({ unknown, set }: PredictedFile, { bold, dim }: Colours): string {
  const stranger = unknown ? `  ${bold("none of these")}` : "";
  if (set === undefined) return stranger;
  const may =
    set.length === 0 ? "no class fits" : `one of: ${set.map(({ label }) => plain(label)).join(", ")}`;
  return `${stranger}${dim(`  ${may}`)}`;
}

function opinionOf({ unknown, strangeness, threshold, set }: PredictedFile) {
  return {
    ...(unknown !== undefined && { unknown, strangeness, threshold }),
    ...(set && { set: set.map(({ label }) => label) }),
  };
}

function ranked({ label, probability }: Ranked): string {
  return `${plain(label)} ${percentage(probability)}`;
}

/** The labels that hold; then those that do not, as far as they are asked for, or the nearest where none does. */
function labelsText(
  { top }: PredictedFile,
  labels: readonly Ranked[],
  { bold, dim }: Colours,
  topAsked: boolean,
): string {
  const held = labels.map(({ label, probability }) => `${bold(plain(label))} ${percentage(probability)}`);
  const others = top.slice(labels.length);
  const shown = topAsked ? others : labels.length === 0 ? others.slice(0, 1) : [];
  const rest = shown.map(ranked).join(", ");
  return `${held.join(", ") || "no label"}${rest && dim(`  ${rest}`)}`;
}
