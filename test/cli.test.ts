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
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawPatterns } from "../recipes/patterns/patterns.ts";
import { type Finished, finished } from "./finished.ts";

const command = resolve(import.meta.dirname, "../bin/tsugiki.js");
let folder: string;
let data: string;
let out: string;

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, [command, ...args], {
    cwd: folder,
    env: { ...process.env, TSUGIKI_CACHE: join(folder, "cache"), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
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
    strategy: "features",
    raw: { test: expect.any(Number), val: expect.any(Number) },
    notes: expect.any(Array),
  });
  for (const ofTheBase of ["epochs", "bestEpoch", "frozen"]) expect(result).not.toHaveProperty(ofTheBase);
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

test("train --json tells how training of the base went, and what it warned of", async () => {
  const args = ["--strategy", "finetune", "--epochs", "2", "--size", "40", "--out", "tuned", "--json"];
  // Whatever stands there under a checkpoint's name stops nothing without --resume.
  mkdirSync(join(folder, "tuned"));
  writeFileSync(join(folder, "tuned", ".checkpoint.safetensors"), "of an earlier run");
  const tuned = await tsugiki("train", data, ...args);
  expect(tuned, tuned.stderr).toMatchObject({ code: 0 });
  const result = JSON.parse(tuned.stdout);
  const both = { test: expect.any(Number), val: expect.any(Number) };
  expect(result).toMatchObject({ strategy: "finetune", frozen: both, raw: both });
  expect(result.epochs).toBeGreaterThanOrEqual(1);
  expect(result.epochs).toBeLessThanOrEqual(2);
  expect([0, 1, 2]).toContain(result.bestEpoch);
  expect(result.notes[0]).toContain("holds the checkpoint of an unfinished training");
  expect(result.notes[0]).toContain("that one cannot be read");
  for (const note of result.notes) expect(tuned.stderr).toContain(note);
});

test("for people: a table, the model's place, and what to type next", async () => {
  const { code, stdout, stderr } = await tsugiki("train", data, "--out", out);
  expect(code).toBe(0);
  expect(stdout).toMatch(/Accuracy +\d+\.\d %/);
  expect(stdout).toMatch(/the true one lies between .* \(95 % interval\)/);
  expect(stdout).toContain(`tsugiki predict ${out}`);
  expect(stderr).toMatch(/96 pictures of 4 classes/);
});

test("exit code 2 and words for misuse", async () => {
  const cases: [string[], RegExp][] = [
    [["train"], /missing required argument 'data'/],
    [["train", data, "--head", "dense:much"], /'dense:much' is no layer of a head/],
    [["train", data, "--epochs", "few"], /not a number/],
    [["train", data, "--preprocess", "imagnet"], /imagenet, inception, caffe, clip, unit/],
    [["train", data, "--val", "0.6", "--test", "0.6"], /nothing is left to train on/],
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

test("info says of which classes, base and licence a classifier is, and what it reached", async () => {
  const { accuracy } = JSON.parse((await tsugiki("evaluate", out, data, "--json")).stdout);
  const { code, stdout } = await tsugiki("info", out);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Kind +classifier of 4 classes, made by Tsugiki$/m);
  expect(stdout).toMatch(/^Classes +checks, dots, stripes, 波$/m);
  expect(stdout).toMatch(/^Base +box, cut at 'features' \(Apache-2\.0\)$/m);
  expect(stdout).toMatch(new RegExp(`^Accuracy +${(100 * accuracy).toFixed(1)} % on test`, "m"));
  expect(JSON.parse((await tsugiki("info", out, "--json")).stdout).classifier.labels).toHaveLength(4);
});

test("--help of every command shows examples", async () => {
  for (const name of [
    "train",
    "lr-find",
    "evaluate",
    "predict",
    "explain",
    "summary",
    "inspect",
    "models",
    "info",
    "demo",
  ]) {
    const { code, stdout } = await tsugiki(name, "--help");
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`Examples:\\n +\\$ tsugiki ${name}`));
  }
});

test("train --help stands in groups, every option with its default, per strategy where they differ", async () => {
  const { stdout } = await tsugiki("train", "--help");
  const headings = stdout.match(/^[A-Z][\w ]*:$/gm);
  expect(headings).toEqual([
    "Arguments:",
    ...["The run:", "The base:", "The head:", "The data:", "Training the base:", "Gradient steps:"],
    ...["Output:", "Examples:"],
  ]);
  const text = stdout.replace(/\s+/g, " ");
  for (const [of, words] of [
    ["epochs", "40 for a head, 8 for finetune, 12 for full, 40 for scratch"],
    ["learning-rate", "0.0002 for finetune, 0.0005 for full, 0.002 for scratch"],
    ["label-smoothing", "0 for a head, 0.1 for the base"],
    ["unfreeze", "the last 35 % of the blocks"],
    ["loss", "default: cross-entropy"],
  ] as const)
    expect(text.split(`--${of} `)[1]?.split(" --")[0], of).toContain(words);
  const options = text.slice(text.indexOf("The run:"), text.indexOf("Output:")).split(/ (?=--[a-z-]+ )/);
  const without = options.slice(1).filter((option) => !option.includes("default:"));
  // A model's own files say how its pictures are normalised.
  expect(without.map((option) => option.split(" ")[0])).toEqual(["--preprocess"]);
});

/** Waits until a text stands in what the child writes to this stream. */
function said(child: ChildProcess, on: "stdout" | "stderr", text: string): Promise<void> {
  let seen = "";
  return new Promise((done) =>
    child[on]?.on("data", (chunk) => {
      seen += chunk;
      if (seen.includes(text)) done();
    }),
  );
}

const pause = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));

test("Ctrl-C and SIGTERM stop with their codes and keep what was computed; after kill -9 the cache still serves", async () => {
  const many = join(folder, "many");
  await drawPatterns(many, 150, 5);
  const args = ["train", many, "--out", join(folder, "stopped"), "--json"];
  const shards = (cache: string): string[] => {
    const features = join(folder, cache, "features");
    return readdirSync(features, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  };
  const hasShards = (cache: string): boolean =>
    existsSync(join(folder, cache, "features")) && shards(cache).length > 0;
  /** Begins anew and is sent the signals, half a second apart, once the engines compute features. */
  const begun = async (cache: string, signals: readonly NodeJS.Signals[], more: readonly string[] = []) => {
    const child = start([...args, ...more], { TSUGIKI_CACHE: join(folder, cache) });
    const result = finished(child);
    const closed = new Promise<NodeJS.Signals | null>((done) => child.on("close", (_, by) => done(by)));
    await said(child, "stderr", "Base:");
    await pause(300);
    for (const [i, signal] of signals.entries()) {
      if (i > 0) await pause(500);
      child.kill(signal);
    }
    return { ...(await result), by: await closed };
  };
  // On a busy machine the first signal may come before the first picture is through.
  for (let attempt = 0; attempt === 0 || (attempt < 5 && !hasShards("cache-int")); attempt++) {
    const stopped = await begun("cache-int", ["SIGINT"]);
    expect(stopped).toMatchObject({ code: 130, stdout: "" });
    expect(stopped.stderr).toContain("what was computed is kept");
    expect(stopped.stderr).not.toContain("Napi");
  }
  expect(await begun("cache-term", ["SIGTERM"])).toMatchObject({ code: 143, stdout: "" });

  // Pictures this large keep the engines busy for seconds after the first signal.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const forced = await begun("cache-large", [signal, signal], ["--size", "2048"]);
    expect(forced).toMatchObject({ code: null, by: signal });
    expect(forced.stderr).not.toContain("Napi");
  }

  expect(await begun("cache-kill", ["SIGKILL"])).toMatchObject({ code: null, by: "SIGKILL" });
  for (const cache of ["cache-int", "cache-kill"]) {
    const { code, stdout } = await finished(start(args, { TSUGIKI_CACHE: join(folder, cache) }));
    expect(code).toBe(0);
    if (cache === "cache-int") expect(JSON.parse(stdout).cached).toBeGreaterThan(0);
    for (const file of shards(cache)) expect(readFileSync(file).length).toBeGreaterThan(0);
  }
});

test("a Ctrl-C that is passed on twice is one", async () => {
  for (let round = 0; round < 5; round++) {
    const child = start(["predict", out, data], { TSUGIKI_CACHE: join(folder, "cache-twice") });
    const result = finished(child);
    const closed = new Promise<NodeJS.Signals | null>((done) => child.on("close", (_, by) => done(by)));
    await said(child, "stdout", "\n");
    child.kill("SIGINT");
    // npx and timeout do this.
    await pause(5);
    child.kill("SIGINT");
    const [{ code, stderr }, by] = [await result, await closed];
    expect([code, by, stderr.includes("Napi")], stderr).toEqual([130, null, false]);
  }
});

test("a reader who leaves, as in `tsugiki predict … | head -1`, ends it quietly", async () => {
  for (let round = 0; round < 5; round++) {
    const child = start(["predict", out, data]);
    const result = finished(child);
    await said(child, "stdout", "\n");
    child.stdout?.destroy();
    const { code, stderr } = await result;
    expect({ code, stderr }, `round ${round}`).toEqual({ code: 0, stderr: "" });
  }
});
