import { refusal } from "./errors.ts";

/** Begins the work on a picture. */
type Begin = () => void;

/**
 * Pictures wait in one line and are worked on in `lanes`, one a lane. This is what batching means here: a request's
 * pictures are spread over the engines, one a core, and side by side with those of other requests, because a batch run as
 * one is no faster on a CPU than its pictures one by one (measured: recipes/serve-load/README.md), and makes the first of
 * them wait for the last.
 */
export class PictureQueue {
  readonly #lanes: number;
  readonly #most: number;
  /** In order of arrival: a Set lets those whose request has ended leave from the middle. */
  readonly #waiting = new Set<Begin>();
  #busy = 0;

  /** `lanes`: pictures worked on at once; `most`: pictures that may wait for one. */
  constructor(lanes: number, most: number) {
    this.#lanes = lanes;
    this.#most = most;
  }

  /** Pictures accepted and not begun. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Pictures that are worked on. */
  get busy(): number {
    return this.#busy;
  }

  /** Throws RefusedError (503) where so many more pictures would be too many. */
  ensureRoom(pictures = 1): void {
    if (this.#waiting.size + pictures <= this.#most) return;
    throw refusal(503, `The queue is full: ${this.#waiting.size} pictures wait.`, "Ask again in a moment.");
  }

  /**
   * Works on all items and answers in their order, or fails as the first that fails. Once `signal` aborts, items not begun
   * are dropped, and the reason is thrown. Throws RefusedError (503) where they are too many to wait.
   */
  async all<T, R>(
    items: readonly T[],
    work: (item: T, index: number) => Promise<R>,
    signal: AbortSignal,
  ): Promise<R[]> {
    this.ensureRoom(items.length);
    signal.throwIfAborted();
    const mine: Begin[] = [];
    const results = items.map(
      (item, index) =>
        new Promise<R>((resolve, reject) => {
          mine.push(() => {
            this.#busy++;
            work(item, index)
              .then(resolve, reject)
              .finally(() => {
                this.#busy--;
                this.#next();
              });
          });
        }),
    );
    for (const begin of mine) this.#waiting.add(begin);
    this.#next();
    let end = (): void => {};
    const ended = new Promise<never>((_, reject) => {
      end = () => reject(signal.reason as Error);
    });
    signal.addEventListener("abort", end);
    try {
      return await Promise.race([Promise.all(results), ended]);
    } finally {
      // Of one that failed or has ended, the others need not begin.
      for (const begin of mine) this.#waiting.delete(begin);
      signal.removeEventListener("abort", end);
    }
  }

  #next(): void {
    for (const begin of this.#waiting) {
      if (this.#busy >= this.#lanes) return;
      this.#waiting.delete(begin);
      begin();
    }
  }
}
