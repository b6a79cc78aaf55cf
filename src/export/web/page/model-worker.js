/// <reference lib="dom" />
// The engine in a thread of its own, so that the page stays awake while it counts. It takes one request after the other.

import { checkPicture, disagreement } from "./check.js";
import { occlude } from "./heat.js";

/**
 * @import { Engine } from "../../../runtime/engine-session.ts"
 * @import { Build, Facts } from "../facts.ts"
 * @import { Answers } from "./check.js"
 * @import { Provider } from "./engine.js"
 * @import { Heat } from "./heat.js"
 * @import { Picture } from "./pixels.js"
 */

/**
 * @typedef {object} Answer
 * @property {Float32Array<ArrayBuffer>} probabilities in the order of the labels
 * @property {boolean} unknown none of the labels; false too where the model cannot tell
 *
 * @typedef {{ kind: "load", facts: Facts, build: Build, provider: Provider, threads: number }} Load
 *
 * @typedef {{ id: number } & (
 *   | Load
 *   | { kind: "classify", picture: Picture }
 *   | { kind: "heat", picture: Picture, label: number }
 *   | { kind: "cancel" }
 * )} Request
 *
 * @typedef {{ id: number } & (
 *   | { kind: "progress", share: number }
 *   | { kind: "done", value: Answer | Heat | undefined }
 *   | { kind: "failed", why: string }
 * )} Reply
 */

/** Pictures of 224 pixels that are looked at together; of larger ones fewer. */
const together = 12;

const port = /** @type {Worker} */ (/** @type {unknown} */ (self));
/** @type {Set<number>} */
const cancelled = new Set();
/** @type {Promise<unknown>} */
let last = Promise.resolve();
/** @type {{ ort: Engine, session: Awaited<ReturnType<Engine["InferenceSession"]["create"]>>, facts: Facts } | undefined} */
let loaded;

/** @param {Reply} reply */
const say = (reply) => port.postMessage(reply);

port.onmessage = ({ data }) => {
  const request = /** @type {Request} */ (data);
  if (request.kind === "cancel") {
    cancelled.add(request.id);
    return;
  }
  const { id } = request;
  last = last.then(async () => {
    try {
      say({ id, kind: "done", value: await answer(request) });
    } catch (error) {
      say({ id, kind: "failed", why: error instanceof Error ? error.message : String(error) });
    } finally {
      cancelled.delete(id);
    }
  });
};

/** @param {Exclude<Request, { kind: "cancel" }>} request */
async function answer(request) {
  switch (request.kind) {
    case "load":
      return load(request, (share) => say({ id: request.id, kind: "progress", share }));
    case "classify":
      return classify(request.picture);
    case "heat":
      return heat(request);
  }
}

/**
 * Throws where the engine or the model does not come, or a graphics card fails or is wrong.
 * @param {Load} request
 * @param {(share: number) => void} progress
 */
async function load({ facts, build, provider, threads }, progress) {
  const { model } = facts.bytes;
  const engine = facts.bytes.engines[build];
  const left = facts.cpuNodes;
  let done = 0;
  /** @param {number} bytes */
  const more = (bytes) => {
    done += bytes;
    progress(Math.min(1, done / (model + engine)));
  };
  const folder = new URL("onnxruntime/", import.meta.url);
  const [ort, wasm, weights] = await Promise.all([
    /** @type {Promise<Engine>} */ (import(new URL(`${build}.js`, folder).href)),
    whole(new URL(`${build}.wasm`, folder), engine, more),
    whole(new URL("model.onnx", import.meta.url), model, more),
  ]);
  ort.env.wasm.wasmBinary = wasm.buffer;
  ort.env.wasm.numThreads = threads;
  const session = await ort.InferenceSession.create(weights, {
    executionProviders: [
      provider === "webgpu"
        ? { name: "webgpu", ...(left.length > 0 && { forceCpuNodeNames: left }) }
        : "wasm",
    ],
    // Errors are thrown; what the engine also writes to its log helps nobody.
    logSeverityLevel: 4,
    // Pictures change their shape from run to run: the engine would plan memory for each shape it met.
    enableMemPattern: false,
  });
  loaded = { ort, session, facts };
  if (provider === "webgpu") await check(facts);
  return undefined;
}

/**
 * Throws where the model's answer to the check picture is not what it should be.
 * @param {Facts} facts
 */
async function check({ side }) {
  const response = await fetch(new URL("check.json", import.meta.url));
  if (!response.ok) throw new Error(`check.json: HTTP ${response.status}`);
  /** @type {Answers} */
  const expected = await response.json();
  const { width, height, data } = checkPicture(side);
  const outputs = await infer(data, [1, height, width, 3], Object.keys(expected));
  const answers = Object.entries(outputs).map(([name, tensor]) => [name, Array.from(tensor.data, Number)]);
  const wrong = disagreement(Object.fromEntries(answers), expected);
  if (wrong) throw new Error(`${wrong} of a picture for which they are known came out wrong`);
}

/**
 * A file's bytes, reported as they come. Throws where the server does not give it, or not whole.
 * @param {URL} url
 * @param {number} size
 * @param {(bytes: number) => void} more
 */
async function whole(url, size, more) {
  const name = url.pathname.split("/").pop();
  const response = await fetch(url);
  if (!response.ok || !response.body) throw new Error(`${name}: HTTP ${response.status}`);
  const bytes = new Uint8Array(size);
  let at = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (at + value.length <= size) bytes.set(value, at);
    at += value.length;
    more(value.length);
  }
  if (at !== size) throw new Error(`${name}: ${at} bytes instead of ${size}`);
  return bytes;
}

/**
 * @param {Uint8Array} data
 * @param {readonly number[]} dims
 * @param {readonly string[]} outputs
 */
async function infer(data, dims, outputs) {
  if (!loaded) throw new Error("no model");
  const { ort, session } = loaded;
  return session.run({ pixels: new ort.Tensor("uint8", data, dims) }, outputs);
}

/**
 * @param {Uint8Array} data
 * @param {readonly number[]} dims
 */
async function run(data, dims) {
  const wanted = loaded?.facts.unknown ? ["probabilities", "unknown"] : ["probabilities"];
  const outputs = await infer(data, dims, wanted);
  const probabilities = outputs.probabilities?.data;
  if (!(probabilities instanceof Float32Array)) throw new Error("the model gave no probabilities");
  return { probabilities: Float32Array.from(probabilities), unknown: Boolean(outputs.unknown?.data[0]) };
}

/**
 * @param {Picture} picture
 * @returns {Promise<Answer>}
 */
function classify({ width, height, data }) {
  return run(data, [1, height, width, 3]);
}

/** @param {Extract<Request, { kind: "heat" }>} request */
async function heat({ id, picture, label }) {
  if (!loaded) throw new Error("no model");
  const { labels, side, sees, batch } = loaded.facts;
  const most = batch === 1 ? 1 : Math.max(1, Math.min(16, Math.round(together * (224 / side) ** 2)));
  return occlude(
    picture,
    sees,
    most,
    async (pixels, count) => {
      const { probabilities } = await run(pixels, [count, picture.height, picture.width, 3]);
      return Array.from({ length: count }, (_, i) => probabilities[i * labels.length + label] ?? 0);
    },
    async (share) => {
      say({ id, kind: "progress", share });
      // A run holds the thread: only between two of them a message to stop comes in.
      await new Promise((done) => setTimeout(done));
      if (cancelled.has(id)) throw new Error("stopped");
    },
  );
}
