import { availableParallelism } from "node:os";
import { getRequestListener } from "@hono/node-server";
import { createApp } from "./app.ts";
import { BodyMemory } from "./body.ts";
import type { RunningServer, ServeOptions } from "./contract.ts";
import { GracefulStop } from "./graceful-stop.ts";
import { guardFor } from "./guard.ts";
import { limitsOf } from "./limits.ts";
import { httpServer, listen } from "./listen.ts";
import { Metrics } from "./metrics.ts";
import { closeModels, loadModels } from "./models.ts";
import { PictureQueue } from "./picture-queue.ts";
import type { ServerState } from "./state.ts";

export type { Limits, RunningServer, ServedModelInfo, ServeOptions } from "./contract.ts";
export { ServeError } from "./errors.ts";

/** Pictures under way a core: one in the engine, one waiting for it, two being decoded. */
const lanesPerCore = 4;

/**
 * Serves classifiers over HTTP: the Open Inference Protocol (KServe v2) and pictures in plain bodies (docs/SERVER.md).
 *
 *     const server = await serve({ models: ["runs/flowers"] });
 *     console.log(server.url);
 *     await server.stop();
 *
 * Throws ServeError where models' names clash or the address is taken, UsageError for options that mean nothing,
 * ClassifierError for a model that is none.
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { host = "127.0.0.1", port = 8000, allowHosts = [], onError = console.error } = options;
  const limits = limitsOf(options.limits);
  const models = await loadModels(options);
  const queue = new PictureQueue(lanesPerCore * availableParallelism(), limits.queue);
  const memory = new BodyMemory(limits.memory);
  const metrics = new Metrics({
    waiting: () => queue.waiting,
    busy: () => queue.busy,
    bodyBytes: () => memory.held,
  });
  let stopping: Promise<void> | undefined;
  const state: ServerState = {
    models,
    limits,
    queue,
    memory,
    metrics,
    isStopping: () => stopping !== undefined,
  };
  const app = createApp(state, { guard: guardFor(host, allowHosts), onError });
  const server = httpServer(limits);
  const graceful = new GracefulStop(server);
  server.on(
    "request",
    getRequestListener(app.fetch, {
      overrideGlobalObjects: false,
      // It cuts off who still sends the body of a refused request; Node lets that go by, for as long as a request may take.
      autoCleanupIncoming: false,
      errorHandler: () => Response.json({ error: "The request cannot be read." }, { status: 400 }),
    }),
  );
  const address = await listen(server, host, port).catch(async (error: unknown) => {
    await closeModels(models);
    throw error;
  });
  return {
    ...address,
    models: [...models.values()].map(({ name, classifier }) => ({
      name,
      file: classifier.file,
      classes: classifier.classes,
    })),
    stop() {
      stopping ??= graceful.stop(limits.seconds).then(async () => {
        await closeModels(models);
        metrics.registry.clear();
      });
      return stopping;
    },
  };
}
