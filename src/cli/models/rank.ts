import type { Command } from "commander";
import { count } from "../../core/words.ts";
import {
  type BasesOptions,
  basesOf,
  finish,
  type RankEvent,
  type RankOptions,
  rankBases,
} from "../../index.ts";
import { bringBases } from "../bring.ts";
import { examples, type OutputOptions, whole, withBases, withOutput } from "../options.ts";
import { Terminal } from "../terminal.ts";
import { rankingView } from "../view/ranking.ts";

type Flags = OutputOptions & BasesOptions & Pick<RankOptions, "layout" | "sample" | "seed" | "cache">;

/** `tsugiki models rank DATA` */
export function rankCommand(group: Command, signal: AbortSignal): void {
  const command = group
    .command("rank")
    .summary("tell which base suits this data, before training on any")
    .description(
      "Looks at some training pictures with each base and sorts the bases by a linear head on their features, " +
        "cross-validated; beside it LogME and H-score, NCE and LEEP where the base has its own classifier, and what " +
        "each base costs. What was computed is kept for training.",
    )
    .argument("<data>", "folder, zip archive or list of labelled pictures")
    .option("--sample <pictures>", "look at so many training pictures at most (default: 1,000)", whole)
    .option("--seed <number>", "which pictures, and which are asked together (default: 1)", whole)
    .option("--layout <name>", "how the data is laid out (default: found by looking)")
    .option("--cache <folder>", "where features are kept");
  withOutput(withBases(command));
  const base = command.options.find(({ long }) => long === "--base");
  if (base) base.description = 'pretrained ONNX model, or "box", the backbone in the box; repeat it';
  command
    .addHelpText(
      "after",
      examples([
        "tsugiki models rank photos --base box --base mobilenet_v2.onnx",
        "tsugiki models rank photos --base a.onnx --base b.onnx --preprocess inception --preprocess imagenet",
        "tsugiki models rank photos --base a.onnx --base b.onnx --sample 300 --json",
      ]),
    )
    .action(async (data: string, { layout, sample, seed, cache, json, quiet, ...named }: Flags) => {
      const terminal = new Terminal({ ...(json && { json }), ...(quiet && { quiet }) });
      await bringBases(named, terminal, signal);
      const options = { data, bases: basesOf(named), layout, sample, seed, cache, signal };
      const result = await finish(rankBases(options), (event) => show(event, terminal));
      terminal.say(rankingView(result));
      terminal.emit(result);
    });
}

function show(event: RankEvent, terminal: Terminal): void {
  switch (event.type) {
    case "ranking": {
      const { path, classes, pictures, bases } = event;
      const kinds = count(classes.length, "class", "classes");
      terminal.note(`${path}: ${count(pictures, "training picture")} of ${kinds}, ${count(bases, "base")}`);
      break;
    }
    case "features":
      terminal.progress(label("Features", event.base), event.done, event.total);
      break;
    case "measuring":
      terminal.progress(label("Measures", event.base), event.done, event.total, { unit: "measures" });
      break;
    case "skipped":
      terminal.warn(`skipped ${event.file}: ${event.reason}`);
      break;
    case "base-failed":
      terminal.warn(`${event.base} is left out: ${event.reason}`);
      break;
  }
}

function label(what: string, base: Extract<RankEvent, { type: "features" }>["base"]): string {
  return base ? `${what} ${base.place}/${base.of}, ${base.name}` : what;
}
