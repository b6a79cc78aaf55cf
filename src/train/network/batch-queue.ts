import type { Batch } from "./inputs.ts";

/** An epoch's batches, the next one being loaded while the engine works on this one. */
export class BatchQueue {
  readonly #load: (index: number) => Promise<Batch>;
  readonly #count: number;
  #coming: { readonly index: number; readonly batch: Promise<Batch> } | undefined;

  constructor(load: (index: number) => Promise<Batch>, count: number) {
    this.#load = load;
    this.#count = count;
  }

  /** The batch at an index; they are best taken in order. Throws what loading it throws. */
  async take(index: number): Promise<Batch> {
    const { batch } = this.#coming?.index === index ? this.#coming : this.#begin(index);
    this.#coming = index + 1 < this.#count ? this.#begin(index + 1) : undefined;
    return await batch;
  }

  /** Waits for what is under way, so that its sources can be closed. */
  async settle(): Promise<void> {
    await this.#coming?.batch.catch(() => {});
    this.#coming = undefined;
  }

  #begin(index: number) {
    const batch = this.#load(index);
    // It is awaited later; should training fail first, this must not count as an error nobody saw.
    batch.catch(() => {});
    return { index, batch };
  }
}
