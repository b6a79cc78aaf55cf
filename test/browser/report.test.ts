import { mkdtempSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { finish, renderReport, report, train } from "../../src/index.ts";
import { answersOf, dataOf } from "../../src/report/testing/hand-made.ts";
import { findChromium } from "./browser.ts";

const executablePath = findChromium();
const patterns = resolve(import.meta.dirname, "../../examples/patterns");

describe.skipIf(!executablePath)("a real run's report in Chromium", () => {
  const folder = mkdtempSync(join(tmpdir(), "tsugiki-report-"));
  const out = join(folder, "run");
  let browser: Browser;
  let file = "";

  beforeAll(async () => {
    const cache = join(folder, "cache");
    const result = await finish(train({ data: patterns, out, cache, doctor: true }));
    expect(result.findings).not.toBeNull();
    const other = await finish(
      train({ data: patterns, out: join(folder, "other"), cache, regularisation: 10 }),
    );
    expect(result.report).toBe(join(out, "report.html"));
    const compared = await report({ run: out, compare: [other.out], out: join(folder, "compared.html") });
    expect(compared).toMatchObject({ shown: result.test?.n, lost: [], dataGone: null });
    expect(compared.comparisons[0]).toMatchObject({ shared: result.test?.n, onlyHere: 0, onlyThere: 0 });
    expect(compared.comparisons[0]?.options).toContainEqual(
      expect.objectContaining({ name: "regularisation", theirs: "10" }),
    );
    file = compared.file;
    browser = await chromium.launch({ executablePath: executablePath ?? "" });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  /** Opens the page and hands it to `look`; what it asks for from elsewhere, throws or writes as errors is thrown. */
  async function inPage(
    look: (page: Page) => Promise<void>,
    { path = file, width = 1280, colorScheme = "light" as "light" | "dark", javaScriptEnabled = true } = {},
  ): Promise<void> {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme, javaScriptEnabled });
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (line) => problems.push(`${line.type()}: ${line.text()}`));
    page.on("request", (request) => {
      if (!/^(file|data):/.test(request.url())) problems.push(request.url());
    });
    try {
      await page.goto(pathToFileURL(path).href);
      await look(page);
      expect(problems).toEqual([]);
    } finally {
      await page.close();
    }
  }

  test.each([
    [1280, "light"],
    [1280, "dark"],
    [390, "light"],
    [390, "dark"],
  ] as const)("%i pixels wide, %s: nothing leaves the page or lies over another", (width, colorScheme) =>
    inPage(
      async (page) => {
        const seen = await page.evaluate<{
          wide: number;
          over: string[];
          background: string;
          small: number;
        }>(`(() => {
          const box = (each) => each.getBoundingClientRect();
          const blocks = [...document.querySelectorAll("header > *, section > *, main > section")];
          const over = blocks.flatMap((each) => {
            const next = each.nextElementSibling;
            return next && box(next).height > 0 && box(next).top < box(each).bottom - 1 ? [each.outerHTML.slice(0, 80)] : [];
          });
          const charts = [...document.querySelectorAll(".charts > svg")].map((each) => box(each).width);
          return {
            wide: document.documentElement.scrollWidth,
            over,
            background: getComputedStyle(document.body).backgroundColor,
            small: Math.min(...charts),
          };
        })()`);
        expect(seen.wide).toBe(width);
        expect(seen.over).toEqual([]);
        expect(seen.small).toBeGreaterThan(300);
        expect(seen.background).toBe(colorScheme === "dark" ? "rgb(13, 17, 23)" : "rgb(255, 255, 255)");
      },
      { width, colorScheme },
    ),
  );

  test("by keyboard: a confusion cell opens its pictures, a picture what is known of it, Escape goes back", () =>
    inPage(async (page) => {
      const cell = page.locator(".matrix td a").first();
      await cell.focus();
      await page.keyboard.press("Enter");
      const dialog = page.locator("dialog[open]");
      const tiles = dialog.locator(".tile");
      expect(await tiles.count()).toBe(Number(await cell.textContent()));
      await tiles.first().focus();
      await page.keyboard.press("Enter");
      expect(await dialog.locator(".look .top li").count()).toBe(3);
      expect(await dialog.locator(".path").textContent()).toMatch(/^checks\/\d+\.jpg$/);
      await page.keyboard.press("Enter");
      expect(await tiles.count()).toBe(Number(await cell.textContent()));
      await page.keyboard.press("Escape");
      expect(await page.locator("dialog[open]").count()).toBe(0);
      const focused = await page.evaluate<string>("document.activeElement.getAttribute('aria-label')");
      expect(focused).toBe(await cell.getAttribute("aria-label"));
    }));

  test("without scripts a cell leads to its pictures all the same", () =>
    inPage(
      async (page) => {
        const cell = page.locator(".matrix td a").first();
        await cell.click();
        expect(page.url()).toMatch(/#cell-0-0$/);
        expect(await page.locator("#cell-0-0 .tile").first().isVisible()).toBe(true);
      },
      { javaScriptEnabled: false },
    ));

  test("on A4 paper nothing leaves the page, tables with long names neither", async () => {
    const classes = ["daisy", "dandelion", "roses", "sunflowers-of-the-south", "tulips"];
    const path = join(folder, "paper.html");
    await writeFile(path, await renderReport(dataOf(answersOf(250, classes, 9), classes)));
    const onPaper = async (page: Page): Promise<void> => {
      await page.emulateMedia({ media: "print" });
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(794);
    };
    await inPage(onPaper, { width: 794, path });
    await inPage(onPaper, { width: 794 });
  });

  test("it shows where the classifier looked, and what the doctor found when asked", () =>
    inPage(async (page) => {
      const maps = page.locator("#heat-maps img");
      expect(await maps.count()).toBe(8);
      const widths = await page.evaluate<number[]>(
        '[...document.querySelectorAll("#heat-maps img")].map((img) => img.naturalWidth)',
      );
      expect(Math.min(...widths)).toBeGreaterThan(50);
      const { findings } = JSON.parse(await readFile(join(out, "doctor.json"), "utf8"));
      const kinds = new Set(findings.map(({ kind }: { kind: string }) => kind));
      expect(await page.locator("#doctor details").count()).toBe(kinds.size);
    }));

  test("two reports of one run are the same bytes; --no-report leaves none, nor an older one", async () => {
    const first = await readFile(join(out, "report.html"));
    await report({ run: join(out, "model.onnx"), out: join(folder, "again.html") });
    expect(first.equals(await readFile(join(folder, "again.html")))).toBe(true);
    expect(first.length).toBeLessThan(1_000_000);
    const quiet = await finish(train({ data: patterns, out, cache: join(folder, "cache"), report: false }));
    expect(quiet.report).toBeNull();
    await expect(readFile(join(out, "report.html"))).rejects.toThrow("ENOENT");
  }, 60_000);
});
