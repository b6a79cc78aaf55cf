import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { sha256 } from "../../core/hash.ts";
import type { ClassifierRecord } from "../classifier.ts";
import { factsOf } from "./facts.ts";
import { indexHtml, manifest } from "./html.ts";
import { iconSvg } from "./icon.ts";
import { iconPng } from "./icon-png-node.ts";
import { licencesText } from "./licences.ts";

/** What of page/ goes into the folder as it stands. */
const parts = [
  "page.js",
  "start.js",
  "texts.js",
  "view.js",
  "bars.js",
  "model.js",
  "model-worker.js",
  "pixels.js",
  "camera.js",
  "input.js",
  "heat.js",
  "heat-paint.js",
  "style.css",
  "stage.css",
  "answer.css",
];

const worker = "service-worker.js";

export interface WebOptions {
  /** Stands above the page and in its tab. */
  readonly name: string;
}

/**
 * A folder that is a finished page: served as it is, it classifies pictures in the browser, and works without a network
 * from the second visit on. Paths, with "/" between folders, to bytes.
 * The engine is onnxruntime-web's WebAssembly build; the one that also knows WebGPU is left out: it is 27 MB instead of 14.
 */
export async function webFiles(
  classifier: Uint8Array,
  record: ClassifierRecord,
  { name }: WebOptions,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const write = (path: string, content: Uint8Array | string): void => {
    files.set(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
  };
  const engine = await engineFiles();
  const facts = factsOf(classifier, record, { name, engine: engine.wasm.length });
  write("index.html", indexHtml(facts));
  write("manifest.webmanifest", manifest(facts));
  write("classifier.json", `${JSON.stringify(facts, null, 2)}\n`);
  write("model.onnx", classifier);
  write("onnxruntime/onnxruntime.js", engine.script);
  write("onnxruntime/ort-wasm-simd-threaded.wasm", engine.wasm);
  for (const part of parts) write(part, await readFile(new URL(`page/${part}`, import.meta.url)));
  write("icons/icon.svg", iconSvg());
  for (const side of [192, 512]) {
    write(`icons/icon-${side}.png`, iconPng(side, "rounded"));
    write(`icons/full-${side}.png`, iconPng(side, "full"));
  }
  const own = await readFile(new URL("../../../LICENSE", import.meta.url), "utf8");
  write("LICENSES.txt", licencesText(facts, own));
  write(worker, await serviceWorker(files));
  return files;
}

/** Found by a path that the package hands out; the script has no such path, and lies beside. */
async function engineFiles(): Promise<{ readonly script: Uint8Array; readonly wasm: Uint8Array }> {
  const wasm = createRequire(import.meta.url).resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm");
  const script = join(dirname(wasm), "ort.wasm.bundle.min.mjs");
  // Named .js in the folder: some plain servers know no type for .mjs, and browsers then refuse it.
  return { script: await readFile(script), wasm: await readFile(wasm) };
}

/** The service worker, with a list of what it keeps; another content is another version. */
async function serviceWorker(files: ReadonlyMap<string, Uint8Array>): Promise<string> {
  const kept: [string, string][] = [];
  for (const [path, bytes] of files) {
    const digest = Buffer.from(await sha256(bytes), "hex").toString("base64");
    // Asked for as the folder: many servers redirect index.html there, and a redirect cannot answer a visit.
    kept.push([path === "index.html" ? "./" : path, `sha256-${digest}`]);
  }
  const code = await readFile(new URL(`page/${worker}`, import.meta.url), "utf8");
  const version = (await sha256(JSON.stringify(kept) + code)).slice(0, 16);
  return `self.contents = ${JSON.stringify({ version, files: Object.fromEntries(kept) }, null, 1)};\n\n${code}`;
}
