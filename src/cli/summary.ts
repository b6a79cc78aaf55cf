import type { Command } from "commander";
import { count } from "../core/words.ts";
import { type Summary, type SummaryOptions, summary } from "../index.ts";
import { bringBases } from "./bring.ts";
import { type BaseFlags, examples, type OutputOptions, whole, withBase, withOutput } from "./options.ts";
import { Terminal } from "./terminal.ts";
import { summaryView } from "./view/summary.ts";

type Flags = OutputOptions & BaseFlags & Pick<SummaryOptions, "head" | "classes">;

/** `tsugiki summary` */
export function summaryCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("summary")
    .summary("show a network layer by layer, with its parameters")
    .description("Shows the base, cut at its feature vector and frozen, and the head on it, layer by layer.")
    .option(
      "--head <layers>",
      'what is grafted on: "linear", or layers such as "dense:256:relu,dropout:0.2"',
      "linear",
    )
    .option("--classes <number>", "of the head", whole, 10);
  withOutput(withBase(command))
    .addHelpText(
      "after",
      examples([
        "tsugiki summary",
        "tsugiki summary --base vgg16.onnx --head dense:1024:relu --classes 10 --size 32",
      ]),
    )
    .action(async (flags: Flags) => {
      const terminal = new Terminal(flags);
      await bringBases(flags, terminal, signal);
      const result = await summary({ ...flags, signal });
      const { name, cut, size, width, folded } = result.base;
      // Its parameters are fewer than those of the file, and its layers others.
      const afterFolding = folded ? "; shown after folding BatchNorm into the layers before it" : "";
      terminal.say(
        `${name} at ${size} x ${size}, cut at '${cut}': ${count(width, "feature")}${afterFolding}\n`,
      );
      terminal.say(summaryView(result.layers, terminal.colours));
      terminal.say(blocksLine(result));
      terminal.emit(result);
    });
}

/** How the numbers of blocks are meant, by the example of the last three. */
function blocksLine({ blocks }: Summary): string {
  const last = blocks.slice(-3);
  const [first] = last;
  if (first === undefined) return "\nThe base has no block with weights to train.";
  const which = last.length === 1 ? "the last block" : `blocks ${last.length} to 1, the last ones`;
  return [
    `\n${count(blocks.length, "block")} in the base, counted from its end. train --strategy finetune --unfreeze ${last.length} trains ${which},`,
    `as does --unfreeze ${first.from}: from that layer's block on.`,
  ].join("\n");
}
