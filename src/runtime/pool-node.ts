import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Tensor as OrtTensor } from "onnxruntime-node";
import { reason } from "../core/errors.ts";
import { Slabs } from "../core/slabs.ts";
import type { Tensor } from "../core/tensor.ts";
import { EngineError } from "./errors.ts";
import { newTurn, turns } from "./exit-node.ts";
import { fromEngine, toEngine } from "./node-tensor.ts";
import type { Session } from "./session.ts";

type Outputs = Record<string, Tensor>;
type Answer = { readonly id: number; readonly slabs: readonly ArrayBuffer[] } & (
  | { readonly outputs: Record<string, OrtTensor> }
  | { readonly error: string }
);
type Interface = Pick<Session, "inputs" | "outputs">;
type Greeting = Interface | { readonly error: string };

interface Pending {
  resolve(outputs: Outputs): void;
  reject(error: EngineError): void;
}

const engine = "onnxruntime-node";
/** Memory that the engines' copies of the weights may take together. */
const weightsBudget = 2 * 1024 ** 3;

function failed(what: string, why: string): EngineError {
  return new EngineError({ what, why: `${engine} says: ${why}` }, { engine });
}

/** An engine in a thread: runs are answered in the order asked. */
class EngineThread {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #exit: Promise<void>;
  /** What runs bring goes over to the thread in them, and comes back with the answer. */
  readonly #slabs = new Slabs();
  readonly greeting: Promise<Interface>;
  #next = 0;
  /** Why no run can be taken any more. */
  #lost: EngineError | undefined;
  #drained: (() => void) | undefined;

  constructor(model: Uint8Array, threads: number) {
    const turn = newTurn();
    this.#worker = new Worker(new URL("./engine-worker.js", import.meta.url), {
      workerData: { model, threads, turn },
      // The process's own flags (a loader, --input-type, --inspect) are not for the thread.
      execArgv: [],
    });
    this.#exit = new Promise((resolve) =>
      this.#worker.once("exit", () => {
        turns.delete(turn);
        resolve();
      }),
    );
    this.greeting = new Promise((resolve, reject) => {
      this.#worker.once("message", (greeting: Greeting) => {
        if ("error" in greeting) return reject(failed("The engine refused the model.", greeting.error));
        this.#worker.on("message", (answer: Answer) => this.#settle(answer));
        resolve(greeting);
      });
      const lose = (why: string): void => {
        this.#lost ??= failed("An engine's thread has ended.", why);
        reject(this.#lost);
        for (const pending of this.#pending.values()) pending.reject(this.#lost);
        this.#pending.clear();
        this.#drained?.();
      };
      this.#worker.once("error", (error) => lose(reason(error)));
      this.#worker.once("exit", (code) => lose(`exit code ${code}`));
    });
  }

  get load(): number {
    return this.#pending.size;
  }

  async run(feeds: Readonly<Record<string, Tensor>>, fetch: readonly string[] | undefined): Promise<Outputs> {
    if (this.#lost !== undefined) throw this.#lost;
    const slabs: ArrayBuffer[] = [];
    const plain = Object.entries(feeds).map(([name, { bytes, ...tensor }]) => {
      const slab = this.#slabs.take(bytes.byteLength);
      slabs.push(slab);
      const copy = new Uint8Array(slab, 0, bytes.byteLength);
      copy.set(bytes);
      const { type, dims, data } = toEngine({ ...tensor, bytes: copy });
      return [name, { type, dims, data }];
    });
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ id, feeds: Object.fromEntries(plain), slabs, fetch }, slabs);
    });
  }

  /** Waits for the runs under way, then ends the thread. */
  async release(): Promise<void> {
    this.#lost ??= new EngineError(
      { what: "The session was released.", next: "Load the model again to run it." },
      { engine },
    );
    if (this.#pending.size > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
    this.#worker.postMessage("release");
    await this.#exit;
  }

  #settle(answer: Answer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    for (const slab of answer.slabs) this.#slabs.give(slab);
    if ("error" in answer) pending?.reject(failed("The engine failed while running a graph.", answer.error));
    else
      pending?.resolve(
        Object.fromEntries(Object.entries(answer.outputs).map(([name, value]) => [name, fromEngine(value)])),
      );
    if (this.#pending.size === 0) this.#drained?.();
  }
}

/**
 * Engines of one thread each, one a core, behind one Session: for many small independent runs that is faster than
 * spreading the operators of each over all cores, and it leaves the caller's thread free to read and decode.
 */
export async function loadPool(model: Uint8Array): Promise<Session> {
  const cores = availableParallelism();
  const engines = Math.max(1, Math.min(cores, Math.floor(weightsBudget / Math.max(1, model.byteLength))));
  const threads = Array.from({ length: engines }, () => new EngineThread(model, Math.floor(cores / engines)));
  const release = async (): Promise<void> => {
    await Promise.all(threads.map((thread) => thread.release()));
  };
  const greetings = await Promise.allSettled(threads.map((thread) => thread.greeting));
  for (const greeting of greetings) {
    if (greeting.status === "fulfilled") continue;
    // Threads that did start would keep the process from ending; `Worker.terminate` amid the engine's code aborts it.
    await release();
    throw greeting.reason;
  }
  const { inputs, outputs } = await threads[0]!.greeting;
  let released: Promise<void> | undefined;
  return {
    inputs,
    outputs,
    async run(feeds, fetch) {
      const idlest = threads.reduce((best, thread) => (thread.load < best.load ? thread : best));
      return idlest.run(feeds, fetch);
    },
    async release() {
      released ??= release();
      await released;
    },
  };
}
