import { open, writeFile } from "node:fs/promises";
import { unlessAborted } from "../core/abort.ts";
import type { DownloadOptions, Patience, Wanted } from "./download-node.ts";
import { expectStatus, Setback, whyOf } from "./http.ts";

/** One request's settings: nothing of its patience is left open. */
export interface Attempt extends DownloadOptions {
  readonly patience: Patience;
}

interface Receiving extends Attempt {
  readonly signal: AbortSignal;
  readonly from: number;
  readonly url: string;
  touch(): void;
}

/** Writes an answer's body behind what is there, or from the start where the server begins anew. */
export async function receive(
  response: Response,
  wanted: Wanted,
  part: string,
  receiving: Receiving,
): Promise<void> {
  const { patience, signal, from, url, onProgress, touch } = receiving;
  await expectStatus(response, from > 0 ? [200, 206] : [200]);
  const begin = response.status === 206 ? from : 0;
  const total = await totalOf(response, begin, wanted, patience.bytes);
  const etag = response.headers.get("etag");
  if (begin === 0) await writeFile(stateOf(part), JSON.stringify({ url, ...(isStrong(etag) && { etag }) }));
  const file = await open(part, begin > 0 ? "r+" : "w");
  let at = begin;
  try {
    let [mark, since] = [at, performance.now()];
    for await (const chunk of chunksOf(response, signal)) {
      touch();
      if (at + chunk.length > (total ?? patience.bytes))
        throw new Setback("it sends more than it said", { final: begin === 0 });
      await file.write(chunk, 0, chunk.length, at);
      at += chunk.length;
      onProgress?.(at, total);
      const seconds = (performance.now() - since) / 1000;
      if (seconds < patience.stallSeconds) continue;
      if ((at - mark) / seconds < patience.slowestBytesPerSecond) throw new Setback("it comes too slowly");
      [mark, since] = [at, performance.now()];
    }
    await file.sync();
  } catch (error) {
    if (error instanceof Setback || isDisk(error)) throw error;
    throw new Setback(`the connection broke off after ${at} bytes (${whyOf(error)})`, { cause: error });
  } finally {
    await file.close();
  }
  if (total !== undefined && at < total)
    throw new Setback(`the connection broke off after ${at} of ${total} bytes`);
}

async function* chunksOf(response: Response, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { done, value } = await unlessAborted(reader.read(), signal);
      if (done) return;
      yield value;
    }
  } finally {
    // Nobody waits for it: it may be as deaf as what is left.
    reader.cancel().catch(() => {});
  }
}

/** How long the whole file will be, as the answer says; held to what is known. */
async function totalOf(
  response: Response,
  begin: number,
  wanted: Wanted,
  most: number,
): Promise<number | undefined> {
  const refuse = async (message: string, more: ConstructorParameters<typeof Setback>[1]): Promise<never> => {
    await response.body?.cancel();
    throw new Setback(message, more);
  };
  const encoding = response.headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity")
    return refuse(`it comes packed (${encoding}) though asked as it is`, { final: true });
  const length = response.headers.get("content-length");
  const rest = length !== null && /^\d+$/.test(length) ? Number(length) : undefined;
  let total = rest === undefined ? undefined : begin + rest;
  if (response.status === 206) {
    const [, start, , whole] =
      /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(response.headers.get("content-range") ?? "") ?? [];
    if (Number(start) !== begin) return refuse("it goes on at another place than asked", { final: true });
    if (whole !== undefined && whole !== "*") total = Number(whole);
  }
  if (total !== undefined && total > most)
    return refuse(`it has ${total} bytes, more than the ${most} allowed`, { final: true });
  if (total !== undefined && wanted.bytes !== undefined && total !== wanted.bytes) {
    const differs = { expected: `${wanted.bytes} bytes`, actual: `${total} bytes` };
    return refuse(`it has ${total} bytes, and ${wanted.bytes} were meant`, { final: true, differs });
  }
  return total ?? wanted.bytes;
}

/** Where it is noted which version a part is of. */
export const stateOf = (part: string): string => `${part}.json`;

/** A weak etag says that two versions mean the same, not that they are the same bytes. */
function isStrong(etag: string | null): etag is string {
  return (etag ?? "").startsWith('"');
}

function isDisk(error: unknown): boolean {
  return (
    error instanceof Error && "syscall" in error && (error.syscall === "write" || error.syscall === "fsync")
  );
}
