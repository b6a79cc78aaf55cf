import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";
import { type Browser, chromium, type Page } from "playwright-core";
import { type FolderServer, serveFolder } from "./folder-server.ts";

const project = resolve(import.meta.dirname, "../..");

export interface Bundle {
  readonly code: Uint8Array;
  readonly text: string;
  /** Bytes over the wire. */
  readonly gzipped: number;
  readonly metafile: Metafile;
}

/** A page's script with all that it imports, as a bundler makes it for browsers; `node:` imports are errors there. */
export async function bundle(contents: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: project },
    alias: { "tsugiki/browser": resolve(project, "src/browser.ts") },
    bundle: true,
    minify: true,
    platform: "browser",
    format: "esm",
    metafile: true,
    write: false,
    logLevel: "silent",
  });
  const [file] = outputFiles;
  if (!file) throw new Error("esbuild wrote nothing");
  return { code: file.contents, text: file.text, gzipped: gzipSync(file.contents).length, metafile };
}

/** The engine's files, as a site would have them beside its scripts. */
export async function engineFiles(folder = "ort/"): Promise<[string, Uint8Array][]> {
  const names = ["ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"];
  const read = async (name: string): Promise<[string, Uint8Array]> => [
    `${folder}${name}`,
    await readFile(resolve(project, "node_modules/onnxruntime-web/dist", name)),
  ];
  return Promise.all(names.map(read));
}

/** Milliseconds: a training takes minutes where other work has the machine. */
export const timeout = 1_800_000;

const html = '<!doctype html><link rel="icon" href="data:,"><title>library</title>';

/** A page that the bundled library is served to. */
export class LibraryPage {
  /** What lies beside the page, by its path; more may be added. */
  readonly files: Map<string, Uint8Array>;
  readonly #server: FolderServer;
  readonly #browser: Browser;
  readonly #page: Page;
  readonly #problems: string[] = [];

  private constructor(files: Map<string, Uint8Array>, server: FolderServer, browser: Browser, page: Page) {
    this.files = files;
    this.#server = server;
    this.#browser = browser;
    this.#page = page;
    page.on("pageerror", (error) => this.#problems.push(String(error)));
  }

  static async open(executablePath: string): Promise<LibraryPage> {
    const { code } = await bundle('export * from "tsugiki/browser"');
    const files = new Map([
      ["index.html", new TextEncoder().encode(html)],
      ["tsugiki.js", code],
      ["backbone.onnx", await readFile(resolve(project, "box/backbone.onnx"))],
      ...(await engineFiles()),
    ]);
    const server = await serveFolder(files);
    try {
      const browser = await chromium.launch({ executablePath });
      const page = await browser.newPage();
      await page.goto(server.url);
      return new LibraryPage(files, server, browser, page);
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  /**
   * Runs `body`, as text, where `tsugiki`, `runtime`, `fileOf(name)` and the JSON value `given` are at hand. What the page
   * throws unseen is thrown too.
   */
  async run<T>(body: string, given: unknown = null): Promise<T> {
    const value = await this.#page.evaluate<T>(`(async () => {
      const tsugiki = await import("./tsugiki.js");
      const ort = await import("./ort/ort.wasm.min.mjs");
      ort.env.wasm.numThreads = 1;
      const runtime = tsugiki.webRuntime(ort);
      const given = ${JSON.stringify(given)};
      const fileOf = async (name) => new File([await (await fetch(name)).blob()], name);
      ${body}
    })()`);
    if (this.#problems.length > 0) throw new Error(this.#problems.join("\n"));
    return value;
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#browser.close(), this.#server.close()]);
  }
}
