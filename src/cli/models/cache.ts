import type { Command } from "commander";
import { bytes, count } from "../../core/words.ts";
import { removeModels, TsugikiError, UsageError, verifyModels } from "../../index.ts";
import { bring, licenceOf } from "../bring.ts";
import { examples, type OutputOptions, withHub, withOutput } from "../options.ts";
import { Terminal } from "../terminal.ts";

interface HubFlags extends OutputOptions {
  readonly offline?: boolean;
}

/** `tsugiki models pull HANDLE…` */
export function pullCommand(group: Command, signal: AbortSignal): void {
  const command = group
    .command("pull")
    .summary("bring models to this machine")
    .description(
      "Brings models to this machine: checked against their hashes, pinned to what they are now, and then used without a " +
        "network. What broke off goes on where it was.",
    )
    .argument("<handle...>", "names of `models list`, hf:org/repo[@revision][:file.onnx], or addresses")
    .option("--update", "look for newer revisions of models that are here");
  withHub(withOutput(command))
    .option("--accept-licence", "take them though their licence forbids commercial use")
    .addHelpText(
      "after",
      examples([
        "tsugiki models pull mobilenetv2_100.ra_in1k",
        "tsugiki models pull hf:onnx-community/dinov2-small",
        "tsugiki models pull https://huggingface.co/timm/mobilenetv4_conv_aa_large.e230_r448_in12k_ft_in1k",
        "tsugiki models pull https://example.org/nets.zip:small/net.onnx",
      ]),
    )
    .action(async (handles: string[], flags: HubFlags & { update?: boolean; acceptLicence?: boolean }) => {
      const terminal = new Terminal(flags);
      for (const handle of handles) {
        const model = await bring({ ...flags, handle, signal }, terminal);
        const size = bytes(model.files.reduce((sum, file) => sum + file.bytes, 0));
        const came = model.downloaded > 0 ? "pulled" : "was here";
        terminal.say(`${handle}: ${came}, ${size}, ${licenceOf(model)}\n  ${model.id}\n  ${model.file}`);
        for (const gone of model.evicted) terminal.warn(`to make room, the files of ${gone} were removed`);
        terminal.emit(model);
      }
    });
}

/** `tsugiki models rm HANDLE…` */
export function removeCommand(group: Command): void {
  const command = group
    .command("rm")
    .summary("remove pulled models, and forget what they were pinned to")
    .description("Removes pulled models from this machine, and forgets what they were pinned to.")
    .argument("[handle...]", "as they were pulled")
    .option("--all", "every one");
  withOutput(command)
    .addHelpText(
      "after",
      examples(["tsugiki models rm hf:onnx-community/dinov2-small", "tsugiki models rm --all"]),
    )
    .action(async (handles: string[], { all = false, ...flags }: HubFlags & { all?: boolean }) => {
      if (all === handles.length > 0) {
        throw new UsageError(
          { what: "It is not plain what to remove.", next: "Name models, or give --all for every one." },
          { option: "handle", value: handles },
        );
      }
      const terminal = new Terminal(flags);
      const result = await removeModels({ ...flags, ...(!all && { handles }) });
      terminal.say(
        `Removed ${count(result.removed.length, "model")}, ${bytes(result.freed)} are free again.`,
      );
      terminal.emit(result);
    });
}

/** `tsugiki models verify [HANDLE…]` */
export function verifyPulledCommand(group: Command, signal: AbortSignal): void {
  const command = group
    .command("verify")
    .summary("hold pulled models to their hashes")
    .description("Reads pulled models again and holds every byte to the hash that it came with.")
    .argument("[handle...]", "as they were pulled (default: all)");
  withOutput(command)
    .addHelpText(
      "after",
      examples(["tsugiki models verify", "tsugiki models verify mobilenetv2_100.ra_in1k --json"]),
    )
    .action(async (handles: string[], flags: HubFlags) => {
      const terminal = new Terminal(flags);
      const models = [];
      const asked = { ...flags, signal, ...(handles.length > 0 && { handles }) };
      for await (const model of verifyModels(asked)) {
        const { handle, damaged, evicted } = model;
        models.push(model);
        terminal.say(`${handle}: ${stateOf(evicted, damaged)}`);
      }
      terminal.emit({ models });
      if (models.length === 0) terminal.note("Nothing was pulled yet.");
      const bad = models.filter(({ damaged }) => damaged.length > 0).map(({ handle }) => handle);
      if (bad.length > 0) throw new DamagedError(bad);
    });
}

function stateOf(evicted: boolean, damaged: readonly string[]): string {
  if (evicted) return "remembered; its files were removed to make room";
  return damaged.length === 0 ? "whole" : `damaged: ${damaged.join(", ")}`;
}

/** Pulled models whose bytes are not what they were. */
class DamagedError extends TsugikiError<{ readonly handles: readonly string[] }> {
  override readonly code = "HUB_DAMAGED";

  constructor(handles: readonly string[]) {
    super(
      {
        what: `${count(handles.length, "model")} on this machine ${handles.length === 1 ? "is" : "are"} damaged.`,
        next: `Bring ${handles.length === 1 ? "it" : "them"} anew: tsugiki models pull --update ${handles.join(" ")}`,
      },
      { handles },
    );
  }
}
