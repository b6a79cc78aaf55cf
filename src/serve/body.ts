import type { IncomingMessage } from "node:http";
import { Slabs } from "../core/slabs.ts";
import type { Limits } from "./contract.ts";
import { refusal } from "./errors.ts";

/** A request's body, in memory. */
export type Body = Uint8Array<ArrayBuffer>;

/** Bytes of all bodies held at once: what stands between many large uploads and the memory's end. */
export class BodyMemory {
  readonly #most: number;
  /** Where bodies are read to. */
  readonly slabs = new Slabs();
  #held = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get held(): number {
    return this.#held;
  }

  /** Answers what gives the bytes back. Throws RefusedError (503) where there is no room. */
  take(bytes: number): () => void {
    if (this.#held + bytes > this.#most)
      throw refusal(503, "Too many large requests are under way.", "Ask again in a moment.");
    this.#held += bytes;
    return () => {
      this.#held -= bytes;
    };
  }
}

/**
 * Reads a request's body whole and hands it to `use`; its bytes count as held until that has ended. Throws RefusedError:
 * 413 for more than `limits.bytes`, from the header alone where it says so; 415 for compressed bodies, which could unfold
 * to any size; 400 for one that breaks off.
 */
export async function withBody<T>(
  incoming: IncomingMessage,
  { bytes: most }: Pick<Limits, "bytes">,
  memory: BodyMemory,
  use: (body: Body) => Promise<T>,
): Promise<T> {
  const encoding = incoming.headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity")
    throw refusal(
      415,
      `Bodies in ${JSON.stringify(encoding.slice(0, 40))} are not read.`,
      "Send it uncompressed.",
    );
  const stated = incoming.headers["content-length"];
  const length = stated === undefined ? most : Number(stated);
  if (length > most) throw tooLarge(most);
  const free = memory.take(length);
  try {
    const body = await collect(incoming, most, memory.slabs);
    const result = await use(body);
    // Only where all went well: after a failure some of its pictures may still be looked at.
    memory.slabs.give(body.buffer);
    return result;
  } finally {
    free();
  }
}

/** Reads a body whole, into a slab. */
async function collect(incoming: IncomingMessage, most: number, slabs: Slabs): Promise<Body> {
  const chunks = await chunksOf(incoming, most);
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const body = new Uint8Array(slabs.take(size), 0, size);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  discard(chunks);
  return body;
}

function chunksOf(incoming: IncomingMessage, most: number): Promise<Uint8Array<ArrayBuffer>[]> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    const add = (chunk: Uint8Array<ArrayBuffer>): void => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= most) return;
      incoming.off("data", add);
      // The rest is let go by: a sender reads the refusal only once it has sent all.
      incoming.resume();
      reject(tooLarge(most));
    };
    const broken = (): void => reject(refusal(400, "The body broke off."));
    incoming.on("data", add);
    incoming.on("error", broken);
    incoming.once("close", broken);
    if (incoming.destroyed) broken();
    incoming.once("end", () => {
      incoming.off("close", broken);
      resolve(chunks);
    });
  });
}

/** A port at whose other end nobody is. */
const nowhere = new MessageChannel().port1;
nowhere.close();

/** Frees the chunks' memory at once, by sending it away, instead of leaving it to a collection (core/slabs.ts says why). */
function discard(chunks: readonly Uint8Array<ArrayBuffer>[]): void {
  // What shares its buffer with others stays: theirs would be gone, too.
  const own = chunks.filter((chunk) => chunk.byteLength === chunk.buffer.byteLength);
  nowhere.postMessage(
    undefined,
    own.map(({ buffer }) => buffer),
  );
}

function tooLarge(most: number): Error {
  return refusal(413, `The body has more than ${most} bytes.`, "Send a smaller picture, or fewer at once.");
}
