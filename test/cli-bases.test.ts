import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const command = resolve(import.meta.dirname, "../bin/tsugiki.js");
const data = resolve(import.meta.dirname, "../examples/patterns");
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tsugiki-cli-bases-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function trained(...args: string[]): Promise<{ code: number | null; stderr: string }> {
  const env = { ...process.env, TSUGIKI_CACHE: join(folder, "cache") };
  const all = [command, "train", data, "--out", join(folder, "run"), ...args];
  const child = spawn(process.execPath, all, { env, stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  return new Promise((done) => child.on("close", (code) => done({ code, stderr })));
}

/** Name, size and fit of each base, as the notes have them. */
const bases = (notes: string): string[] =>
  [...notes.matchAll(/^Base: (\S+), (\d+) x \d+ pixels \(--fit (\w+)/gm)].map((found) =>
    found.slice(1).join(" "),
  );

test("--base repeated stands side by side; what is given once is for all, 'auto' leaves a base its own", async () => {
  const flags = ["--base", "box", "--base", "box", "--size", "96", "--size", "auto", "--fit", "squash"];
  const { code, stderr } = await trained(...flags);
  expect(stderr).not.toContain("Error");
  expect(code).toBe(0);
  expect(bases(stderr)).toEqual(["box 96 squash", "box 192 squash"]);
});

test("flags that do not fit the bases are misuse", async () => {
  const cases: [string[], RegExp][] = [
    [["--size", "96", "--size", "128"], /--size is given 2 times, for one base/],
    [["--base", "box", "--base", "b.onnx", "--strategy", "finetune"], /finetune trains one base/],
    [["--preprocess", "imagnet"], /imagenet, inception, caffe, clip, unit, auto/],
    [["--size", "large"], /not a number/],
  ];
  for (const [args, message] of cases) {
    const { code, stderr } = await trained(...args);
    expect(stderr, args.join(" ")).toMatch(message);
    expect(code, args.join(" ")).toBe(2);
  }
});
