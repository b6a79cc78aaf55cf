/** Bytes of the smallest slab and of the largest that is kept. */
const [least, most] = [2 ** 14, 2 ** 22];

/**
 * Buffers that are used again. V8 counts a buffer's bytes as memory that a collection gives back: with fresh ones for each
 * picture of a few hundred kilobytes it walks the whole heap every hundred pictures, which took a server longer than all
 * else that it did around its engines (recipes/serve-load/README.md).
 */
export class Slabs {
  readonly #kept: number;
  readonly #idle = new Map<number, ArrayBuffer[]>();
  #idleBytes = 0;

  /** `kept`: bytes that may lie idle. */
  constructor(kept = 2 ** 25) {
    this.#kept = kept;
  }

  /** A buffer of at least so many bytes, which hold anything. */
  take(bytes: number): ArrayBuffer {
    if (bytes > most) return new ArrayBuffer(bytes);
    const size = Math.max(least, 2 ** Math.ceil(Math.log2(bytes)));
    const idle = this.#idle.get(size)?.pop();
    if (idle === undefined) return new ArrayBuffer(size);
    this.#idleBytes -= size;
    return idle;
  }

  /** Lends it again: nobody may look at it any more. */
  give(slab: ArrayBuffer): void {
    const size = slab.byteLength;
    if (size > most || this.#idleBytes + size > this.#kept) return;
    const idle = this.#idle.get(size);
    if (idle === undefined) this.#idle.set(size, [slab]);
    else idle.push(slab);
    this.#idleBytes += size;
  }
}
