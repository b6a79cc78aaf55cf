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
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { finish } from "../../core/async.ts";
import { random } from "../../core/random.ts";
import { saveModel } from "../../onnx/load-node.ts";
import { CheckpointError } from "../errors.ts";
import { differences, writeCheckpoint } from "./checkpoint.ts";
import { CheckpointFile } from "./checkpoint-node.ts";
import { writeTensors } from "./safetensors.ts";
import type { StageState } from "./state.ts";
import { tinyBackbone, tinyParts, tinySettings } from "./testing/tiny-network.ts";
import { trainNetwork } from "./train-network.ts";

const identity = { data: "abc", learningRate: 0.02, head: [{ kind: "dense", units: 5 }], ema: undefined };
let folder: string;
let file: string;
/** In the middle of an epoch, at its end, and before anything was measured. */
const states: StageState[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsugiki-checkpoint-"));
  file = join(folder, ".checkpoint.safetensors");
  const checkpoints = {
    load: async () => ({ from: "start" }) as const,
    async keep(state: StageState) {
      states.push(state);
      return true;
    },
  };
  for (const validation of [9, 0]) {
    const parts = tinyParts({ training: 20, validation, seed: 3 }, { checkpoints });
    await finish(trainNetwork(parts, { ...tinySettings, averageDecay: 0.9 }));
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const opened = (own: Partial<ConstructorParameters<typeof CheckpointFile>[0]> = {}, whose = identity) =>
  new CheckpointFile(
    { file, aside: join(folder, "aside.safetensors"), resume: true, seconds: 0, ...own },
    whose,
  );

/** Values, not views: what a state says, whatever its bytes stand in. */
const plain = (value: unknown): unknown =>
  value instanceof Map
    ? [...value].map(([key, each]) => [key, plain(each)])
    : value instanceof Uint8Array
      ? Buffer.from(value).toString("hex")
      : Array.isArray(value)
        ? value.map(plain)
        : value !== null && typeof value === "object"
          ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]))
          : value;

test("what is kept is found again, to the bit, infinite losses and all", async () => {
  expect(states.some(({ best }) => best.loss === Number.POSITIVE_INFINITY)).toBe(true);
  expect(states.some(({ history }) => history.length > 1)).toBe(true);
  for (const [i, state] of states.entries()) {
    expect(await opened().keep(state, "step")).toBe(true);
    const found = await opened().load();
    expect(found.from === "checkpoint" && plain(found.state), `state ${i}`).toEqual(plain(state));
  }
  expect(readdirSync(folder)).toEqual([".checkpoint.safetensors"]);
});

test("a tensor that stands at several places is written once", () => {
  const state = states.find(({ batch, epoch }) => batch === 0 && epoch === 2)!;
  expect(state.now).toBe(state.good);
  const { tensors } = writeCheckpoint({ state, identity });
  const { weights, slots, averages } = state.now;
  const all = [weights, slots, averages, state.best.weights].flatMap((each) => [...each.values()]);
  expect(tensors.size).toBe(new Set(all).size);
});

test("of another training it is refused, and what differs is named", async () => {
  await opened().keep(states[0]!, "step");
  const other = { ...identity, learningRate: 0.03, data: "abd" };
  const refused = opened({}, other).load();
  await expect(refused).rejects.toThrow(CheckpointError);
  await expect(refused).rejects.toThrow(/another training.*They differ in: data, learningRate\..*--resume/s);
  expect(differences(identity, { ...identity })).toEqual([]);
  expect(differences(identity, { ...identity, head: [] })).toEqual(["head"]);
});

test("cut short anywhere it is refused", async () => {
  await opened().keep(states[0]!, "step");
  const whole = readFileSync(file);
  const seed = 17;
  const draw = random(seed);
  const places = Array.from({ length: 60 }, () => draw.int(whole.length));
  for (const length of [0, 1, whole.length - 1, whole.length - 100, ...places]) {
    writeFileSync(file, whole.subarray(0, length));
    const loading = opened().load();
    await expect(loading, `${length} of ${whole.length} bytes, seed ${seed}`).rejects.toThrow(
      CheckpointError,
    );
    await expect(loading).rejects.toThrow(/no checkpoint of a training run.*without --resume/s);
  }
});

test("with bytes that changed after it was written, of a tensor or of the state, it is refused", async () => {
  await opened().keep(states[0]!, "step");
  const whole = readFileSync(file);
  const tensors = 8 + Number(whole.readBigUInt64LE(0));
  const counter = whole.indexOf('\\"step\\":') + '\\"step\\":'.length;
  const places = [tensors, Math.floor((tensors + whole.length) / 2), whole.length - 1];
  for (const place of places) {
    const damaged = Buffer.from(whole);
    damaged[place]! ^= 1;
    writeFileSync(file, damaged);
    await expect(opened().load(), `byte ${place} of ${whole.length}`).rejects.toThrow(CheckpointError);
    await expect(opened().load()).rejects.toThrow(/damaged after it was written.*without --resume/s);
  }
  const counted = Buffer.from(whole);
  counted[counter] = counted[counter] === 0x37 ? 0x38 : 0x37;
  writeFileSync(file, counted);
  await expect(opened().load(), "a counter of the state").rejects.toThrow(/damaged after it was written/);
});

test("another ONNX file, or none at all, is refused", async () => {
  await saveModel(file, tinyBackbone(1).model);
  await expect(opened().load()).rejects.toThrow(CheckpointError);
  writeFileSync(file, Buffer.concat(writeTensors({ tensors: new Map(), metadata: { format: "pt" } })));
  await expect(opened().load()).rejects.toThrow("it holds no state of a training");
  writeFileSync(file, "<!doctype html>");
  await expect(opened().load()).rejects.toThrow(CheckpointError);
});

test("with nothing there, and without being asked", async () => {
  rmSync(file);
  expect(await opened().load()).toEqual({ from: "nothing" });
  expect(await opened({ resume: false }).load()).toEqual({ from: "start" });
  writeFileSync(file, "not even read");
  expect(await opened({ resume: false }).load()).toEqual({ from: "passed over" });
});

test("it is written when it is due, and at a stop; not over another's at a stop in the first seconds", async () => {
  rmSync(file);
  const slow = opened({ seconds: 3600 });
  expect(await slow.load()).toEqual({ from: "nothing" });
  expect(await slow.keep(states[0]!, "step")).toBe(false);
  expect(await slow.keep(states[0]!, "epoch")).toBe(false);
  expect(existsSync(file)).toBe(false);
  expect(await slow.keep(states[0]!, "stop")).toBe(true);

  const before = readFileSync(file);
  const anew = opened({ seconds: 3600, resume: false });
  const { history, batch: step } = states[0]!;
  expect(await anew.load()).toEqual({ from: "passed over", epochs: history.length, step, differs: [] });
  expect(await anew.keep(states[1]!, "stop")).toBe(false);
  expect(readFileSync(file)).toEqual(before);

  const other = opened({ resume: false }, { ...identity, data: "abd" });
  expect(await other.load()).toMatchObject({ from: "passed over", differs: ["data"] });

  const later = opened({ seconds: 0, resume: false });
  await later.load();
  expect(await later.keep(states[1]!, "step")).toBe(true);
  expect(readFileSync(file)).not.toEqual(before);
  await later.remove();
  await later.remove();
  expect(existsSync(file)).toBe(false);
});

test("of another format, or with a state that is broken or lacks a part, it is refused", async () => {
  await opened().keep(states[0]!, "step");
  const whole = readFileSync(file);
  const swapped = (from: string, to: string): Buffer => {
    const text = whole.toString("latin1");
    expect(text).toContain(from);
    expect(to).toHaveLength(from.length);
    return Buffer.from(text.replace(from, to), "latin1");
  };
  for (const [from, to, why] of [
    ["tsugiki checkpoint 2", "tsugiki checkpoint 9", /written as 'tsugiki checkpoint 9', this Tsugiki reads/],
    ['"state":"{', '"state":"!', /its state is no JSON/],
    ['\\"rateScale\\"', '\\"rateScalf\\"', /its state lacks a part/],
    ['\\"good\\"', '\\"gooo\\"', /its state lacks a part/],
    ['"t0":{', '"x0":{', /it lacks '/],
  ] as const) {
    writeFileSync(file, swapped(from, to));
    const loading = opened().load();
    await expect(loading, to).rejects.toThrow(CheckpointError);
    await expect(loading, to).rejects.toThrow(why);
  }
});

test("a write that fails leaves what was there, is told once and at a stop, and later ones may succeed", async () => {
  await opened().keep(states[0]!, "step");
  const before = readFileSync(file);
  const nowhere = join(folder, "gone");
  const full = opened({ aside: join(nowhere, "aside.safetensors") });
  const failing = full.keep(states[1]!, "step");
  await expect(failing).rejects.toThrow(CheckpointError);
  await expect(failing).rejects.toThrow(/Cannot write the checkpoint .*ENOENT.*Make room/s);
  expect(await full.keep(states[1]!, "step")).toBe(false);
  await expect(full.keep(states[1]!, "stop")).rejects.toThrow(CheckpointError);
  expect(readFileSync(file)).toEqual(before);
  mkdirSync(nowhere);
  expect(await full.keep(states[1]!, "step")).toBe(true);
  expect(readFileSync(file)).not.toEqual(before);
  expect(readdirSync(nowhere)).toEqual([]);
});

test("half a checkpoint, as a kill or a full disk leaves it aside, is never read", async () => {
  await opened().keep(states[0]!, "step");
  const whole = readFileSync(file);
  const aside = join(folder, "aside.safetensors");
  for (const length of [0, 9, whole.length - 1]) {
    writeFileSync(aside, whole.subarray(0, length));
    const found = await opened().load();
    expect(found.from === "checkpoint" && plain(found.state)).toEqual(plain(states[0]));
  }
  expect(await opened().keep(states[1]!, "step")).toBe(true);
  expect(existsSync(aside)).toBe(false);
});

test("the end of a stage is kept whatever the time, and also where a checkpoint was passed over", async () => {
  await opened().keep(states[0]!, "step");
  const anew = opened({ seconds: 3600, resume: false });
  await anew.load();
  expect(await anew.keep(states[1]!, "epoch")).toBe(false);
  expect(await anew.keep(states[1]!, "end")).toBe(true);
});
