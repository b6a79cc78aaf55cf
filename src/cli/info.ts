import type { Command } from "commander";
import { info } from "../index.ts";
import { examples, type OutputOptions, withOutput } from "./options.ts";
import { Terminal } from "./terminal.ts";
import { infoView } from "./view/info.ts";

/** `tsugiki info [MODEL]` */
export function infoCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("info")
    .summary("show what a model's file says of itself")
    .description(
      "Shows what a model's file says of itself: classes, base, licence, how it was trained and what it reached; of a " +
        "pretrained network its inputs, outputs and preprocessing.",
    )
    .argument("[model]", "a run's folder, or an ONNX file (default: the backbone in the box)");
  withOutput(command)
    .addHelpText(
      "after",
      examples(["tsugiki info", "tsugiki info runs/flowers", "tsugiki info vgg16.onnx --json"]),
    )
    .action(async (model: string | undefined, flags: OutputOptions) => {
      const terminal = new Terminal(flags);
      signal.throwIfAborted();
      const result = await info({ model });
      terminal.say(infoView(result, terminal.colours));
      terminal.emit(result);
    });
}
