// One engine in a thread of its own, for pool-node.ts. JavaScript, because in a clone the sources run through a loader
// that threads do not inherit.
import { parentPort, workerData } from "node:worker_threads";
import { InferenceSession, Tensor } from "onnxruntime-node";

/**
 * @typedef {{ type: import("onnxruntime-node").Tensor.Type, dims: readonly number[], data: import("onnxruntime-node").Tensor.DataType }} Plain
 * @typedef {{ id: number, feeds: Record<string, Plain>, fetch: readonly string[] | undefined }} Request
 */

const { model, threads } = /** @type {{ model: Uint8Array, threads: number }} */ (workerData);
const port = /** @type {import("node:worker_threads").MessagePort} */ (parentPort);

/** @param {unknown} error */
const reason = (error) => (error instanceof Error ? error.message : String(error));

try {
  const session = await InferenceSession.create(model, {
    logSeverityLevel: 4,
    intraOpNumThreads: threads,
    // Pictures change their shape from run to run: the engine would plan memory for each shape it met.
    enableMemPattern: false,
  });
  port.on("message", async (/** @type {Request | "release"} */ request) => {
    if (request === "release") {
      await session.release();
      port.close();
      return;
    }
    const { id, feeds, fetch } = request;
    try {
      const inputs = Object.fromEntries(
        Object.entries(feeds).map(([name, { type, dims, data }]) => [name, new Tensor(type, data, dims)]),
      );
      const answer = await session.run(inputs, fetch ?? session.outputNames);
      const outputs = Object.fromEntries(
        Object.entries(answer).map(([name, value]) => {
          const { type, dims, data } = /** @type {Tensor} */ (value);
          return [name, { type, dims, data }];
        }),
      );
      port.postMessage({ id, outputs });
    } catch (error) {
      port.postMessage({ id, error: reason(error) });
    }
  });
  port.postMessage({ inputs: session.inputNames, outputs: session.outputNames });
} catch (error) {
  port.postMessage({ error: reason(error) });
  port.close();
}
