import { sha256 } from "../../core/hash.ts";
import { memoryRows, type RowStore } from "../../data/row-store.ts";
import type { OpenStore, RowKind } from "../../train/extract.ts";

/**
 * Small encoded pictures, kept between runs by the hash of what they show. All rows of a store are of one length: two bytes
 * say how much of it is the picture, and a larger picture is not kept.
 */
export class KeptPictures {
  readonly #rows: RowStore;
  readonly #rowBytes: number;

  private constructor(rows: RowStore, rowBytes: number) {
    this.#rows = rows;
    this.#rowBytes = rowBytes;
  }

  /** Those drawn in the way that `how` tells; without a store they are kept no longer than this. */
  static async open(
    openStore: OpenStore | undefined,
    kind: RowKind,
    how: string,
    rowBytes: number,
  ): Promise<KeptPictures> {
    const rows = openStore?.(await sha256(how), rowBytes, kind) ?? memoryRows();
    return new KeptPictures(rows, rowBytes);
  }

  get(hash: string): Uint8Array | undefined {
    const row = this.#rows.get(hash);
    return row?.subarray(2, 2 + row[0]! + (row[1]! << 8));
  }

  put(hash: string, picture: Uint8Array): void {
    if (picture.length > this.#rowBytes - 2) return;
    const row = new Uint8Array(this.#rowBytes);
    row.set([picture.length & 0xff, picture.length >> 8]);
    row.set(picture, 2);
    this.#rows.put(hash, row);
  }

  close(): void {
    this.#rows.close();
  }
}

/** A page carries it as this. */
export function webpUri(picture: Uint8Array): string {
  return `data:image/webp;base64,${Buffer.from(picture).toString("base64")}`;
}
