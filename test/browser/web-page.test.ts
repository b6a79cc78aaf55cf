import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { drawPatterns } from "../../recipes/patterns/patterns.ts";
import { readClassifierRecord } from "../../src/export/classifier.ts";
import { webFiles } from "../../src/export/web/files-node.ts";
import { finish, train } from "../../src/index.ts";
import { readModel } from "../../src/onnx/read.ts";
import { findChromium } from "./browser.ts";
import { type FolderServer, serveFolder } from "./folder-server.ts";

const executablePath = findChromium();
if (!executablePath) console.log("no Chromium found: the exported page is not tried (CHROMIUM names one)");
/** For people to look at. */
const shots = join(tmpdir(), "web-shots");
const seed = 11;

interface Row {
  readonly label: string;
  readonly probability: number;
}

describe.skipIf(!executablePath)("the page of a real classifier in Chromium", () => {
  const folder = mkdtempSync(join(tmpdir(), "tsugiki-web-"));
  let files: ReadonlyMap<string, Uint8Array>;
  let server: FolderServer;
  let browser: Browser;
  let session: InferenceSession;
  let labels: readonly string[];
  let picture: Buffer;

  beforeAll(async () => {
    const data = join(folder, "patterns");
    const paths = await drawPatterns(data, 25, seed);
    const { out } = await finish(train({ data, out: join(folder, "run"), cache: join(folder, "cache") }));
    const bytes = await readFile(join(out, "model.onnx"));
    const record = readClassifierRecord(readModel(bytes), "model.onnx");
    labels = record.labels;
    files = await webFiles(bytes, record, { name: "Patterns <&> waves" });
    session = await InferenceSession.create(bytes);
    // Decoders of JPEG differ in their last bits; those of PNG do not.
    picture = await sharp(paths[3]).png().toBuffer();
    server = await serveFolder(files);
    browser = await chromium.launch({
      executablePath: executablePath ?? "",
      args: ["--use-fake-device-for-media-stream"],
    });
    mkdirSync(shots, { recursive: true });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await session?.release();
    rmSync(folder, { recursive: true });
  });

  /** Opens the page and hands it to `look`; what it asks for from elsewhere, throws or writes as errors is thrown. */
  async function inPage(
    look: (page: Page) => Promise<void>,
    options: BrowserContextOptions = {},
    url = server.url,
  ): Promise<void> {
    const context = await browser.newContext({ locale: "en-GB", ...options });
    // A busy machine is no failure: only the runner's own limit ends a test.
    context.setDefaultTimeout(0);
    const problems: string[] = [];
    try {
      const page = await context.newPage();
      page.on("pageerror", (error) => problems.push(String(error)));
      page.on("console", (line) => {
        // Chromium's own remark where a page asks for a graphics card and there is none.
        if (line.text() !== "No available adapters.") problems.push(`${line.type()}: ${line.text()}`);
      });
      context.on("request", (request) => {
        if (!request.url().startsWith(url)) problems.push(request.url());
      });
      await page.goto(url);
      await page.waitForSelector("html[data-ready]");
      await look(page);
      expect(problems).toEqual([]);
    } finally {
      await context.close();
    }
  }

  /** A drop or paste of one file, as the browser would tell the page of it. */
  const hand = (page: Page, kind: "drop" | "paste", name: string, type: string, bytes: Buffer) =>
    page.evaluate(`(() => {
      const bytes = Uint8Array.from(atob("${bytes.toString("base64")}"), (sign) => sign.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], "${name}", { type: "${type}" }));
      const event = ${kind === "drop"}
        ? new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true })
        : new ClipboardEvent("paste", { clipboardData: data, bubbles: true });
      document.querySelector("#frame").dispatchEvent(event);
    })()`);

  async function answer(page: Page): Promise<Row[]> {
    await page.locator("#result").waitFor();
    return page.evaluate<Row[]>(`[...document.querySelectorAll("#bars li")].map(({ dataset }) =>
      ({ label: dataset.label, probability: Number(dataset.probability) }))`);
  }

  async function expected(bytes: Buffer): Promise<Row[]> {
    const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const pixels = new Tensor("uint8", data, [1, info.height, info.width, 3]);
    const { probabilities } = await session.run({ pixels }, ["probabilities"]);
    const shares = probabilities!.data as Float32Array;
    return labels
      .map((label, i) => ({ label, probability: shares[i]! }))
      .sort((a, b) => b.probability - a.probability);
  }

  async function expectTruth(page: Page): Promise<void> {
    const [rows, truth] = [await answer(page), await expected(picture)];
    expect(rows[0]?.label).toBe(truth[0]?.label);
    for (const { label, probability } of truth) {
      const shown = rows.find((row) => row.label === label)?.probability;
      expect(Math.abs((shown ?? 9) - probability), `${label}, seed ${seed}`).toBeLessThan(1e-3);
    }
  }

  test("the folder is whole, and its service worker keeps all of it", () => {
    const parts = readdirSync(resolve(import.meta.dirname, "../../src/export/web/page"));
    expect(parts.filter((name) => !files.has(name))).toEqual([]);
    const text = new TextDecoder();
    const { icons } = JSON.parse(text.decode(files.get("manifest.webmanifest")));
    for (const { src } of icons) expect(files.has(src), src).toBe(true);
    const list = /^self\.contents = (.*?);\n\n/s.exec(text.decode(files.get("service-worker.js")));
    const kept = Object.keys(JSON.parse(list?.[1] ?? "").files);
    expect(kept.sort()).toEqual(
      ["./", ...files.keys()].filter((path) => !/^(index.html|service-worker.js)$/.test(path)).sort(),
    );
    const html = text.decode(files.get("index.html"));
    expect(html).toContain("<h1>Patterns &lt;&amp;&gt; waves</h1>");
    expect(html).toContain("default-src 'none'");
    expect(html).not.toMatch(/https?:|style="|<script>/);
  });

  test("a picture that is dropped, chosen or pasted is answered as onnxruntime-node answers", () =>
    inPage(async (page) => {
      await hand(page, "drop", "a.png", "image/png", picture);
      await expectTruth(page);
      await page.reload();
      await page.setInputFiles("#file", { name: "b.png", mimeType: "image/png", buffer: picture });
      await expectTruth(page);
      await page.reload();
      await hand(page, "paste", "c.png", "image/png", picture);
      await expectTruth(page);
      expect(await page.locator("#said").textContent()).not.toBe("");
    }));

  test("what is no picture is named, and the next one is taken", () =>
    inPage(async (page) => {
      await hand(page, "drop", "notes.txt", "text/plain", Buffer.from("no picture"));
      const error = page.getByRole("alert").and(page.locator("#error"));
      await error.waitFor();
      expect(await error.textContent()).toMatch(/^“notes\.txt” is no picture/);
      await hand(page, "drop", "a.png", "image/png", picture);
      await expectTruth(page);
      expect(await error.isHidden()).toBe(true);
    }));

  test("pixels: upright by EXIF, white where transparent, large ones smaller but never below four times", () =>
    inPage(async (page) => {
      const corner = { create: { width: 8, height: 4, channels: 3, background: "#fff" } } as const;
      const dark = await sharp({ ...corner, create: { ...corner.create, width: 4, background: "#000" } })
        .png()
        .toBuffer();
      // Dark at the left as stored; turned by 90 degrees clockwise, at the top.
      const turned = await sharp(corner)
        .composite([{ input: dark, left: 0, top: 0 }])
        .withMetadata({ orientation: 6 })
        .jpeg({ quality: 100 })
        .toBuffer();
      const clear = await sharp({ create: { width: 6, height: 5, channels: 4, background: "#0000" } })
        .png()
        .toBuffer();
      const seen = await page.evaluate<{ turned: number[]; clear: number; sizes: number[][] }>(`(async () => {
        const { decode, pixelsOf } = await import("./pixels.js");
        const load = async (text) => {
          const bitmap = await decode(await (new Blob([Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))])));
          return pixelsOf(bitmap, bitmap, 96);
        };
        const sizes = [[1100, 1000], [1200, 1152], [3000, 2000], [9000, 7000]].map(([width, height]) => {
          const canvas = document.createElement("canvas");
          Object.assign(canvas, { width, height });
          const small = pixelsOf(canvas, canvas, 96);
          return [small.width, small.height];
        });
        const one = await load("${turned.toString("base64")}");
        const two = await load("${clear.toString("base64")}");
        return {
          turned: [one.width, one.height, one.data[0], one.data[3 * one.width * 7]],
          clear: Math.min(...two.data),
          sizes,
        };
      })()`);
      expect(seen.turned.slice(0, 2)).toEqual([4, 8]);
      expect(seen.turned[2]).toBeLessThan(60);
      expect(seen.turned[3]).toBeGreaterThan(200);
      expect(seen.clear).toBe(255);
      expect(seen.sizes).toEqual([
        [1100, 1000],
        [400, 384],
        [600, 400],
        [562, 437],
      ]);
    }));

  test("the heat map comes on demand, by keyboard too, and can be stopped", () =>
    inPage(async (page) => {
      await hand(page, "drop", "a.png", "image/png", picture);
      await answer(page);
      const button = page.getByRole("button", { name: "Where did it look?" });
      await button.focus();
      await page.keyboard.press("Enter");
      await page.getByRole("progressbar", { name: /Hiding the picture/ }).waitFor();
      await page.keyboard.press("Enter");
      await button.waitFor();
      expect(await page.locator("#legend").isHidden()).toBe(true);
      await page.keyboard.press("Enter");
      await page.locator("#legend").waitFor();
      expect(await page.locator("#heat-map").isVisible()).toBe(true);
      await page.getByRole("button", { name: "Show the picture" }).click();
      expect(await page.locator("#shown").isVisible()).toBe(true);
    }));

  test("the second visit needs no network", () =>
    inPage(async (page) => {
      await page.locator("#offline").waitFor();
      await page.context().setOffline(true);
      await page.reload();
      await page.waitForSelector("html[data-ready]");
      await hand(page, "drop", "a.png", "image/png", picture);
      await expectTruth(page);
    }));

  test("in Japanese where the browser is", () =>
    inPage(
      async (page) => {
        expect(await page.locator("html").getAttribute("lang")).toBe("ja");
        await page.getByRole("button", { name: "カメラ" }).waitFor();
        await hand(page, "drop", "メモ.txt", "text/plain", Buffer.from("no picture"));
        await page.locator("#error").waitFor();
        expect(await page.locator("#error").textContent()).toContain("画像ではありません");
        await hand(page, "drop", "a.png", "image/png", picture);
        await expectTruth(page);
        const left = await page.evaluate<string[]>(`[...document.querySelectorAll("[data-text]")]
          .filter((each) => /^[ -~]+$/.test(each.textContent)).map((each) => each.textContent)`);
        expect(left).toEqual([]);
        await page.screenshot({ path: join(shots, "1280-japanese.png"), fullPage: true });
      },
      { locale: "ja-JP" },
    ));

  test("the camera is watched live, its picture taken; refused, that is said", async () => {
    await inPage(
      async (page) => {
        await hand(page, "drop", "a.png", "image/png", picture);
        const before = await answer(page);
        await page.getByRole("button", { name: "Camera" }).click();
        await page.locator("#live").waitFor();
        await answer(page);
        expect(await page.getByRole("button", { name: "Where did it look?" }).count()).toBe(0);
        await page.screenshot({ path: join(shots, "1280-camera.png"), fullPage: true });
        await page.getByRole("button", { name: "Stop camera" }).click();
        expect(await answer(page), "what was there before comes back").toEqual(before);
        await page.getByRole("button", { name: "Camera" }).click();
        await page.getByRole("button", { name: "Take picture" }).click();
        await answer(page);
        expect(await page.locator("#video").isHidden()).toBe(true);
        await page.getByRole("button", { name: "Where did it look?" }).waitFor();
      },
      { permissions: ["camera"] },
    );
    await inPage(async (page) => {
      await page.getByRole("button", { name: "Camera" }).click();
      await page.locator("#error").waitFor();
      expect(await page.locator("#error").textContent()).toMatch(/^The camera was refused/);
    });
  });

  test("opened as a file, or without its model, it says so", async () => {
    for (const [path, bytes] of files) {
      mkdirSync(dirname(join(folder, "web", path)), { recursive: true });
      await writeFile(join(folder, "web", path), bytes);
    }
    const page = await browser.newPage({ locale: "en-GB" });
    await page.goto(pathToFileURL(join(folder, "web/index.html")).href);
    await page.getByRole("heading", { name: "This page has to come from a web server" }).waitFor();
    const partial = await serveFolder(new Map([...files].filter(([path]) => path !== "model.onnx")));
    await page.goto(partial.url);
    await page.locator("#error").waitFor();
    expect(await page.locator("#error").textContent()).toContain("model.onnx: HTTP 404");
    await page.close();
    await partial.close();
  });
});
