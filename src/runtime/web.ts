import type { Tensor } from "../core/tensor.ts";
import { type Engine, loadSession } from "./engine-session.ts";
import { EngineError } from "./errors.ts";
import type { LoadOptions, Runtime } from "./session.ts";

/**
 * The engine for browsers: onnxruntime-web, imported by the caller, who chooses the build and sets `ort.env.wasm` before the
 * first model is loaded (threads, where the .wasm lies):
 *   import * as ort from "onnxruntime-web/wasm"; const runtime = webRuntime(ort);
 * A run holds the thread it is called on unless `ort.env.wasm.proxy` is set. Runs wait for each other, for some builds refuse
 * two at once, and let the page have its turn now and then.
 */
export function webRuntime(ort: Engine): Runtime {
  const inTurn = turns();
  const name = `onnxruntime-web ${ort.env.versions.web ?? ort.env.versions.common}`;
  return {
    name,
    // One engine a page: its threads work on one run together.
    concurrency: 1,
    async load(model, { runs }: LoadOptions = {}) {
      // The engine's worker takes the buffers it is sent away from the page: it gets copies.
      const { proxy } = ort.env.wasm;
      // Independent runs are of pictures in all shapes, and the engine would plan memory for each shape it met.
      const options = { enableMemPattern: runs !== "many" };
      const session = await loadSession(ort, name, proxy ? model.slice() : model, options);
      return {
        ...session,
        run: (feeds, fetch) => inTurn(() => session.run(proxy ? copied(feeds) : feeds, fetch)),
      };
    },
    async optimise() {
      throw new EngineError(
        {
          what: "This engine cannot hand out the graph it has optimised.",
          why: `${name} would write it to a file, and a browser has none.`,
          next: "Optimise the model with nodeRuntime() and serve the file it gives.",
        },
        { engine: name },
      );
    },
  };
}

function copied(feeds: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(feeds).map(([key, tensor]) => [key, { ...tensor, bytes: tensor.bytes.slice() }]),
  );
}

/** After so many milliseconds of runs one behind the other a page would seem stuck. */
const patience = 50;

/** Begins each piece of work when the one before it has ended. */
function turns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  let turn = performance.now();
  return (work) => {
    const mine = last.then(async () => {
      if (performance.now() - turn > patience) {
        await pageTurn();
        turn = performance.now();
      }
      return work();
    });
    last = mine.catch(() => {});
    return mine;
  };
}

/** What waits in the thread's queue is done: clicks, drawing. Unlike timers, messages come at once in hidden tabs too. */
function pageTurn(): Promise<void> {
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      done();
    };
    port2.postMessage(null);
  });
}
