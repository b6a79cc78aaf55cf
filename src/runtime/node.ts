import { randomUUID } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, type Tensor as OrtTensor } from "onnxruntime-node";
import { reason } from "../core/errors.ts";
import { EngineError } from "./errors.ts";
import { fromEngine, toEngine } from "./node-tensor.ts";
import { loadPool } from "./pool-node.ts";
import type { LoadOptions, Runtime, Session } from "./session.ts";

const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string };
const name = `onnxruntime-node ${version}`;

async function open(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession> {
  try {
    // Errors are thrown; what the engine also writes to stderr would tear the progress bar and help nobody.
    return await InferenceSession.create(model, { logSeverityLevel: 4, ...options });
  } catch (error) {
    throw new EngineError(
      { what: "The engine refused the model.", why: `${name} says: ${reason(error)}` },
      { engine: name },
      { cause: error },
    );
  }
}

async function loadOne(model: Uint8Array): Promise<Session> {
  const session = await open(model, {});
  let released: Promise<void> | undefined;
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    async run(feeds, fetch = session.outputNames) {
      const inputs = Object.fromEntries(
        Object.entries(feeds).map(([key, tensor]) => [key, toEngine(tensor)]),
      );
      let answer: InferenceSession.ReturnType;
      try {
        answer = await session.run(inputs, fetch);
      } catch (error) {
        throw new EngineError(
          { what: "The engine failed while running a graph.", why: `${name} says: ${reason(error)}` },
          { engine: name },
          { cause: error },
        );
      }
      return Object.fromEntries(
        Object.entries(answer).map(([key, value]) => [key, fromEngine(value as OrtTensor)]),
      );
    },
    async release() {
      released ??= session.release();
      await released;
    },
  };
}

async function optimise(model: Uint8Array): Promise<Uint8Array> {
  const path = join(tmpdir(), `tsugiki-${randomUUID()}.onnx`);
  try {
    const session = await open(model, { graphOptimizationLevel: "basic", optimizedModelFilePath: path });
    await session.release();
    return await readFile(path);
  } finally {
    await rm(path, { force: true });
  }
}

/** The engine for Node: onnxruntime-node on the CPU. */
export function nodeRuntime(): Runtime {
  return {
    name,
    // One run under way and one waiting a core, so that none ever idles.
    concurrency: 2 * availableParallelism(),
    load: (model, options: LoadOptions = {}) => (options.runs === "many" ? loadPool(model) : loadOne(model)),
    optimise,
  };
}
