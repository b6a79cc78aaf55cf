import type { Command } from "commander";
import { pullCommand, removeCommand, verifyPulledCommand } from "./models/cache.ts";
import { listCommand, modelInfoCommand, searchCommand } from "./models/find.ts";
import { rankCommand } from "./models/rank.ts";
import { examples } from "./options.ts";

/** `tsugiki models …`: pretrained models, before any is trained on. */
export function modelsCommand(program: Command, signal: AbortSignal): void {
  const group = program
    .command("models")
    .summary("find, pull and compare pretrained models")
    .description(
      "Pretrained models, before any is trained on: what there is, what is on this machine, which suits the data.",
    )
    .addHelpText(
      "after",
      examples([
        "tsugiki models list --max-size 20 --licence permissive",
        "tsugiki models pull hf:onnx-community/mobilenetv4_conv_small.e2400_r224_in1k",
        "tsugiki models rank photos --base mobilenet.onnx --base box",
      ]),
    );
  for (const add of [
    listCommand,
    searchCommand,
    modelInfoCommand,
    pullCommand,
    removeCommand,
    verifyPulledCommand,
    rankCommand,
  ]) {
    add(group, signal);
  }
}
