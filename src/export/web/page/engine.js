/// <reference lib="dom" />
// Which engine this browser runs. The folder holds two builds of ONNX Runtime; a visitor loads and keeps one.

/**
 * @import { Build } from "../facts.ts"
 *
 * @typedef {"webgpu" | "wasm"} Provider
 *
 * @typedef {object} Engine
 * @property {Provider} provider
 * @property {string} [problem] why it is not the graphics card, though that was tried
 */

/**
 * The build that knows WebGPU needs a browser that can suspend WebAssembly (JSPI: Chrome 137, Firefox 153, Safari 27). On
 * the processor it is as fast as the plain one, after some ten pictures. So the browser decides, not the machine: where
 * the card is gone tomorrow, the build that was kept for offline use is still the right one.
 * @type {Build}
 */
export const build = "Suspending" in WebAssembly && "gpu" in navigator ? "webgpu" : "plain";

/** Whether a graphics card is worth trying: one that is drawn by the processor is many times slower than WebAssembly. */
export async function hasGraphicsCard() {
  if (build === "plain") return false;
  const adapter = await navigator.gpu.requestAdapter().catch(() => null);
  return adapter !== null && !adapter.info.isFallbackAdapter;
}
