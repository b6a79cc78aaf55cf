/// <reference lib="dom" />
// The page's side of the engine's thread: requests with a promise each.

/** @import { Reply, Request } from "./model-worker.js" */

/**
 * @typedef {object} Underway
 * @property {(value: unknown) => void} done
 * @property {(error: Error) => void} failed
 * @property {(share: number) => void} progress
 */

/**
 * @template T
 * @typedef {T extends unknown ? Omit<T, "id"> : never} WithoutId
 */

export class Thread {
  #worker = new Worker(new URL("model-worker.js", import.meta.url), { type: "module" });
  #last = 0;
  /** @type {Map<number, Underway>} */
  #underway = new Map();

  constructor() {
    this.#worker.onmessage = ({ data }) => this.#take(/** @type {Reply} */ (data));
    this.#worker.onerror = ({ message }) => this.#fail(new Error(message || "model-worker.js"));
  }

  /** @param {Reply} reply */
  #take(reply) {
    const asked = this.#underway.get(reply.id);
    if (reply.kind === "progress") {
      asked?.progress(reply.share);
      return;
    }
    this.#underway.delete(reply.id);
    if (reply.kind === "done") asked?.done(reply.value);
    else asked?.failed(new Error(reply.why));
  }

  /** @param {Error} error */
  #fail(error) {
    for (const { failed } of this.#underway.values()) failed(error);
    this.#underway.clear();
  }

  /**
   * @param {WithoutId<Request>} request
   * @param {(share: number) => void} [progress]
   * @param {AbortSignal} [signal] ends the request with an error
   * @returns {Promise<unknown>}
   */
  ask(request, progress = () => {}, signal) {
    const id = ++this.#last;
    signal?.addEventListener("abort", () => this.#worker.postMessage({ id, kind: "cancel" }));
    return new Promise((done, failed) => {
      this.#underway.set(id, { done, failed, progress });
      this.#worker.postMessage({ id, ...request });
    });
  }

  /** Stops the engine; what is under way fails. @param {Error} error */
  end(error) {
    this.#worker.terminate();
    this.#fail(error);
  }
}
