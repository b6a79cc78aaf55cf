import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { buildIfStale } from "../../tools/build.js";
import { BrowserUnderTest, findChromium } from "./browser.ts";
import { headLosses, seed, smallNetwork, stepLosses, wholeBackbone } from "./training.js";

const project = resolve(import.meta.dirname, "../..");
const mobilenet = "assets/models/mobilenet_v2_1.0_224_features.onnx";
const chromium = findChromium();
if (!chromium)
  console.warn("Browser tests are skipped: no Chromium found. Install one, or name it in CHROMIUM.");

/** Rooms that run in a browser, as docs/ARCHITECTURE.md has them, and the engine for it; an exported page has its own test. */
const portable =
  /^(core|onnx|surgery|autodiff|optim|train|evaluate|export(?!\/web\/page))\/|^runtime\/web\.js$/;

type Steps = Awaited<ReturnType<typeof stepLosses>>;

/** Two batches take turns; the second one's loss has fallen by this share, which dwarfs the tolerance below. */
function expectLearnt(losses: readonly number[], share: number): void {
  expect(losses.at(-1), `seed ${seed}: ${losses}`).toBeLessThan((1 - share) * (losses[1] ?? 0));
}

/** Every loss within 1e-4 of Node's, relative. */
function expectSame(page: readonly number[], node: readonly number[], what: string): void {
  expect(page.length, what).toBe(node.length);
  const distances = node.map((loss, i) => Math.abs((page[i] ?? Number.NaN) - loss) / Math.abs(loss));
  const message = `${what}, seed ${seed}: page ${page}; node ${node}`;
  expect(
    distances.every((distance) => distance < 1e-4),
    message,
  ).toBe(true);
}

describe.skipIf(!chromium)("training in Chromium on onnxruntime-web", () => {
  // Opened by the first test that needs it, so that a browser that will not start is a failure and not a skip.
  let browser: Promise<BrowserUnderTest> | undefined;
  let modules: readonly string[] = [];

  beforeAll(() => {
    buildIfStale();
    modules = readdirSync(resolve(project, "dist"), { recursive: true, encoding: "utf8" })
      .map((path) => path.replaceAll("\\", "/"))
      .filter((path) => path.endsWith(".js") && portable.test(path) && !path.endsWith("-node.js"));
  });
  afterAll(async () => (await browser?.catch(() => undefined))?.close());

  /** Runs `body` in a page where `ort`, `runtime` and `training` are at hand. */
  async function inPage<T>(body: string, { threads = 2, proxy = false } = {}): Promise<T> {
    browser ??= BrowserUnderTest.open(chromium ?? "", modules);
    return (await browser).evaluate(`(async () => {
      const ort = await import("/onnxruntime-web/ort.wasm.min.mjs");
      const { webRuntime } = await import("/dist/runtime/web.js");
      const training = await import("/test/browser/training.js");
      Object.assign(ort.env.wasm, { numThreads: ${threads}, proxy: ${proxy} });
      const runtime = webRuntime(ort);
      ${body}
    })()`);
  }

  test("every module of the portable rooms loads in a page", async () => {
    const failures = await inPage<string[]>(`
      const failures = [];
      for (const path of ${JSON.stringify(modules)}) {
        await import("/dist/" + path).catch((error) => failures.push(path + ": " + error));
      }
      return failures;`);
    expect(failures).toEqual([]);
  });

  test.each([1, 2])("a small network's 20 steps, on %i threads", async (threads) => {
    const page = await inPage<Steps & { threads: number }>(
      `const steps = await training.stepLosses(runtime, training.smallNetwork(), 20);
       return { ...steps, threads: ort.env.wasm.numThreads };`,
      { threads },
    );
    // The engine sets it to 1 where the page is not isolated.
    expect(page.threads).toBe(threads);
    const node = await stepLosses(nodeRuntime(), smallNetwork(), 20);
    expectSame(page.losses, node.losses, "losses");
    expectLearnt(node.losses, 0.25);
  });

  test("the same with the engine in its own worker, which takes no tensor away from the page", async () => {
    const { losses } = await inPage<Steps>(
      "return training.stepLosses(runtime, training.smallNetwork(), 20);",
      { proxy: true },
    );
    expectSame(losses, (await stepLosses(nodeRuntime(), smallNetwork(), 20)).losses, "losses");
  });

  test("a dense head's six epochs with dropout and a validation set", async () => {
    const losses = await inPage<number[]>("return training.headLosses(runtime);");
    expectSame(losses, await headLosses(nodeRuntime()), "losses");
  });

  test.skipIf(!existsSync(resolve(project, "../shared", mobilenet)))(
    "all of MobileNet v2, 12 steps",
    async () => {
      const page = await inPage<Steps>(`
        const file = await fetch("/shared/${mobilenet}");
        const network = training.wholeBackbone(new Uint8Array(await file.arrayBuffer()));
        return training.stepLosses(runtime, network, 12);`);
      const network = wholeBackbone(await readFile(resolve(project, "../shared", mobilenet)));
      const node = await stepLosses(nodeRuntime(), network, 12);
      expectSame(page.losses, node.losses, "losses");
      expectLearnt(node.losses, 0.01);
    },
  );
});
