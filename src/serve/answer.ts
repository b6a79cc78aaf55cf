import { type Body, withBody } from "./body.ts";
import type { Limits } from "./contract.ts";
import { type RefusedError, refusal } from "./errors.ts";
import type { ServedModel } from "./models.ts";
import type { RequestContext, ServerState } from "./state.ts";

/** The model of the address. Throws RefusedError (404) where there is none of that name. */
export function modelOf(context: RequestContext, { models }: ServerState): ServedModel {
  const model = models.get(context.req.param("name") ?? "");
  if (model) return model;
  throw refusal(404, "There is no model of that name.", `There are: ${[...models.keys()].join(", ")}.`);
}

/**
 * Reads the body and works on it until the answer is there, the time is up (504), or whoever asked has left. A server that
 * is stopping, or whose queue is full, refuses before the body is read (503).
 */
export async function answer<T>(
  { env: { incoming, outgoing } }: RequestContext,
  { limits, memory, queue, isStopping }: ServerState,
  work: (body: Body, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (isStopping()) throw refusal(503, "The server is stopping.");
  queue.ensureRoom();
  const ended = new AbortController();
  const timer = setTimeout(() => ended.abort(tooLate(limits)), limits.seconds * 1000);
  const left = (): void => ended.abort(refusal(503, "The connection was closed."));
  outgoing.once("close", left);
  try {
    return await withBody(incoming, limits, memory, (body) => work(body, ended.signal));
  } finally {
    clearTimeout(timer);
    outgoing.off("close", left);
  }
}

function tooLate({ seconds }: Pick<Limits, "seconds">): RefusedError {
  return refusal(
    504,
    `There was no answer within ${seconds} seconds.`,
    "Ask for fewer pictures at once, or later.",
  );
}
