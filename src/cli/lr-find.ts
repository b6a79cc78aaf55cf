import type { Command } from "commander";
import { bytes, count, duration, integer } from "../core/words.ts";
import { type FindRateOptions, type FoundRate, findLearningRate, type StageEvent } from "../index.ts";
import { bringBases } from "./bring.ts";
import { examples, number, type OutputOptions, whole, withBase } from "./options.ts";
import { showTraining } from "./show-training.ts";
import { Terminal } from "./terminal.ts";
import { option, withTraining } from "./training-options.ts";
import { ratePlot } from "./view/rate-plot.ts";

type Flags = OutputOptions & Omit<FindRateOptions, "data" | "signal">;

/** `tsugiki lr-find DATA` */
export function lrFindCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("lr-find")
    .summary("find a learning rate for training the base")
    .description(
      "The learning-rate range test (Smith 2017): from where the same training would start, some dozens of steps at an " +
        "ever higher rate. Give it the options that you mean to train with; nothing is kept but what was measured.",
    )
    .argument("<data>", "folder, zip archive or list of labelled pictures");
  const run = [
    option("--out <folder>", "for lr-find.csv, .svg and .png (default: runs/ and the data's name)"),
    option("--from <rate>", "the first rate (default: 1e-6)", number),
    option("--to <rate>", "the last one (default: 1)", number),
    option("--steps <number>", "from one to the other (default: one epoch, but 50 to 100)", whole),
  ];
  withTraining(command, { run, base: withBase, network: [], steps: [] })
    .addHelpText(
      "after",
      examples([
        "tsugiki lr-find photos",
        "tsugiki lr-find flowers --strategy finetune --unfreeze 0.3 --augment light",
        "tsugiki lr-find photos --strategy scratch --optimizer sgd --to 10 --json",
      ]),
    )
    .action(async (data: string, flags: Flags) => {
      const terminal = new Terminal(flags);
      await bringBases(flags, terminal, signal);
      for await (const event of findLearningRate({ ...flags, data, signal })) {
        if (event.type === "range") {
          const unit = `steps  rate ${short(event.rate)}  loss ${event.smoothed.toFixed(3)}`;
          terminal.progress("Rates", event.step, event.steps, { unit });
        } else if (event.type === "stage") terminal.note(stageLine(event));
        else if (event.type !== "done") showTraining(event, terminal);
        else {
          terminal.say(view(event.result, terminal, nextCommand(data, command, event.result)));
          terminal.emit(json(event.result));
        }
      }
    });
}

function stageLine({ blocks, ofBlocks, parameters, batchSize, views, keptBytes }: StageEvent): string {
  const part = blocks === ofBlocks ? `all ${ofBlocks} blocks` : `the last ${blocks} of ${ofBlocks} blocks`;
  const kept =
    views > 0
      ? `; the rest runs once for ${count(views, "view")} of each picture, ${bytes(keptBytes)} on the disk`
      : "";
  return `Trying rates on ${part}, ${integer(parameters)} weights with the head, in batches of ${batchSize}${kept}`;
}

const [narrowest, widest, margin, rows] = [30, 72, 12, 12];

/** Of lr-find alone: the training that it is for takes none of them. */
const own = new Set(["out", "from", "to", "steps", "json", "quiet", "strategy"]);

/** The training that was tried, with the options that were given. */
export function nextCommand(
  data: string,
  command: Command,
  { strategy, suggestion }: Pick<FoundRate, "strategy" | "suggestion">,
): string {
  const given = command.options.flatMap((each) => {
    const name = each.attributeName();
    if (own.has(name) || command.getOptionValueSource(name) !== "cli") return [];
    const value: unknown = command.getOptionValue(name);
    return value === true ? [`${each.long}`] : [`${each.long}`, quoted(String(value))];
  });
  const rate = suggestion === null ? [] : ["--learning-rate", short(suggestion.rate)];
  return ["tsugiki train", quoted(data), "--strategy", strategy, ...given, ...rate].join(" ");
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function view(result: FoundRate, { colours, width }: Terminal, next: string): string {
  const { suggestion, reason, points, files, stopped, seconds } = result;
  const columns = Math.max(narrowest, Math.min(widest, width - margin));
  const marks =
    suggestion === null
      ? []
      : [
          { rate: suggestion.highest, character: ":" },
          { rate: suggestion.rate, character: "|" },
        ];
  const last = points.at(-1);
  const end =
    stopped && last !== undefined ? `; stopped at ${short(last.rate)}, where the loss left all bounds` : "";
  const lines = ["", `Loss of a batch, smoothed (*), as the rate grows${end}`, ""];
  lines.push(ratePlot({ points, marks, columns, rows }), "");
  const written = `Files    ${files.csv}, ${files.svg}, ${files.png}  (${duration(seconds)})`;
  if (suggestion === null) return [...lines, `No rate can be suggested: ${reason}.`, "", written].join("\n");
  const { rate, valley, steepest, fall, highest, scatter } = suggestion;
  const known = valley !== undefined && fall !== undefined && steepest !== undefined;
  const how = known
    ? "midway, in decades, from the valley to the highest"
    : "half a decade below the highest";
  const weak = known && fall.by < scatter ? `, less than batches scatter (${scatter.toFixed(3)})` : "";
  lines.push(
    `Rate     ${colours.bold(short(rate))}  ${how} (| in the plot)`,
    known
      ? `Valley   ${short(valley)}  the middle of the longest fall, by ${fall.by.toFixed(3)}${weak}; steepest at ${short(steepest)}`
      : "Valley   none: the loss nowhere falls for long, so few steps gain nothing here",
    `Highest  ${short(highest)}  before the loss rises (: in the plot), Smith's upper bound`,
    "",
    written,
    `Next:    ${next}`,
  );
  return lines.join("\n");
}

function json({ suggestion, reason, points, stopped, strategy, files, seconds }: FoundRate) {
  return {
    suggestion,
    reason,
    stopped,
    steps: points.length,
    strategy,
    files,
    seconds: Number(seconds.toFixed(3)),
  };
}

/** 2.3e-4 */
function short(rate: number): string {
  return Number(rate.toPrecision(2)).toExponential();
}
