import { stat } from "node:fs/promises";
import { getRequestListener } from "@hono/node-server";
import { UsageError } from "../../core/errors.ts";
import { GracefulStop } from "../graceful-stop.ts";
import { guardFor } from "../guard.ts";
import { httpServer, listen } from "../listen.ts";
import { createHubApp } from "./app.ts";
import { Shelf, type ShelvedModel } from "./shelf.ts";

export interface ServeHubOptions {
  /** Holds a folder a model, each with an .onnx file: what `publish` writes. */
  readonly folder: string;
  /** Default 127.0.0.1: this machine alone. */
  readonly host?: string | undefined;
  /** Default 8001; 0 takes any free one. */
  readonly port?: number | undefined;
  /** Names by which it may be called beside its own address, such as a proxy's. */
  readonly allowHosts?: readonly string[] | undefined;
}

export interface RunningHub {
  readonly url: string;
  readonly models: readonly Pick<ShelvedModel, "name" | "commit" | "licence">[];
  /** Finishes the downloads under way, for a minute at most, and takes no more. */
  stop(): Promise<void>;
}

/** Seconds that a whole download may take, and how many there may be at once. */
const [seconds, connections] = [600, 256];

/** Serves a folder of models as a hub of one's own. Throws UsageError where there is no folder, ServeError for the address. */
export async function serveHub({
  folder,
  host = "127.0.0.1",
  port = 8001,
  allowHosts = [],
}: ServeHubOptions): Promise<RunningHub> {
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) {
    throw new UsageError(
      { what: `There is no folder ${folder}.`, next: "`tsugiki hub publish RUN --to FOLDER` makes one." },
      { option: "folder", value: folder },
    );
  }
  const shelf = new Shelf(folder);
  const models = await shelf.list();
  const server = httpServer({ seconds, connections });
  const graceful = new GracefulStop(server);
  const app = createHubApp(shelf, guardFor(host, allowHosts));
  server.on("request", getRequestListener(app.fetch, { overrideGlobalObjects: false }));
  const { url } = await listen(server, host, port);
  return {
    url,
    models: models.map(({ name, commit, licence }) => ({ name, commit, licence })),
    stop: () => graceful.stop(60),
  };
}
