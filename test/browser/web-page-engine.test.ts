import { InferenceSession, Tensor } from "onnxruntime-node";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { random } from "../../src/core/random.ts";
import { float32, int64 } from "../../src/core/tensor.ts";
import { buildClassifier, type ClassifierRecord } from "../../src/export/classifier.ts";
import { webFiles } from "../../src/export/web/files-node.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import { writeModel } from "../../src/onnx/write.ts";
import { headGraph } from "../../src/surgery/head-graph.ts";
import { join } from "../../src/surgery/join.ts";
import { normalisations, preprocessGraph } from "../../src/surgery/preprocess.ts";
import { findChromium } from "./browser.ts";
import { type FolderServer, serveFolder } from "./folder-server.ts";

const executablePath = findChromium();
const seed = 5;
const labels = ["ash", "beech", "birch"];
const [side, channels] = [16, 4];

/** One convolution and the means of its channels: what a card drawn in software is through with in seconds. */
function classifier(): { readonly bytes: Uint8Array; readonly record: ClassifierRecord } {
  const preprocess = { ...normalisations.unit, size: side, fit: "cover", layout: "nchw" } as const;
  const rng = random(seed);
  const b = new GraphBuilder({ opset: 18 });
  const planes = b.input("planes", "float32", ["N", 3, side, side]);
  const kernel = Float32Array.from({ length: channels * 3 * 9 }, () => rng.normal());
  const maps = b.op("Relu", [b.op("Conv", [planes, b.constant(float32(kernel, [channels, 3, 3, 3]))])]);
  const means = b.op("ReduceMean", [maps, b.constant(int64([2, 3]))], { keepdims: 0 });
  b.output(b.op("Identity", [means], {}, { outputs: ["means"] }), "float32", ["N", channels]);
  const features = join(preprocessGraph(preprocess, 18), b.model(), { planes: "preprocessed" });
  const head = headGraph([], { width: channels, classes: labels.length }, { random: rng });
  const base = { name: "one convolution", sha256: "00".repeat(32), cut: "means", licence: null };
  const record: ClassifierRecord = { labels, preprocess, base, training: {} };
  return { bytes: writeModel(buildClassifier(features, head, record)), record };
}

/** The card drawn in software passes for a real one. */
const passOff = `Object.defineProperty(GPUAdapterInfo.prototype, "isFallbackAdapter", { get: () => false });`;
/** Takes the card away, as a driver does that is restarted, before the first picture is looked at. */
const losing = `
const { requestDevice } = GPUAdapter.prototype;
GPUAdapter.prototype.requestDevice = async function (...options) {
  const device = await requestDevice.apply(this, options);
  addEventListener("message", ({ data }) => data.kind === "classify" && device.destroy());
  return device;
};`;
const withoutSuspending = "delete WebAssembly.Suspending;";
const onCard = "The graphics card (WebGPU)";
const onProcessor = "The processor (WebAssembly)";

describe.skipIf(!executablePath)("the engine of the exported page in Chromium", () => {
  let files: ReadonlyMap<string, Uint8Array>;
  let browser: Browser;
  let hasCard: boolean;
  let picture: Buffer;
  let truth: Float32Array;

  beforeAll(async () => {
    const { bytes, record } = classifier();
    files = await webFiles(bytes, record, { name: "Trees" });
    const rng = random(seed);
    const raw = { width: 50, height: 40, channels: 3 } as const;
    const pixels = Uint8Array.from({ length: 50 * 40 * 3 }, () => rng.int(256));
    picture = await sharp(pixels, { raw }).png().toBuffer();
    const session = await InferenceSession.create(bytes);
    const answer = await session.run({ pixels: new Tensor("uint8", pixels, [1, 40, 50, 3]) });
    truth = answer.probabilities!.data as Float32Array;
    await session.release();
    browser = await chromium.launch({
      executablePath: executablePath ?? "",
      args: ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
    });
    await inPage(files, "", async (page) => {
      hasCard = await page.evaluate<boolean>("navigator.gpu?.requestAdapter().then(Boolean) ?? false");
    });
    if (!hasCard) console.log("this Chromium has no WebGPU, not even in software: no page was tried on it");
  });
  afterAll(async () => {
    await browser?.close();
  });

  /** Serves `folder`, opens its page behind `script`, and hands it over with the engine files that it asked for. */
  async function inPage(
    folder: ReadonlyMap<string, Uint8Array>,
    script: string,
    look: (page: Page, engines: ReadonlySet<string>, context: BrowserContext) => Promise<void>,
  ): Promise<void> {
    const server: FolderServer = await serveFolder(folder);
    const context = await browser.newContext({ locale: "en-GB" });
    const engines = new Set<string>();
    context.on("request", (request) => {
      const [, name] = /onnxruntime\/(.*)$/.exec(request.url()) ?? [];
      if (name) engines.add(name);
    });
    try {
      // A busy machine is no failure: only the runner's own limit ends a test.
      context.setDefaultTimeout(0);
      await context.addInitScript(script);
      const page = await context.newPage();
      await page.goto(server.url);
      await page.waitForSelector("html[data-ready]");
      await look(page, engines, context);
    } finally {
      await context.close();
      await server.close();
    }
  }

  const engineOf = (page: Page): Promise<string | null> => page.locator("#engine dd").textContent();

  async function expectTruth(page: Page): Promise<void> {
    await page.setInputFiles("#file", { name: "a.png", mimeType: "image/png", buffer: picture });
    await page.locator("#result").waitFor();
    const rows = await page.evaluate<Record<string, number>>(`Object.fromEntries(
      [...document.querySelectorAll("#bars li")].map(({ dataset }) => [dataset.label, Number(dataset.probability)]))`);
    for (const [i, label] of labels.entries())
      expect(Math.abs((rows[label] ?? 9) - truth[i]!), `${label}, seed ${seed}`).toBeLessThan(1e-4);
  }

  /** A folder with one of its JSON files changed. */
  function changed(path: string, change: (value: Record<string, unknown>) => object) {
    const value = JSON.parse(new TextDecoder().decode(files.get(path)));
    return new Map([...files, [path, new TextEncoder().encode(JSON.stringify(change(value)))]]);
  }

  test("a card in software is not tried; the build that knows WebGPU runs on the processor", () =>
    inPage(files, "", async (page, engines) => {
      expect(await engineOf(page)).toBe(onProcessor);
      await expectTruth(page);
      expect([...engines].sort()).toEqual(["webgpu.js", "webgpu.wasm"]);
    }));

  test("a browser that cannot suspend WebAssembly loads and keeps the plain build alone", () =>
    inPage(files, withoutSuspending, async (page, engines, context) => {
      expect(await engineOf(page)).toBe(onProcessor);
      await page.locator("#offline").waitFor();
      const kept = await page.evaluate<string[]>(`(async () => {
        const names = await caches.keys();
        const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
        return requests.flat().map(({ url }) => url);
      })()`);
      expect(kept.map((url) => url.split("/onnxruntime/")[1]).filter(Boolean)).toEqual([
        "plain.js",
        "plain.wasm",
      ]);
      await context.setOffline(true);
      await page.reload();
      await page.waitForSelector("html[data-ready]");
      await expectTruth(page);
      expect([...engines].sort()).toEqual(["plain.js", "plain.wasm"]);
    }));

  test("a card answers as onnxruntime-node does, also of many pictures at once", async ({ skip }) => {
    if (!hasCard) skip("no WebGPU");
    await inPage(files, passOff, async (page, engines) => {
      expect(await engineOf(page)).toBe(onCard);
      await expectTruth(page);
      await page.getByRole("button", { name: "Where did it look?" }).click();
      await page.locator("#legend").waitFor();
      expect(await engineOf(page)).toBe(onCard);
      expect([...engines].sort()).toEqual(["webgpu.js", "webgpu.wasm"]);
    });
  });

  test("a card that cannot run the model is left, and why is said", async ({ skip }) => {
    if (!hasCard) skip("no WebGPU");
    // Left to the card, the antialiased Resize fails on it.
    const folder = changed("classifier.json", (facts) => ({ ...facts, cpuNodes: [] }));
    await inPage(folder, passOff, async (page, engines) => {
      expect(await engineOf(page)).toMatch(/^The processor .* since the graphics card failed: .*antialias/);
      await expectTruth(page);
      expect([...engines].sort()).toEqual(["webgpu.js", "webgpu.wasm"]);
    });
  });

  test("a card that answers something else is left", async ({ skip }) => {
    if (!hasCard) skip("no WebGPU");
    const folder = changed("check.json", ({ embedding, ...rest }) => ({
      ...rest,
      embedding: (embedding as number[]).map((value) => value * 1.02),
    }));
    await inPage(folder, passOff, async (page) => {
      expect(await engineOf(page)).toMatch(/the graphics card failed: embedding of a picture/);
      await expectTruth(page);
    });
  });

  test("a card that is lost later is left, and the picture looked at by the processor", async ({ skip }) => {
    if (!hasCard) skip("no WebGPU");
    const worker = new TextDecoder().decode(files.get("model-worker.js"));
    const folder = new Map([...files, ["model-worker.js", new TextEncoder().encode(worker + losing)]]);
    await inPage(folder, passOff, async (page) => {
      expect(await engineOf(page)).toBe(onCard);
      await expectTruth(page);
      expect(await engineOf(page)).toMatch(/the graphics card failed/);
    });
  });
});
