import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { random } from "../../src/core/random.ts";
import { int64, scalar } from "../../src/core/tensor.ts";
import { buildClassifier, type ClassifierRecord } from "../../src/export/classifier.ts";
import { webFiles } from "../../src/export/web/files-node.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import { writeModel } from "../../src/onnx/write.ts";
import { headGraph } from "../../src/surgery/head-graph.ts";
import { join as joinGraphs } from "../../src/surgery/join.ts";
import { normalisations, preprocessGraph } from "../../src/surgery/preprocess.ts";
import { findChromium } from "./browser.ts";
import { type FolderServer, serveFolder } from "./folder-server.ts";

const executablePath = findChromium();
/** For people to look at. */
const shots = join(tmpdir(), "web-shots");

const labels = [
  "ash",
  "beech",
  "birch",
  "copper beech in late autumn with the sun behind its leaves",
  "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
  "elm & oak <mixed>",
  "fir",
  "ginkgo",
  "銀杏",
];

/** A network of the mean colour: dark pictures are known to it, bright ones are strange. */
async function folderOf(task: "one" | "several"): Promise<ReadonlyMap<string, Uint8Array>> {
  const preprocess = { ...normalisations.unit, size: 16, fit: "cover", layout: "nchw" } as const;
  const mean = new GraphBuilder({ opset: 18 });
  const pixels = mean.input("planes", "float32", ["N", 3, 16, 16]);
  const axes = mean.constant(int64([2, 3]));
  mean.output(mean.op("ReduceMean", [pixels, axes], { keepdims: 0 }, { outputs: ["colour"] }), "float32", [
    "N",
    3,
  ]);
  const features = joinGraphs(preprocessGraph(preprocess, 18), mean.model(), { planes: "preprocessed" });
  const head = headGraph([], { width: 3, classes: labels.length }, { random: random(2) });
  const strange = new GraphBuilder({ opset: 18 });
  const colour = strange.input("features", "float32", ["N", 3]);
  const sum = strange.op(
    "ReduceSum",
    [colour, strange.constant(int64([1]))],
    { keepdims: 0 },
    { outputs: ["strangeness"] },
  );
  strange.output(sum, "float32", ["N"]);
  const limit = strange.constant(scalar(2));
  strange.output(strange.op("Greater", [sum, limit], {}, { outputs: ["unknown"] }), "bool", ["N"]);
  const record: ClassifierRecord = {
    labels,
    ...(task === "several" && { task: "multi-label" }),
    preprocess,
    base: { name: "mean colour", sha256: "00".repeat(32), cut: "colour", licence: null },
    unknown: { threshold: 2, falseRejections: 0.05 },
    training: {},
  };
  const model = buildClassifier(features, head, record, strange.model());
  return webFiles(writeModel(model), record, { name: "Trees along the road" });
}

/** Texts whose contrast with what is behind them is below WCAG's 4.5 to 1. */
const faint = `(() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = numbers(colour).map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (each) => {
    const { backgroundColor } = getComputedStyle(each);
    return numbers(backgroundColor)[3] === 0 && each.parentElement ? ground(each.parentElement) : backgroundColor;
  };
  return [...document.querySelectorAll("body *")].flatMap((each) => {
    const own = [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !each.checkVisibility()) return [];
    const [a, b] = [light(getComputedStyle(each).color), light(ground(each))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    return ratio < 4.5 ? [each.textContent + " " + ratio] : [];
  });
})()`;

describe.skipIf(!executablePath)("the exported page's look in Chromium", () => {
  let browser: Browser;
  const servers: FolderServer[] = [];
  const pictures: Record<string, Buffer> = {};

  beforeAll(async () => {
    mkdirSync(shots, { recursive: true });
    browser = await chromium.launch({ executablePath: executablePath ?? "" });
    for (const task of ["one", "several"] as const) servers.push(await serveFolder(await folderOf(task)));
    for (const [name, shade] of Object.entries({ known: "#2c5b34", strange: "#fdf6e3" })) {
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="600"><rect width="900" height="600" fill="${shade}"/>
        <circle cx="450" cy="250" r="170" fill="#7cb342"/><rect x="425" y="250" width="50" height="330" fill="#6d4c41"/></svg>`;
      pictures[name] = await sharp(Buffer.from(svg)).png().toBuffer();
    }
  });
  afterAll(async () => {
    await browser?.close();
    for (const server of servers) await server.close();
  });

  async function open(url: string, width: number, colorScheme: "light" | "dark"): Promise<Page> {
    const page = await browser.newPage({
      viewport: { width, height: width > 600 ? 860 : 844 },
      deviceScaleFactor: width > 600 ? 1 : 2,
      colorScheme,
      locale: "en-GB",
    });
    await page.goto(url);
    await page.waitForSelector("html[data-ready]");
    return page;
  }

  const give = async (page: Page, name: string): Promise<void> => {
    await page.setInputFiles("#file", {
      name: `${name}.png`,
      mimeType: "image/png",
      buffer: pictures[name]!,
    });
    await page.locator(`#shown[aria-label="${name}.png"]`).waitFor();
    await page.locator("#result").waitFor();
  };

  test.each([
    [1280, "light"],
    [1280, "dark"],
    [390, "light"],
    [390, "dark"],
    [320, "light"],
  ] as const)("%i pixels wide, %s: all fits, and all text can be read", async (width, scheme) => {
    const page = await open(servers[0]!.url, width, scheme);
    const check = async (name: string): Promise<void> => {
      expect(await page.evaluate("document.documentElement.scrollWidth"), name).toBe(width);
      expect(await page.evaluate(faint), name).toEqual([]);
      await page.screenshot({ path: join(shots, `${width}-${scheme}-${name}.png`), fullPage: true });
    };
    await check("1-empty");
    await give(page, "known");
    await page.locator("#rest summary").click();
    await check("2-answer");
    await page.getByRole("button", { name: "Where did it look?" }).click();
    await page.locator("#legend").waitFor();
    await check("3-heat");
    await give(page, "strange");
    expect(await page.locator("#headline").textContent()).toBe("None of these");
    await page.setInputFiles("#file", { name: "x.txt", mimeType: "text/plain", buffer: Buffer.from("x") });
    await page.locator("#error").waitFor();
    await page.locator("footer summary").click();
    await check("4-unknown");
    await page.close();
  });

  test("of several labels at once, all that hold stand in the headline", async () => {
    const page = await open(servers[1]!.url, 1280, "light");
    await give(page, "known");
    const holding = await page.locator(".bars li.holds span").allTextContents();
    const shares = await page.evaluate<number[]>(
      `[...document.querySelectorAll(".bars li")].map((each) => Number(each.dataset.probability))`,
    );
    expect(shares).toHaveLength(labels.length);
    expect(holding).toHaveLength(shares.filter((share) => share >= 0.5).length);
    expect(await page.locator("#headline").textContent()).toBe(holding.join(", "));
    await page.screenshot({ path: join(shots, "1280-light-5-several.png"), fullPage: true });
    await page.close();
  });

  test("every control has a name and is reached by the Tab key, in the order in which it stands", async () => {
    const page = await open(servers[0]!.url, 1280, "light");
    await give(page, "known");
    const reached: string[] = [];
    for (let i = 0; i < 8; i++) {
      await page.keyboard.press("Tab");
      reached.push(
        await page.evaluate<string>(`(() => {
          const { activeElement: each } = document;
          return (each.labels?.[0] ?? each).textContent.trim();
        })()`),
      );
    }
    const order = [
      "Choose a picture",
      "Camera",
      "4 more labels",
      "Where did it look?",
      "About this model",
      "Licences",
    ];
    expect(reached.filter((name) => order.includes(name))).toEqual(order);
    await page.close();
  });
});
