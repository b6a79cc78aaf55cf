/// <reference lib="dom" />
// A loaded classifier, on the graphics card where that is there and right, else on the processor.

import { build, hasGraphicsCard } from "./engine.js";
import { Thread } from "./thread.js";

/**
 * @import { Facts } from "../facts.ts"
 * @import { Engine, Provider } from "./engine.js"
 * @import { Heat } from "./heat.js"
 * @import { Answer, Request } from "./model-worker.js"
 * @import { Picture } from "./pixels.js"
 * @import { WithoutId } from "./thread.js"
 *
 * @typedef {(share: number) => void} Progress
 * @typedef {{ thread: Thread, provider: Provider }} Running
 */

/** More threads than this gain little on pictures of a few hundred pixels. */
const mostThreads = 4;

/** What stands in the folder about the model; throws where it cannot be read. @returns {Promise<Facts>} */
export async function readFacts() {
  const response = await fetch("classifier.json");
  if (!response.ok) throw new Error(`classifier.json: HTTP ${response.status}`);
  return response.json();
}

/** @param {unknown} thrown */
const asError = (thrown) => (thrown instanceof Error ? thrown : new Error(String(thrown)));

export class Model {
  #facts;
  #changed;
  /** @type {Promise<Running>} */
  #running;

  /**
   * @param {Facts} facts
   * @param {Provider} provider
   * @param {Progress} progress
   * @param {(engine: Engine) => void} changed
   */
  constructor(facts, provider, progress, changed) {
    this.#facts = facts;
    this.#changed = changed;
    this.#running = this.#start(provider, progress);
  }

  /**
   * @param {Facts} facts
   * @param {Progress} progress
   * @param {(engine: Engine) => void} changed told which engine runs, now and whenever another one has to
   */
  static async load(facts, progress, changed) {
    const model = new Model(facts, (await hasGraphicsCard()) ? "webgpu" : "wasm", progress, changed);
    await model.#running;
    return model;
  }

  /**
   * @param {Provider} provider
   * @param {Progress} progress
   * @param {string} [problem]
   * @returns {Promise<Running>}
   */
  async #start(provider, progress, problem) {
    const thread = new Thread();
    // Threads share memory, which browsers give only to pages that are served with headers for it.
    const threads = crossOriginIsolated ? Math.min(mostThreads, navigator.hardwareConcurrency) : 1;
    try {
      await thread.ask({ kind: "load", facts: this.#facts, build, provider, threads }, progress);
    } catch (thrown) {
      const error = asError(thrown);
      thread.end(error);
      if (provider === "wasm") throw error;
      return this.#start("wasm", progress, error.message);
    }
    this.#changed(problem === undefined ? { provider } : { provider, problem });
    return { thread, provider };
  }

  /**
   * A card that fails, as it does when its driver is restarted, is left for good, and the processor asked the same.
   * @param {WithoutId<Request>} request
   * @param {Progress} [progress]
   * @param {AbortSignal} [signal]
   */
  async #ask(request, progress, signal) {
    const used = this.#running;
    const { thread, provider } = await used;
    try {
      return await thread.ask(request, progress, signal);
    } catch (thrown) {
      const error = asError(thrown);
      if (provider === "wasm" || signal?.aborted) throw error;
      // Ending the thread fails what else it was asked; only the first to fail starts another.
      if (this.#running === used) {
        this.#running = this.#start("wasm", () => {}, error.message);
        thread.end(error);
      }
      return (await this.#running).thread.ask(request, progress, signal);
    }
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
   * @param {Progress} progress
   * @param {AbortSignal} signal
   * @returns {Promise<Heat>}
   */
  async heat(picture, label, progress, signal) {
    return /** @type {Heat} */ (await this.#ask({ kind: "heat", picture, label }, progress, signal));
  }
}
