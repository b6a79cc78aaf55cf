import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { random } from "../../../src/core/random.ts";

const root = resolve(import.meta.dirname, "../../..");
const command = join(root, "bin/tsugiki.js");
const data = join(root, "examples/patterns");
let folder: string;

/** A weak head, so that each epoch of the base's training is better than what was before. */
const learning = ["--regularisation", "100", "--learning-rate", "1e-4", "--epochs", "2", "--size", "64"];
const finetune = ["train", data, "--strategy", "finetune", "--batch-size", "8", ...learning];
/** From a head drawn anew, at a rate that no training bears. */
const wildFull = [
  "train",
  data,
  "--strategy",
  "full",
  "--learning-rate",
  "1e4",
  "--epochs",
  "2",
  "--size",
  "64",
];
/** 147 pictures in batches of 8, 2 epochs, and the end of each. */
const checkpoints = 2 * (19 + 1);

interface Finished {
  readonly code: number | null;
  readonly by: NodeJS.Signals | null;
  readonly stderr: string;
}

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Finished>;
  /** Until these words stand on stderr. */
  said(words: string): Promise<void>;
}

function start(args: readonly string[]): Running {
  const child = spawn(process.execPath, [command, ...args], {
    env: { ...process.env, TSUGIKI_CACHE: join(folder, "cache") },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr?.on("data", (text) => {
    stderr += text;
  });
  const ended = new Promise<Finished>((done) => {
    child.on("close", (code, by) => done({ code, by, stderr }));
  });
  const said = async (words: string): Promise<void> => {
    while (!stderr.includes(words)) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`ended without '${words}': ${stderr}`);
      await pause(2);
    }
  };
  return { child, ended, said };
}

const pause = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));
const run = (...args: string[]): Promise<Finished> => start(args).ended;
const checkpointOf = (out: string): string => join(out, ".checkpoint.safetensors");

/** Kills a run once it has written so many checkpoints; it may end before that. */
async function killedAt(
  out: string,
  count: number,
  more: readonly string[] = [],
  training: readonly string[] = finetune,
): Promise<Finished> {
  const { child, ended } = start([...training, "--out", out, "--checkpoint-every", "0", ...more]);
  const version = (): number => statSync(checkpointOf(out), { throwIfNoEntry: false })?.ino ?? 0;
  let [seen, last] = [0, version()];
  while (seen < count && child.exitCode === null) {
    const now = version();
    if (now !== last && now !== 0) seen++;
    last = now;
    await pause(1);
  }
  child.kill("SIGKILL");
  return await ended;
}

/** What a run leaves that time and machine have no part in. */
function results(out: string): Readonly<Record<string, string>> {
  const names = ["labels.txt", "metrics.jsonl", "model.onnx", "predictions.csv"];
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(out, name)).toString("base64")]));
}

const hidden = (out: string): string[] => readdirSync(out).filter((name) => name.startsWith("."));

let straight: Readonly<Record<string, string>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsugiki-resume-"));
  const out = join(folder, "straight");
  const finished = await run(...finetune, "--out", out);
  expect(finished.code, finished.stderr).toBe(0);
  straight = results(out);
  // Were no epoch better than the start, the files would be the same whatever training did.
  const lines = readFileSync(join(out, "metrics.jsonl"), "utf8").trim().split("\n");
  const epochs = lines.map((line) => JSON.parse(line)).filter(({ type }) => type === "epoch");
  expect(epochs.map(({ best }) => best)).toEqual([true, true]);
});
afterAll(() => rmSync(folder, { recursive: true }));

test("TensorBoard gets a point an update and an epoch, the head's curves under their own name", () => {
  const out = join(folder, "straight");
  const [name = ""] = readdirSync(out).filter((each) => each.startsWith("events."));
  const events = readFileSync(join(out, name)).toString("latin1");
  const count = (tag: string): number => events.split(tag).length - 1;
  expect(count("loss/step")).toBe(2 * 19);
  expect(count("head/loss/train")).toBe(1);
  expect(count("loss/train") - count("head/loss/train")).toBe(2);
  expect(count("learning rate")).toBe(2);
  expect(readFileSync(join(out, "metrics.jsonl"), "utf8")).not.toContain('"type":"step"');
});

describe("killed, and gone on from, a run ends in the bytes of one that was never stopped", () => {
  test.for([
    [1, 1],
    [2, 2],
  ])("seed %i, killed %i times", async ([seed = 0, times = 0]) => {
    const out = join(folder, `killed-${seed}`);
    const draw = random(seed);
    for (let i = 0; i < times; i++) {
      const count = 1 + draw.int(checkpoints / times - 1);
      const killed = await killedAt(out, count, i > 0 ? ["--resume"] : []);
      expect(killed, `seed ${seed}, after ${count} checkpoints`).toMatchObject({ by: "SIGKILL" });
      expect(existsSync(checkpointOf(out))).toBe(true);
    }
    const { code, stderr } = await run(...finetune, "--out", out, "--resume");
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/Going on from the checkpoint: epoch [12], after \d+ of its steps/);
    expect(results(out), `seed ${seed}`).toEqual(straight);
    expect(hidden(out), "nothing of the killed runs is left").toEqual([]);
  });

  test("before its first checkpoint: there is nothing to go on from, and it says so", async () => {
    const out = join(folder, "early");
    const { child, ended, said } = start([...finetune, "--out", out, "--checkpoint-every", "3600"]);
    await said("Training the base");
    child.kill("SIGKILL");
    expect(await ended).toMatchObject({ by: "SIGKILL" });
    expect(existsSync(checkpointOf(out))).toBe(false);
    const { code, stderr } = await run(...finetune, "--out", out, "--resume");
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("no checkpoint in the run's folder to go on from: training starts anew");
    expect(results(out)).toEqual(straight);
    expect(hidden(out)).toEqual([]);
  });

  test("behind a frozen part whose views are kept", async () => {
    const views = [
      "--unfreeze",
      "3",
      "--views",
      "2",
      "--head",
      "dense:16:relu,dropout:0.3",
      "--ema",
      "0.9",
      "--accumulate",
      "2",
    ];
    const args = [
      "train",
      data,
      "--strategy",
      "finetune",
      "--batch-size",
      "8",
      "--epochs",
      "2",
      "--size",
      "40",
      ...views,
    ];
    const [never, out] = [join(folder, "views"), join(folder, "views-killed")];
    expect(await run(...args, "--out", never)).toMatchObject({ code: 0 });
    const { child, ended } = start([...args, "--out", out, "--checkpoint-every", "0"]);
    while (!existsSync(checkpointOf(out)) && child.exitCode === null) await pause(1);
    await pause(50);
    child.kill("SIGKILL");
    await ended;
    const { code, stderr } = await run(...args, "--out", out, "--resume");
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("Going on from the checkpoint");
    expect(results(out)).toEqual(results(never));
  });
});

test("Ctrl-C keeps the training; anew, of another command and resumed it says what it does", async () => {
  const out = join(folder, "stopped");
  const { child, ended } = start([...finetune, "--out", out, "--checkpoint-every", "0"]);
  while (!existsSync(checkpointOf(out)) && child.exitCode === null) await pause(1);
  child.kill("SIGINT");
  const stopped = await ended;
  expect(stopped).toMatchObject({ code: 130 });
  expect(stopped.stderr).toMatch(/Kept as it stands, in epoch \d of 2 after \d+ of 19 steps: .*--resume/);
  expect(hidden(out)).toEqual([".checkpoint.safetensors"]);
  const kept = readFileSync(checkpointOf(out));

  // Without --resume it says that it starts anew; who stops it at once has lost nothing.
  const anew = start([...finetune, "--out", out]);
  await anew.said("holds the checkpoint of an unfinished training. This one starts anew");
  anew.child.kill("SIGINT");
  expect(await anew.ended).toMatchObject({ code: 130 });
  expect(readFileSync(checkpointOf(out)).equals(kept)).toBe(true);

  const other = await run(...finetune, "--out", out, "--resume", "--ema", "0.9");
  expect(other.code).toBe(1);
  expect(other.stderr).toMatch(/the checkpoint of another training\.\nThey differ in: --ema\.\n.*--resume/);
  expect(readFileSync(checkpointOf(out)).equals(kept)).toBe(true);

  const resumed = await run(...finetune, "--out", out, "--resume");
  expect(resumed.code, resumed.stderr).toBe(0);
  expect(results(out)).toEqual(straight);
  expect(hidden(out)).toEqual([]);
});

test("finetune at a rate far too high keeps its start, says so aloud, and succeeds", async () => {
  const out = join(folder, "kept");
  const { code, stderr } = await run(...finetune, "--learning-rate", "1e4", "--out", out);
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(/back to the weights that the epoch began with, at a tenth of the rate/);
  expect(stderr).toMatch(
    /second time.*\nTRAINING THE BASE FAILED, and nothing of it is kept: the model is the base/,
  );
  const { metrics } = JSON.parse(readFileSync(join(out, "run.json"), "utf8"));
  expect(metrics.test.accuracy).toBe(metrics.frozen.test.accuracy);
  expect(metrics.test.logLoss).toBeCloseTo(metrics.frozen.test.logLoss, 5);
});

test("full at such a rate: gone back once, then an error with a rate to try, after a kill as well", async () => {
  const out = join(folder, "diverged");
  const wild = [...wildFull, "--out", out];
  const { code, stderr } = await run(...wild);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /The loss left all bounds .* back to the weights that the epoch began with, at a tenth of the rate/,
  );
  expect(stderr).toMatch(
    /Error: Training diverged: .* after going back and slowing down\.\n.*\nTry a learning rate of /,
  );
  expect(existsSync(out)).toBe(false);

  const error = (text: string): string => text.slice(text.indexOf("Error:"));
  expect(await killedAt(out, 1, [], wildFull)).toMatchObject({
    by: "SIGKILL",
  });
  const again = await run(...wild, "--resume");
  expect(again.code).toBe(1);
  expect(error(again.stderr)).toBe(error(stderr));
});

test("options that only training the base has are refused without it", async () => {
  for (const option of [["--resume"], ["--accumulate", "2"], ["--checkpoint-every", "5"]]) {
    const { code, stderr } = await run("train", data, ...option);
    expect(code, stderr).toBe(2);
    expect(stderr).toContain("--strategy finetune");
  }
});
