// One engine in a thread of its own, for pool-node.ts. JavaScript, because in a clone the sources run through a loader
// that threads do not inherit.
import { parentPort, workerData } from "node:worker_threads";

/**
 * @typedef {{ type: import("onnxruntime-node").Tensor.Type, dims: readonly number[], data: import("onnxruntime-node").Tensor.DataType }} Plain
 * @typedef {{ id: number, feeds: Record<string, Plain>, slabs: ArrayBuffer[], fetch: readonly string[] | undefined }} Request
 */

const { model, threads, turn } =
  /** @type {{ model: Uint8Array, threads: number, turn: Int32Array<SharedArrayBuffer> }} */ (workerData);
const port = /** @type {import("node:worker_threads").MessagePort} */ (parentPort);

/** @param {unknown} error */
const reason = (error) => (error instanceof Error ? error.message : String(error));

/** Says that no native code is under way; what exit-node.ts waits for. */
const rest = () => {
  Atomics.compareExchange(turn, 0, 1, 0);
  Atomics.notify(turn, 0);
};
/** Whether native code may begin: false once the process is ending. */
const mayBegin = () => Atomics.compareExchange(turn, 0, 0, 1) !== 2;

try {
  // The turn is the thread's own from its birth on, so loading the engine counts as native code.
  const { InferenceSession, Tensor } = await import("onnxruntime-node");
  const session = await InferenceSession.create(model, {
    logSeverityLevel: 4,
    intraOpNumThreads: threads,
    // Pictures change their shape from run to run: the engine would plan memory for each shape it met.
    enableMemPattern: false,
  });
  // Runs asked for together take their turns inside one.
  let underway = 0;
  port.on("message", async (/** @type {Request | "release"} */ request) => {
    if (!mayBegin()) return;
    if (request === "release") {
      await session.release();
      rest();
      port.close();
      return;
    }
    underway++;
    const { id, feeds, slabs, fetch } = request;
    try {
      const inputs = Object.fromEntries(
        Object.entries(feeds).map(([name, { type, dims, data }]) => [name, new Tensor(type, data, dims)]),
      );
      const answer = await session.run(inputs, fetch ?? session.outputNames);
      const outputs = Object.fromEntries(
        Object.entries(answer).map(([name, value]) => {
          const { type, dims, data } = /** @type {import("onnxruntime-node").Tensor} */ (value);
          return [name, { type, dims, data }];
        }),
      );
      port.postMessage({ id, slabs, outputs }, slabs);
    } catch (error) {
      port.postMessage({ id, slabs, error: reason(error) }, slabs);
    } finally {
      if (--underway === 0) rest();
    }
  });
  rest();
  port.postMessage({ inputs: session.inputNames, outputs: session.outputNames });
} catch (error) {
  rest();
  port.postMessage({ error: reason(error) });
  port.close();
}
