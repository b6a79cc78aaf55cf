import { setTimeout as sleep } from "node:timers/promises";
import { following, unlessAborted } from "../core/abort.ts";
import type { Patience } from "./download-node.ts";
import { ask, expectStatus, Setback } from "./http.ts";

/** No listing or manifest is larger. */
const longestAnswer = 64 * 1024 ** 2;

/** An answer in JSON, asked for again where that may help. Throws Setback. */
export async function askAgain(
  url: string,
  headers: Readonly<Record<string, string>>,
  { tries = 5, waitSeconds = 0.5, longestWaitSeconds = 60, stallSeconds = 30 }: Partial<Patience>,
  signal: AbortSignal | undefined,
): Promise<Response> {
  for (let turn = 1, wait = waitSeconds; ; turn++, wait *= 2) {
    const stop = following(signal);
    const timer = setTimeout(
      () => stop.abort(new Error(`nothing came for ${stallSeconds} s`)),
      1000 * stallSeconds,
    );
    try {
      const response = await ask(url, { headers, signal: stop.signal });
      // Errors of a kind that asking again does not mend are for the caller to read.
      if (response.ok || (response.status < 500 && response.status !== 429))
        return await unlessAborted(bounded(response), stop.signal);
      await expectStatus(response, []);
    } catch (error) {
      signal?.throwIfAborted();
      const setback =
        error instanceof Setback
          ? error
          : new Setback(`${new URL(url).host} does not answer`, { cause: error });
      const asked = setback.retryAfter ?? 0;
      if (setback.final || turn >= tries || asked > longestWaitSeconds) throw setback;
      await sleep(1000 * Math.max(wait, asked), undefined, { ...(signal && { signal }) });
    } finally {
      clearTimeout(timer);
      stop.letGo();
    }
  }
}

/** The answer with its body read, which may not be endless, and is JSON where all is well. */
async function bounded(response: Response): Promise<Response> {
  const { host } = new URL(response.url);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > longestAnswer) throw new Setback(`${host} answers without end`, { final: true });
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  if (response.ok && !isJson(text)) throw new Setback(`${host} answers half, or what is no JSON`);
  return new Response(text, { status: response.status, headers: response.headers });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
