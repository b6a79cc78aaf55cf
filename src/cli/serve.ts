import type { Command } from "commander";
import { count } from "../core/words.ts";
import type { Limits, RunningServer, ServeOptions } from "../serve/serve.ts";
import { examples, number, type OutputOptions, whole, withOutput } from "./options.ts";
import { Terminal } from "./terminal.ts";
import { plain } from "./view/width.ts";

type Flags = OutputOptions &
  Pick<ServeOptions, "host" | "port"> & {
    readonly name?: readonly string[];
    readonly allowHost?: readonly string[];
    readonly maxBytes?: number;
    readonly maxPixels?: number;
    readonly maxPictures?: number;
    readonly queue?: number;
    readonly timeout?: number;
  };

/** `tsugiki serve RUN...` */
export function serveCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("serve")
    .summary("answer over HTTP what pictures show")
    .description(
      "Serves classifiers over HTTP until Ctrl-C: pictures in plain bodies or forms, and the Open Inference Protocol " +
        "(KServe v2). What was accepted is answered before it stops.",
    )
    .argument("<runs...>", "runs' folders, or their model.onnx; each is asked by its folder's name")
    .option("--port <number>", "port to listen on; 0 takes any free one (default: 8000)", whole)
    .option("--host <address>", "address to listen on (default: 127.0.0.1, this machine only)")
    .option("--name <name>", "another name for a model; repeated: for one after another", repeated)
    .option(
      "--allow-host <name>",
      "a name by which it may be called, such as a proxy's; repeatable",
      repeated,
    )
    .option("--max-bytes <bytes>", "bytes of a request's body (default: 20,000,000)", whole)
    .option("--max-pixels <pixels>", "pixels of a picture, by its header (default: 50,000,000)", whole)
    .option("--max-pictures <number>", "pictures in one request (default: 64)", whole)
    .option("--queue <pictures>", "pictures that wait; further ones get 503 (default: 256)", whole)
    .option("--timeout <seconds>", "seconds that a request may take (default: 30)", number);
  withOutput(command)
    .addHelpText(
      "after",
      `${examples([
        "tsugiki serve runs/flowers",
        "tsugiki serve runs/flowers runs/trees --port 9000",
        "tsugiki serve runs/flowers --host 0.0.0.0 --allow-host flowers.example",
      ])}
With --json, one line is printed once it listens: {"url","host","port","models":[{"name","file","classes"},…]}.`,
    )
    .action(async (models: string[], flags: Flags) => {
      const terminal = new Terminal(flags);
      // Loaded only here: no other command should wait for it to load.
      const { serve } = await import("../serve/serve.ts");
      const { host, port, name: names, allowHost: allowHosts } = flags;
      const server = await serve({ models, names, host, port, allowHosts, limits: limitsOf(flags) });
      terminal.say(startText(server));
      terminal.emit({ ...server, stop: undefined });
      if (!signal.aborted)
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      await server.stop();
    });
}

function limitsOf({ maxBytes, maxPixels, maxPictures, queue, timeout }: Flags): Partial<Limits> {
  return {
    ...(maxBytes !== undefined && { bytes: maxBytes }),
    ...(maxPixels !== undefined && { pixels: maxPixels }),
    ...(maxPictures !== undefined && { pictures: maxPictures }),
    ...(queue !== undefined && { queue }),
    ...(timeout !== undefined && { seconds: timeout }),
  };
}

function startText({ url, models }: RunningServer): string {
  const rows = models.map(
    ({ name, file, classes }) =>
      `  ${plain(name)}  ${count(classes.length, "class", "classes")}, ${plain(file)}`,
  );
  const path = models.length === 1 ? "/predict" : `/models/${encodeURIComponent(models[0]!.name)}/predict`;
  return [
    `Listening on ${url}`,
    ...rows,
    "",
    `Try:  curl -F image=@some-picture.jpg ${url}${path}`,
    "Stop: Ctrl-C",
  ].join("\n");
}

function repeated(text: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), text];
}
