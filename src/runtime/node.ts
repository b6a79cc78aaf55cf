import { randomUUID } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import * as onnxruntime from "onnxruntime-node";
import { loadSession } from "./engine-session.ts";
import { loadPool } from "./pool-node.ts";
import type { LoadOptions, Runtime } from "./session.ts";

const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string };
const name = `onnxruntime-node ${version}`;

async function optimise(model: Uint8Array): Promise<Uint8Array> {
  const path = join(tmpdir(), `tsugiki-${randomUUID()}.onnx`);
  try {
    const session = await loadSession(onnxruntime, name, model, {
      graphOptimizationLevel: "basic",
      optimizedModelFilePath: path,
    });
    await session.release();
    return await readFile(path);
  } finally {
    await rm(path, { force: true });
  }
}

/**
 * Numbers too small for float32's full precision count as 0. Units that died pass no gradient, so what an optimizer
 * remembers of them halves and halves until it is such a number, and with those the processor takes a hundred times as
 * long: a step of training was three times slower after 4,000 steps (measured), all of it from this.
 */
const flushed = { extra: { session: { set_denormal_as_zero: "1" } } };

/** The engine for Node: onnxruntime-node on the CPU. */
export function nodeRuntime(): Runtime {
  return {
    name,
    // One run under way and one waiting a core, so that none ever idles.
    concurrency: 2 * availableParallelism(),
    load: (model, options: LoadOptions = {}) =>
      options.runs === "many" ? loadPool(model) : loadSession(onnxruntime, name, model, flushed),
    optimise,
  };
}
