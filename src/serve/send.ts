import type { RequestContext } from "./state.ts";

/** By this header Hono's listener sees that the answer is out. */
const sent = new Response(null, { headers: { "x-hono-already-sent": "true" } });

/**
 * Sends an answer by Node's own means. A web Response is read through a stream: for the answers that are asked for most, that
 * takes longer than to make them.
 */
export function send(
  { env: { outgoing } }: RequestContext,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>>,
): Response {
  outgoing.writeHead(200, { ...headers, "content-length": Buffer.byteLength(body) });
  outgoing.end(body);
  return sent;
}

export function sendJson(context: RequestContext, value: unknown): Response {
  return send(context, JSON.stringify(value), { "content-type": "application/json" });
}
