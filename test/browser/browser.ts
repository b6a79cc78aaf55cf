import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { type FileServer, serveFiles } from "./server.ts";

const places = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** The system's Chromium: what CHROMIUM names, else where packages put it; undefined where there is none. */
export function findChromium(): string | undefined {
  return process.env.CHROMIUM ?? places.find((place) => existsSync(place));
}

/** A browser with the project's files behind it. */
export class BrowserUnderTest {
  readonly #server: FileServer;
  readonly #browser: Browser;

  private constructor(server: FileServer, browser: Browser) {
    this.#server = server;
    this.#browser = browser;
  }

  /** `modules` are paths in dist/; what imports "/src/*.ts" in a page gets them. */
  static async open(executablePath: string, modules: readonly string[]): Promise<BrowserUnderTest> {
    const imports = {
      "@bufbuild/protobuf/wire": "/protobuf/wire/index.js",
      flatbuffers: "/flatbuffers/flatbuffers.js",
      ...Object.fromEntries(modules.map((path) => [`/src/${path.replace(/\.js$/, ".ts")}`, `/dist/${path}`])),
    };
    const map = `<script type="importmap">${JSON.stringify({ imports })}</script>`;
    const server = await serveFiles(`<!doctype html><link rel="icon" href="data:,">${map}`);
    try {
      return new BrowserUnderTest(server, await chromium.launch({ executablePath }));
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  /**
   * Evaluates an expression in a page of its own, as text: the test runner would rewrite a function's imports. What the
   * page wrote to its console as errors, or threw unseen, is thrown too.
   */
  async evaluate<T>(expression: string): Promise<T> {
    const page: Page = await this.#browser.newPage();
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (line) => {
      if (line.type() === "error") problems.push(`${line.text()} ${line.location().url}`);
    });
    try {
      await page.goto(this.#server.origin);
      const value = await page.evaluate<T>(expression).catch((error: unknown) => {
        throw new Error([String(error), ...problems].join("\n"), { cause: error });
      });
      if (problems.length > 0) throw new Error(problems.join("\n"));
      return value;
    } finally {
      await page.close();
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#browser.close(), this.#server.close()]);
  }
}
