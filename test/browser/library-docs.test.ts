import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { random } from "../../src/core/random.ts";
import { buildClassifier } from "../../src/export/classifier.ts";
import { writeModel } from "../../src/onnx/write.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { headGraph } from "../../src/surgery/head-graph.ts";
import { normalisations } from "../../src/surgery/preprocess.ts";
import { prepareBackbone } from "../../src/train/backbone.ts";
import { featureGraph } from "../../src/train/extract.ts";
import { buildIfStale } from "../../tools/build.js";
import { gemmClassifier } from "../surgery/networks.ts";
import { findChromium } from "./browser.ts";
import { serveFolder } from "./folder-server.ts";
import { bundle, engineFiles, timeout } from "./library-page.ts";

const executablePath = findChromium();
if (!executablePath)
  console.log("no Chromium found: the examples are not tried in a page (CHROMIUM names one)");

const project = resolve(import.meta.dirname, "../..");
const patterns = join(project, "examples/patterns");
const text = readFileSync(join(project, "docs/BROWSER.md"), "utf8");
const example = (language: string): string =>
  new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(text)?.[1] ?? "";

/** The files below a folder that `wanted` takes, under their path in the served site. */
function below(folder: string, at: string, wanted: RegExp): [string, Uint8Array][] {
  return readdirSync(join(project, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => wanted.test(path))
    .map((path) => [`${at}${path}`, readFileSync(join(project, folder, path))]);
}

/** Pictures of two classes, as a page's user would name and choose them. */
const chosen = ["dots", "stripes"].flatMap((label) =>
  Array.from({ length: 25 }, (_, i) => ({
    name: `${label} ${i}.jpg`,
    mimeType: "image/jpeg",
    buffer: readFileSync(join(patterns, label, `${i}.jpg`)),
  })),
);

describe.skipIf(!executablePath)("the examples of docs/BROWSER.md", { timeout }, () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath ?? "" });
  });
  afterAll(() => browser?.close());

  /** What the page at hand says once the pictures are chosen and `done` fits. */
  async function answer(
    files: ReadonlyMap<string, Uint8Array>,
    some: typeof chosen,
    done: RegExp,
  ): Promise<string> {
    const server = await serveFolder(files);
    const page: Page = await browser.newPage();
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    try {
      await page.goto(server.url);
      await page.waitForFunction('document.querySelector("input").onchange', undefined, { timeout: 0 });
      await page.setInputFiles("input", some);
      const fits = `${done}.test(document.querySelector("output").textContent)`;
      await page.waitForFunction(fits, undefined, { timeout: 0 });
      expect(problems).toEqual([]);
      return await page.innerText("output");
    } finally {
      await page.close();
      await server.close();
    }
  }

  test("without a bundler: trains on the files chosen, says how well, and classifies the first", async () => {
    buildIfStale();
    const html = `<!doctype html><link rel="icon" href="data:,">${example("html")}`;
    const files = new Map([
      ["index.html", new TextEncoder().encode(html)],
      ...below("dist", "node_modules/tsugiki/dist/", /\.js$/),
      ...below("box", "node_modules/tsugiki/box/", /\.onnx$/),
      ...below(
        "node_modules/@bufbuild/protobuf/dist/esm",
        "node_modules/@bufbuild/protobuf/dist/esm/",
        /\.js$/,
      ),
      ...(await engineFiles("node_modules/onnxruntime-web/dist/")),
    ]);
    expect(await answer(files, chosen, /the first is/)).toMatch(
      /^[01]\.\d\d \([01]\.\d\d,[01]\.\d\d\) of \d+; the first is a dots$/,
    );
  });

  test("with a bundler: classifies the file chosen", async () => {
    const { code } = await bundle(example("js"));
    const html =
      '<!doctype html><link rel="icon" href="data:,"><input type="file"><output></output><script type="module" src="app.js"></script>';
    const files = new Map([
      ["index.html", new TextEncoder().encode(html)],
      ["app.js", code],
      ["model.onnx", await classifier()],
      ...(await engineFiles()),
    ]);
    expect(await answer(files, chosen.slice(0, 1), /\d/)).toMatch(/^(left|right) 0\.\d{3}$/);
  });
});

/** A small network with a head of two classes, drawn and not trained. */
async function classifier(): Promise<Uint8Array> {
  const options = { name: "net.onnx", preprocess: normalisations.imagenet, size: 32 };
  const backbone = await prepareBackbone(gemmClassifier(), options, nodeRuntime());
  const labels = ["left", "right"];
  const head = headGraph([], { width: backbone.width, classes: 2 }, { random: random(7) });
  const base = { name: "net.onnx", sha256: "ab".repeat(32), cut: backbone.cut, licence: null };
  const record = { labels, preprocess: backbone.preprocess, base, training: {} };
  return writeModel(buildClassifier(featureGraph(backbone), head, record));
}
