import type * as onnxruntime from "onnxruntime-node";
import { reason } from "../core/errors.ts";
import { engineTensors } from "./engine-tensor.ts";
import { EngineError } from "./errors.ts";
import type { Session } from "./session.ts";

/** A build of ONNX Runtime for JavaScript: onnxruntime-node and onnxruntime-web share these types. */
export type Engine = Pick<typeof onnxruntime, "InferenceSession" | "Tensor" | "env">;

type SessionOptions = onnxruntime.InferenceSession.SessionOptions;

/** Loads a model into an engine, whose name goes into errors. Throws EngineError when the engine refuses it. */
export async function loadSession(
  engine: Engine,
  name: string,
  model: Uint8Array,
  options: SessionOptions = {},
): Promise<Session> {
  const { toEngine, fromEngine } = engineTensors(engine.Tensor, name);
  const failed = (what: string, error: unknown): EngineError =>
    new EngineError({ what, why: `${name} says: ${reason(error)}` }, { engine: name }, { cause: error });

  let session: onnxruntime.InferenceSession;
  try {
    // Errors are thrown; what the engine also writes to its log helps nobody.
    session = await engine.InferenceSession.create(model, { logSeverityLevel: 4, ...options });
  } catch (error) {
    throw failed("The engine refused the model.", error);
  }
  let released: Promise<void> | undefined;
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    async run(feeds, fetch = session.outputNames) {
      const inputs = Object.fromEntries(
        Object.entries(feeds).map(([key, tensor]) => [key, toEngine(tensor)]),
      );
      let answer: onnxruntime.InferenceSession.ReturnType;
      try {
        answer = await session.run(inputs, fetch);
      } catch (error) {
        throw failed("The engine failed while running a graph.", error);
      }
      return Object.fromEntries(
        Object.entries(answer).map(([key, value]) => [key, fromEngine(value as onnxruntime.Tensor)]),
      );
    },
    async release() {
      released ??= session.release();
      await released;
    },
  };
}
