/// <reference lib="dom" />
// The page's side of the engine's thread: requests with a promise each.

/**
 * @import { Facts } from "../facts.ts"
 * @import { Heat } from "./heat.js"
 * @import { Answer, Reply } from "./model-worker.js"
 * @import { Picture } from "./pixels.js"
 */

/** More threads than this gain little on pictures of a few hundred pixels. */
const mostThreads = 4;

/** What stands in the folder about the model; throws where it cannot be read. @returns {Promise<Facts>} */
export async function readFacts() {
  const response = await fetch("classifier.json");
  if (!response.ok) throw new Error(`classifier.json: HTTP ${response.status}`);
  return response.json();
}

/** A loaded classifier. */
export class Model {
  #worker = new Worker(new URL("model-worker.js", import.meta.url), { type: "module" });
  #last = 0;
  /** @type {Map<number, { done: (value: unknown) => void, failed: (error: Error) => void, progress: (share: number) => void }>} */
  #underway = new Map();

  /**
   * @param {Facts} facts
   * @param {(share: number) => void} progress
   */
  static async load(facts, progress) {
    const model = new Model();
    // Threads share memory, which browsers give only to pages that are served with headers for it.
    const threads = crossOriginIsolated ? Math.min(mostThreads, navigator.hardwareConcurrency) : 1;
    await model.#ask({ kind: "load", facts, threads }, progress);
    return model;
  }

  constructor() {
    this.#worker.onmessage = ({ data }) => this.#take(/** @type {Reply} */ (data));
    this.#worker.onerror = ({ message }) => {
      const error = new Error(message || "model-worker.js");
      for (const { failed } of this.#underway.values()) failed(error);
      this.#underway.clear();
    };
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

  /**
   * @param {Record<string, unknown>} request
   * @param {(share: number) => void} [progress]
   * @param {AbortSignal} [signal]
   * @returns {Promise<unknown>}
   */
  #ask(request, progress = () => {}, signal) {
    const id = ++this.#last;
    signal?.addEventListener("abort", () => this.#worker.postMessage({ id, kind: "cancel" }));
    return new Promise((done, failed) => {
      this.#underway.set(id, { done, failed, progress });
      this.#worker.postMessage({ id, ...request });
    });
  }

  /**
   * @param {Picture} picture
   * @returns {Promise<Answer>}
   */
  async classify(picture) {
    return /** @type {Answer} */ (await this.#ask({ kind: "classify", picture }));
  }

  /**
   * What hiding each part of the picture takes from a label. A signal ends it with an error.
   * @param {Picture} picture
   * @param {number} label
   * @param {(share: number) => void} progress
   * @param {AbortSignal} signal
   * @returns {Promise<Heat>}
   */
  async heat(picture, label, progress, signal) {
    return /** @type {Heat} */ (await this.#ask({ kind: "heat", picture, label }, progress, signal));
  }
}
