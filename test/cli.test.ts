import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawPatterns } from "../recipes/patterns/patterns.ts";

const command = resolve(import.meta.dirname, "../bin/tsugiki.js");
let folder: string;
let data: string;
let out: string;

interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, [command, ...args], {
    cwd: folder,
    env: { ...process.env, TSUGIKI_CACHE: join(folder, "cache"), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function finished(child: ChildProcess): Promise<Finished> {
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (text) => {
    stdout += text;
  });
  child.stderr?.on("data", (text) => {
    stderr += text;
  });
  return new Promise((done) => child.on("close", (code) => done({ code, stdout, stderr })));
}

const tsugiki = (...args: string[]): Promise<Finished> => finished(start(args));

/** Words of an error, without the shell's colours and the folder that changes from run to run. */
const words = (text: string): string => text.replaceAll(folder, "FOLDER").trim();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsugiki-cli-"));
  data = join(folder, "patterns");
  out = join(folder, "runs", "patterns");
  await drawPatterns(data, 24, 3);
});
afterAll(() => rmSync(folder, { recursive: true }));

test("train, evaluate and predict end in one JSON value a result under --json", async () => {
  const trained = await tsugiki("train", data, "--json");
  expect(trained).toMatchObject({ code: 0 });
  const result = JSON.parse(trained.stdout);
  expect(result).toMatchObject({
    test: { part: "test", n: expect.any(Number), accuracy: expect.any(Number), usedToChoose: false },
    seconds: expect.any(Number),
    model: join("runs", "patterns", "model.onnx"),
  });
  // Where nothing but errors belongs on a stream that is no terminal, no bar is drawn.
  expect(trained.stderr).not.toContain("\r");

  const evaluated = await tsugiki("evaluate", out, data, "--json", "-q");
  expect(evaluated).toMatchObject({ code: 0, stderr: "" });
  const { n, accuracy } = result.test;
  expect(JSON.parse(evaluated.stdout)).toMatchObject({ n, accuracy, split: "test" });

  const dotss = join(data, "dots");
  const predicted = await tsugiki(
    "predict",
    out,
    dotss,
    join(data, "stripes", "1.jpg"),
    "--top",
    "2",
    "--json",
  );
  const lines = predicted.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(predicted.code).toBe(0);
  expect(lines).toHaveLength(25);
  expect(lines[0]).toMatchObject({ file: join(dotss, "0.jpg"), top: [{ label: lines[0].label }, {}] });
  expect(lines[0].probability).toBe(lines[0].top[0].probability);
});

test("for people: a table, the model's place, and what to type next", async () => {
  const { code, stdout, stderr } = await tsugiki("train", data, "--out", out);
  expect(code).toBe(0);
  expect(stdout).toMatch(/Accuracy +\d+\.\d %/);
  expect(stdout).toMatch(/expect .* \(95 % interval\)/);
  expect(stdout).toContain(`tsugiki predict ${out}`);
  expect(stderr).toMatch(/96 pictures of 4 classes/);
});

test("exit code 2 and words for misuse", async () => {
  const cases: [string[], RegExp][] = [
    [["train"], /missing required argument 'data'/],
    [["train", data, "--head", "dense:much"], /'dense:much' is no layer of a head/],
    [["train", data, "--epochs", "few"], /not a number/],
    [["train", data, "--preprocess", "imagnet"], /imagenet, inception, caffe, unit/],
    [["train", data, "--val", "0.6", "--test", "0.6"], /nothing to train on/],
    [["trian", data], /Did you mean train/],
    [["predict", out, "nowhere.jpg"], /Cannot open nowhere.jpg/],
    [["evaluate", out, data, "--split", "dev"], /train, val, test, all/],
  ];
  for (const [args, message] of cases) {
    const { code, stderr, stdout } = await tsugiki(...args);
    expect(stderr, args.join(" ")).toMatch(message);
    expect(code, args.join(" ")).toBe(2);
    expect(stdout).toBe("");
  }
});

test("exit code 1 and words for what fails", async () => {
  const missing = await tsugiki("train", "no-such-folder");
  expect(missing.code).toBe(1);
  expect(words(missing.stderr)).toMatchInlineSnapshot(`
    "Error: Cannot open no-such-folder:
    ENOENT: no such file or directory, stat 'no-such-folder'.
    Check the path."
  `);

  const page = join(folder, "page.onnx");
  writeFileSync(page, "<!doctype html><html><body>Not found</body></html>");
  const refused = await tsugiki("train", data, "--base", page);
  expect(refused.code).toBe(1);
  expect(words(refused.stderr)).toMatchInlineSnapshot(`
    "Error: This is no ONNX model:
    it looks like a web page.
    The address it came from answers with a page: use the link of the file itself."
  `);

  const bad = join(folder, "bad.jpg");
  writeFileSync(bad, "no picture");
  const mixed = await tsugiki("predict", out, bad, join(data, "dots", "0.jpg"), "--json");
  expect(mixed.code).toBe(1);
  const [first, second] = mixed.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(first).toMatchObject({ file: bad, error: expect.any(String) });
  expect(second).toMatchObject({ label: expect.any(String) });
});

test("--help of every command shows examples", async () => {
  for (const name of ["train", "evaluate", "predict", "summary", "inspect"]) {
    const { code, stdout } = await tsugiki(name, "--help");
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`Examples:\\n +\\$ tsugiki ${name}`));
  }
});

test("Ctrl-C stops with 130 and keeps what was computed; after kill -9 the cache still serves", async () => {
  const many = join(folder, "many");
  await drawPatterns(many, 150, 5);
  const cache = join(folder, "cache-stopped");
  const args = ["train", many, "--out", join(folder, "stopped"), "--json"];
  const begun = async (signal: NodeJS.Signals, milliseconds: number): Promise<Finished> => {
    const child = start(args, { TSUGIKI_CACHE: cache });
    const result = finished(child);
    // Wait until the engine has begun: the cache's folder is there from then on.
    while (!existsSync(join(cache, "features"))) await new Promise((done) => setTimeout(done, 20));
    await new Promise((done) => setTimeout(done, milliseconds));
    child.kill(signal);
    return result;
  };
  expect((await begun("SIGKILL", 400)).code).toBe(null);
  const stopped = await begun("SIGINT", 900);
  expect(stopped.code).toBe(130);
  expect(stopped.stderr).toContain("what was computed is kept");
  const { code, stdout } = await finished(start(args, { TSUGIKI_CACHE: cache }));
  expect(code).toBe(0);
  expect(JSON.parse(stdout).cached).toBeGreaterThan(0);
  const [key] = readdirSync(join(cache, "features"));
  for (const name of readdirSync(join(cache, "features", key!))) {
    expect(readFileSync(join(cache, "features", key!, name)).length).toBeGreaterThan(0);
  }
});
