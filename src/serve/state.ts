import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import type { BodyMemory } from "./body.ts";
import type { Limits } from "./contract.ts";
import type { Metrics } from "./metrics.ts";
import type { ServedModel } from "./models.ts";
import type { PictureQueue } from "./picture-queue.ts";

/** What the routes share. */
export interface ServerState {
  readonly models: ReadonlyMap<string, ServedModel>;
  readonly limits: Limits;
  readonly queue: PictureQueue;
  readonly memory: BodyMemory;
  readonly metrics: Metrics;
  /** Whether it only finishes what it has accepted. */
  readonly isStopping: () => boolean;
}

export type Env = { Bindings: HttpBindings };
export type RequestContext = Context<Env>;

/** A route with what the OpenAPI document says of it. */
export interface Route {
  readonly method: "get" | "post";
  /** As OpenAPI writes it: /v2/models/{name}. */
  readonly path: string;
  readonly operation: Readonly<Record<string, unknown>>;
  readonly handle: (context: RequestContext) => Response | Promise<Response>;
}
