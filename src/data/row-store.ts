/**
 * Rows of bytes by content hash, kept between runs: what was computed once for a picture is not computed again.
 * All rows of a store are of one length.
 */
export interface RowStore {
  has(hash: string): boolean;
  /** The row of a sha256 in hexadecimal, or undefined. */
  get(hash: string): Uint8Array | undefined;
  /** Keeps a row; it is safe on disk after the next `flush`, or earlier. */
  put(hash: string, row: Uint8Array): void;
  flush(): void;
  /** Flushes and lets go of the files. */
  close(): void;
}

/** A store that lives as long as its holder. */
export function memoryRows(): RowStore {
  const rows = new Map<string, Uint8Array>();
  return {
    has: (hash) => rows.has(hash),
    get: (hash) => rows.get(hash),
    put: (hash, row) => rows.set(hash, row),
    flush: () => {},
    close: () => rows.clear(),
  };
}
