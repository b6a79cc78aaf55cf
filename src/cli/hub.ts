import type { Command } from "commander";
import { count } from "../core/words.ts";
import { type PublishOptions, publish } from "../index.ts";
import { examples, type OutputOptions, whole, withOutput } from "./options.ts";
import { Terminal } from "./terminal.ts";
import { plain } from "./view/width.ts";

/** `tsugiki hub …`: a hub of one's own. */
export function hubCommand(program: Command, signal: AbortSignal): void {
  const group = program
    .command("hub")
    .summary("publish classifiers, and serve a hub of your own")
    .description(
      "Publishes trained classifiers, in a hub of your own or on Hugging Face; others predict with them or graft on them.",
    )
    .addHelpText(
      "after",
      examples(["tsugiki hub publish runs/flowers --to our-models", "tsugiki hub serve our-models"]),
    );
  publishCommand(group);
  serveHubCommand(group, signal);
}

/** `tsugiki hub publish RUN --to FOLDER|hf:me/flowers` */
function publishCommand(group: Command): void {
  const command = group
    .command("publish")
    .summary("put a trained classifier on a hub, with its model card")
    .description(
      "Puts a trained classifier on a hub, with its labels and a model card that tells its base, licence and figures.",
    )
    .argument("<run>", "a run's folder")
    .requiredOption("--to <hub>", "a hub's folder, or hf:me/flowers on Hugging Face (needs HF_TOKEN)")
    .option("--name <name>", "what it is called in the folder (default: the run's name)")
    .option("--private", "on Hugging Face, for its owners alone (default: for everybody)");
  withOutput(command)
    .addHelpText(
      "after",
      examples([
        "tsugiki hub publish runs/flowers --to our-models",
        "tsugiki hub publish runs/flowers --to hf:me/flowers --private",
      ]),
    )
    .action(async (model: string, flags: OutputOptions & Omit<PublishOptions, "model">) => {
      const terminal = new Terminal(flags);
      const published = await publish({ ...flags, model });
      const at = published.revision === undefined ? "" : `, revision ${published.revision.slice(0, 12)}`;
      terminal.say(`Published ${count(published.files.length, "file")}: ${published.where}${at}`);
      terminal.say(
        flags.to.startsWith("hf:")
          ? `Others train on it with --base ${published.handle}`
          : `Serve the folder: tsugiki hub serve ${flags.to}`,
      );
      terminal.emit(published);
    });
}

interface ServeFlags extends OutputOptions {
  readonly host?: string;
  readonly port?: number;
  readonly allowHost?: readonly string[];
}

/** `tsugiki hub serve FOLDER` */
function serveHubCommand(group: Command, signal: AbortSignal): void {
  const command = group
    .command("serve")
    .summary("serve a folder of models to others")
    .description(
      "Serves a folder of models until Ctrl-C: pages for people, and Hugging Face's protocol for programs. A model's handle " +
        "is hub+http://HOST:PORT/NAME.",
    )
    .argument("<folder>", "holds a folder a model, as `hub publish` writes them")
    .option("--port <number>", "port to listen on; 0 takes any free one (default: 8001)", whole)
    .option("--host <address>", "address to listen on (default: 127.0.0.1, this machine only)")
    .option(
      "--allow-host <name>",
      "a name by which it may be called, such as a proxy's; repeatable",
      (name: string, before: readonly string[] = []) => [...before, name],
    );
  withOutput(command)
    .addHelpText(
      "after",
      examples(["tsugiki hub serve our-models", "tsugiki hub serve our-models --port 9001 --json"]),
    )
    .action(async (folder: string, { host, port, allowHost: allowHosts, ...flags }: ServeFlags) => {
      const terminal = new Terminal(flags);
      const { serveHub } = await import("../serve/hub/serve-hub.ts");
      const hub = await serveHub({ folder, host, port, allowHosts });
      terminal.say(`${hub.url} serves ${count(hub.models.length, "model")}; Ctrl-C stops it.`);
      for (const { name, licence } of hub.models)
        terminal.say(`  hub+${hub.url}/${plain(name)}  licence ${plain(licence ?? "not stated")}`);
      terminal.emit({ url: hub.url, models: hub.models });
      if (!signal.aborted)
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      await hub.stop();
    });
}
