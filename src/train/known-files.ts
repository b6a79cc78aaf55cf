import { hexOf, sha256 } from "../core/hash.ts";
import type { RowStore } from "../data/row-store.ts";
import type { Content } from "../data/sample.ts";
import type { OpenStore } from "./extract.ts";

/**
 * What files on a disk were found to hold, by their state there: one whose state has been met is known without being
 * read, which of thousands of large photos is most of a second run's work.
 */
export class KnownFiles {
  readonly #store: RowStore;

  private constructor(store: RowStore) {
    this.#store = store;
  }

  static async open(openStore: OpenStore): Promise<KnownFiles> {
    return new KnownFiles(openStore(await sha256("files 1"), 32, "files"));
  }

  /** The sha256 of a file's bytes, or undefined where it has to be read. */
  hashOf(content: Content): string | undefined {
    if (content.kind !== "file" || content.state === undefined) return undefined;
    const row = this.#store.get(content.state);
    return row && hexOf(row);
  }

  /** Notes the sha256 of what was read from a file after its state was looked at. */
  note(content: Content, hash: string): void {
    if (content.kind !== "file" || content.state === undefined) return;
    const row = Uint8Array.from(hash.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
    this.#store.put(content.state, row);
  }

  flush(): void {
    this.#store.flush();
  }

  close(): void {
    this.#store.close();
  }
}
