import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { sha256 } from "../../core/hash.ts";
import type { ClassifierRecord } from "../classifier.ts";
import { checkAnswers } from "./check-node.ts";
import { type Build, factsOf } from "./facts.ts";
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
  "thread.js",
  "engine.js",
  "check.js",
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

/** Builds of ONNX Runtime Web, of which a visitor's browser loads one. A third, for WebGPU without JSPI, is 27 MB. */
const builds: Readonly<Record<Build, { readonly script: string; readonly wasm: string }>> = {
  webgpu: { script: "ort.jspi.bundle.min.mjs", wasm: "ort-wasm-simd-threaded.jspi.wasm" },
  plain: { script: "ort.wasm.bundle.min.mjs", wasm: "ort-wasm-simd-threaded.wasm" },
};

export interface WebOptions {
  /** Stands above the page and in its tab. */
  readonly name: string;
}

/**
 * A folder that is a finished page: served as it is, it classifies pictures in the browser, and works without a network
 * from the second visit on. Paths, with "/" between folders, to bytes.
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
  const [webgpu, plain] = await Promise.all([engineFiles("webgpu"), engineFiles("plain")]);
  const engines = { webgpu: webgpu.wasm.length, plain: plain.wasm.length };
  const facts = factsOf(classifier, record, { name, engines });
  write("index.html", indexHtml(facts));
  write("manifest.webmanifest", manifest(facts));
  write("classifier.json", `${JSON.stringify(facts, null, 2)}\n`);
  write("check.json", JSON.stringify(await checkAnswers(classifier, facts.side)));
  write("model.onnx", classifier);
  for (const [build, { script, wasm }] of Object.entries({ webgpu, plain })) {
    write(`onnxruntime/${build}.js`, script);
    write(`onnxruntime/${build}.wasm`, wasm);
  }
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
async function engineFiles(
  build: Build,
): Promise<{ readonly script: Uint8Array; readonly wasm: Uint8Array }> {
  const names = builds[build];
  const wasm = createRequire(import.meta.url).resolve(`onnxruntime-web/${names.wasm}`);
  const script = join(dirname(wasm), names.script);
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
