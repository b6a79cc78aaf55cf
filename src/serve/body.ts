import type { IncomingMessage } from "node:http";
import type { Limits } from "./contract.ts";
import { refusal } from "./errors.ts";

/** A request's body, in memory. */
export type Body = Uint8Array<ArrayBuffer>;

/** Bytes of all bodies held at once: what stands between many large uploads and the memory's end. */
export class BodyMemory {
  readonly #most: number;
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
    return await use(await collect(incoming, most));
  } finally {
    free();
  }
}

async function collect(incoming: IncomingMessage, most: number): Promise<Body> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    // Stopping early must not end the connection: the refusal goes out on it.
    for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > most) break;
      chunks.push(chunk);
    }
  } catch {
    throw refusal(400, "The body broke off.");
  }
  if (size > most) {
    // The rest is let go by: a sender reads the refusal only once it has sent all.
    incoming.resume();
    throw tooLarge(most);
  }
  return Buffer.concat(chunks, size);
}

function tooLarge(most: number): Error {
  return refusal(413, `The body has more than ${most} bytes.`, "Send a smaller picture, or fewer at once.");
}
