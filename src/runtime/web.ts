import type { Tensor } from "../core/tensor.ts";
import { type Engine, loadSession } from "./engine-session.ts";
import { EngineError } from "./errors.ts";
import type { Runtime } from "./session.ts";

/**
 * The engine for browsers: onnxruntime-web, imported by the caller, who chooses the build and sets `ort.env.wasm` before the
 * first model is loaded (threads, where the .wasm lies):
 *   import * as ort from "onnxruntime-web/wasm"; const runtime = webRuntime(ort);
 * A run holds the thread it is called on unless `ort.env.wasm.proxy` is set; sessions for "many" are those for "one".
 */
export function webRuntime(ort: Engine): Runtime {
  const name = `onnxruntime-web ${ort.env.versions.web ?? ort.env.versions.common}`;
  return {
    name,
    // One engine a page: its threads work on one run together.
    concurrency: 1,
    async load(model) {
      if (!ort.env.wasm.proxy) return loadSession(ort, name, model);
      // The engine's worker takes the buffers it is sent away from the page: it gets copies.
      const session = await loadSession(ort, name, model.slice());
      return { ...session, run: (feeds, fetch) => session.run(copied(feeds), fetch) };
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
