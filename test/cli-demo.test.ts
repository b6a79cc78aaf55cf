import { type ChildProcess, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { wilson } from "../src/evaluate/wilson.ts";
import { type DemoEvent, type DemoOptions, type DemoResult, demo, finish } from "../src/index.ts";
import { finished } from "./finished.ts";

const command = resolve(import.meta.dirname, "../bin/tsugiki.js");
const counts = { train: 6, val: 6, test: 8 };
const seed = 2;
let folder: string;
let out: string;
let result: DemoResult;
const events: DemoEvent[] = [];

const run = (options: DemoOptions): Promise<DemoResult> =>
  finish(demo({ out, seed, counts, cache: join(folder, "cache"), ...options }), (event) =>
    events.push(event),
  );

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsugiki-demo-"));
  out = join(folder, "runs", "demo");
  result = await run({});
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Starts the command where no system font is found, as on a bare machine. */
function start(...args: string[]): ChildProcess {
  const fonts = join(folder, "fonts.conf");
  writeFileSync(
    fonts,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>${folder}/none</dir></fontconfig>`,
  );
  const env = { ...process.env, TSUGIKI_CACHE: join(folder, "cache"), FONTCONFIG_FILE: fonts };
  return spawn(process.execPath, [command, "demo", ...args], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

test("pictures stand in parts and classes, and all that was drawn is recorded", () => {
  for (const [part, own] of Object.entries({ train: 18, val: 6, test: 8 })) {
    for (const gesture of ["rock", "paper", "scissors"]) {
      expect(readdirSync(join(out, "pictures", part, gesture))).toHaveLength(own);
    }
  }
  const record = JSON.parse(readFileSync(join(out, "pictures", "drawn.json"), "utf8"));
  expect(record.pictures).toHaveLength(3 * 32);
  const licences = readFileSync(join(out, "pictures", "LICENSES.txt"), "utf8");
  for (const name of ["twemoji", "fluent-emoji-flat", "emojione", "openmoji", "noto-v1"])
    expect(licences).toContain(`@iconify-json/${name} `);
});

test("the figures are those of the run's own files, with their intervals", () => {
  const record = JSON.parse(readFileSync(join(out, "run.json"), "utf8"));
  expect(result.after).toMatchObject({ n: 24, accuracy: record.metrics.test.accuracy });
  expect(result.before).toMatchObject({ n: 24, accuracy: record.metrics.frozen.test.accuracy });
  for (const { n, accuracy, interval } of [result.before, result.after])
    expect(interval).toEqual(wilson(Math.round(accuracy * n), n));
  const rows = readFileSync(join(out, "predictions.csv"), "utf8").trim().split("\n").slice(1);
  const right = rows.filter((row) => row.split(",")[4] === "true").length;
  expect(right / 24).toBe(result.after.accuracy);
  expect(rows.every((row) => /^test\/\w+\/noto-v1-/.test(row))).toBe(true);
});

test("the one prediction is the finished file's answer for a test picture", () => {
  const { file, truth, label, probability, top } = result.prediction;
  expect(file.startsWith(join(out, "pictures", "test", truth))).toBe(true);
  expect(top[0]).toEqual({ label, probability });
  const name = `${file.slice(join(out, "pictures").length + 1)},`;
  const row = readFileSync(join(out, "predictions.csv"), "utf8")
    .split("\n")
    .find((line) => line.startsWith(name));
  const [, , predicted, told] = row!.split(",");
  expect(predicted).toBe(label);
  // float32, by batches of another size.
  expect(Math.abs(Number(told) - probability)).toBeLessThan(1e-4);
});

test("both sheets are pictures a README can show", async () => {
  for (const file of [result.grid, result.drawn.sheet]) {
    const { format, width = 0, height = 0 } = await sharp(file).metadata();
    expect({ format, width }).toEqual({ format: "png", width: 1000 });
    expect(height).toBeGreaterThan(400);
  }
});

test("a second demo draws nothing anew and ends the same; another seed draws other pictures over its own", async () => {
  const pixels = readFileSync(result.grid);
  events.length = 0;
  const again = await run({});
  expect(events.some(({ type }) => type === "drawing")).toBe(false);
  expect(again.drawn).toEqual({ ...result.drawn, reused: true });
  expect(again.after).toEqual(result.after);
  expect(readFileSync(again.grid).equals(pixels)).toBe(true);

  const file = join(out, "pictures", "train", "rock", "twemoji-00.jpg");
  const before = readFileSync(file);
  const other = await run({ seed: seed + 1 });
  expect(other.drawn.reused).toBe(false);
  expect(readFileSync(file).equals(before)).toBe(false);
});

test("a file of somebody else's among the pictures is neither learned nor lost", async () => {
  const mine = join(folder, "mine");
  mkdirSync(join(mine, "pictures"), { recursive: true });
  writeFileSync(join(mine, "pictures", "holiday.jpg"), "precious");
  await expect(run({ out: mine })).rejects.toThrow(/holiday.jpg was not drawn by the demo/);
  expect(readFileSync(join(mine, "pictures", "holiday.jpg"), "utf8")).toBe("precious");
  expect(readdirSync(mine)).toEqual(["pictures"]);
});

test("a stop while drawing leaves no half a folder", async () => {
  const stop = new AbortController();
  const stopped = join(folder, "stopped");
  const begun = finish(demo({ out: stopped, seed, counts, signal: stop.signal }), (event) => {
    if (event.type === "drawing" && event.done === 3) stop.abort();
  });
  await expect(begun).rejects.toThrow(/abort/i);
  expect(existsSync(stopped)).toBe(false);
});

test("the command itself, as it is typed, on a machine without fonts", async () => {
  const { code, stdout, stderr } = await finished(start("--seed", "1"));
  expect(stderr).not.toContain("Error");
  expect(code).toBe(0);
  for (const words of [
    /Twitter Emoji, Twitter +CC BY 4\.0 +198 +train/,
    /Noto Emoji \(v1\), Google Inc +Apache 2\.0 +180 +test/,
    /Before fine-tuning +\d+\.\d % +\d+ of 180 right \(95 % interval/,
    /After +\d+\.\d % +\d+ of 180 right \(95 % interval/,
    /Fine-tuning (brought|did not help)/,
    /Next: +tsugiki train my-photos/,
  ])
    expect(stdout).toMatch(words);
  for (const file of ["grid.png", "pictures.png", "model.onnx", "run.json"])
    expect(existsSync(join(folder, "runs", "demo", file)), file).toBe(true);
  // All of it, at its usual size, on whatever machine.
}, 300_000);

test("Ctrl-C stops it with 130, and what it wrote is no hindrance; --help shows examples; misuse is 2", async () => {
  const child = start("--seed", "5", "--out", "halted");
  const halted = finished(child);
  let seen = "";
  child.stdout?.on("data", (text) => {
    seen += text;
    if (seen.includes("Licences")) child.kill("SIGINT");
  });
  expect((await halted).code).toBe(130);
  expect(existsSync(join(folder, "halted", "model.onnx"))).toBe(false);

  const help = await finished(start("--help"));
  expect(help.code).toBe(0);
  expect(help.stdout).toMatch(/Examples:\n +\$ tsugiki demo/);
  for (const wrong of ["many", "4294967296"]) {
    const misused = await finished(start("--seed", wrong, "--out", "misused"));
    expect(misused.code, misused.stderr).toBe(2);
  }
  expect(existsSync(join(folder, "misused"))).toBe(false);
});
