import type { Session } from "./session.ts";
import { webRuntime } from "./web.ts";

/** A model in the browser's own engine, its WebAssembly run by Node: what a web page will answer can be looked at here. */
export async function loadWeb(model: Uint8Array): Promise<Session & { readonly runtime: string }> {
  const engine = await import("onnxruntime-web");
  engine.env.wasm.numThreads = 1;
  const runtime = webRuntime(engine);
  return { ...(await runtime.load(model)), runtime: runtime.name };
}
