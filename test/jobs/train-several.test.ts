import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parse } from "csv-parse/sync";
import { InferenceSession, Tensor } from "onnxruntime-node";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  Classifier,
  evaluate,
  finish,
  type RunEvent,
  type TrainOptions,
  type TrainResult,
  train,
} from "../../src/index.ts";
import { saveModel } from "../../src/onnx/load-node.ts";
import { squeezeNet } from "../surgery/networks.ts";

const data = resolve(import.meta.dirname, "../../examples/patterns");
const models = resolve(import.meta.dirname, "../../../shared/assets/models");
let folder: string;
let net: string;
/** The box, a larger box, and a small network of another preprocessing. */
let bases: Pick<TrainOptions, "base" | "size" | "preprocess" | "fit">;
let result: TrainResult;
const events: RunEvent[] = [];

const run = (name: string, options: Partial<TrainOptions>): Promise<TrainResult> =>
  finish(train({ data, out: join(folder, name), cache: join(folder, "cache"), ...options }), (event) =>
    events.push(event),
  );

/** By base, how many pictures were found in the cache when its last one was done. */
function cachedByBase(): Record<string, number> {
  const features = events.filter((event) => event.type === "features");
  return Object.fromEntries(features.map(({ base, cached }) => [base?.place ?? 1, cached]));
}

type Row = Record<string, string>;
const rowsOf = (out: string): Row[] => parse(readFileSync(join(out, "predictions.csv")), { columns: true });

/** The exported file asked by onnxruntime alone, against what training wrote of the same pictures. */
async function compare({ out, classes }: TrainResult): Promise<number> {
  const session = await InferenceSession.create(join(out, "model.onnx"));
  let apart = 0;
  for (const row of rowsOf(out)) {
    const picture = sharp(join(data, row.file!)).rotate().toColourspace("srgb").removeAlpha().raw();
    const { data: bytes, info } = await picture.toBuffer({ resolveWithObject: true });
    const pixels = new Tensor("uint8", new Uint8Array(bytes), [1, info.height, info.width, 3]);
    const probabilities = (await session.run({ pixels })).probabilities!.data as Float32Array;
    for (const [i, name] of classes.entries())
      apart = Math.max(apart, Math.abs(probabilities[i]! - Number(row[`p(${name})`])));
  }
  await session.release();
  return apart;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsugiki-several-"));
  net = join(folder, "net.onnx");
  await saveModel(net, squeezeNet(1000));
  bases = {
    base: ["box", "box", net],
    size: [undefined, 96, 40],
    preprocess: [undefined, undefined, "caffe"],
    fit: [undefined, undefined, "squash"],
  };
  await run("alone", {});
  events.length = 0;
  result = await run("several", bases);
});
afterAll(() => rmSync(folder, { recursive: true }));

test("a base beside another computes only its own features", () => {
  expect(cachedByBase()).toEqual({ 1: 200, 2: 0, 3: 0 });
  expect(result.cached).toBe(0);
});

test("everything is found in the cache again, in any order of the bases, and the same command gives the same bytes", async () => {
  events.length = 0;
  expect((await run("again", bases)).cached).toBe(200);
  expect(cachedByBase()).toEqual({ 1: 200, 2: 200, 3: 200 });
  for (const name of ["model.onnx", "metrics.jsonl", "predictions.csv"]) {
    const [one, other] = ["several", "again"].map((out) => readFileSync(join(folder, out, name)));
    expect(Buffer.compare(one!, other!), name).toBe(0);
  }
  const turned = await run("turned", {
    base: [net, "box"],
    preprocess: ["caffe", undefined],
    size: [40, 96],
    fit: ["squash", undefined],
  });
  expect(turned.cached).toBe(200);
});

test("what is opened, the record and run.json list the bases in order", async () => {
  const opened = events.find((event) => event.type === "opened");
  expect(opened?.bases.map(({ name, size, width, fit }) => [name, size, width, fit])).toEqual([
    ["box", 192, 2368, "cover"],
    ["box", 96, 2368, "cover"],
    ["net.onnx", 40, 16, "squash"],
  ]);
  const record = JSON.parse(readFileSync(join(result.out, "run.json"), "utf8"));
  expect(record.base.map((one: { name: string }) => one.name)).toEqual(["box", "box", "net.onnx"]);
  expect(record.preprocess.map((one: { size: number }) => one.size)).toEqual([192, 96, 40]);
  expect(record.preprocessSource[2]).toBe("--preprocess caffe");
  const classifier = await Classifier.load(result.out);
  expect(classifier.record.base).toEqual(record.base);
  await classifier.close();
});

test("onnxruntime alone predicts from the one file what training measured", async () => {
  expect(rowsOf(result.out)).toHaveLength(result.test!.n);
  expect(await compare(result)).toBeLessThan(1e-5);
  expect(result.test?.accuracy).toBeGreaterThan(0.5);
});

test("predict and evaluate say the same, and the embedding is the vectors side by side", async () => {
  const rows = rowsOf(result.out);
  const [several, alone] = [await Classifier.load(result.out), await Classifier.load(join(folder, "alone"))];
  for (const row of rows.slice(0, 6)) {
    const file = join(data, row.file!);
    const { label, embedding, probabilities } = await several.predict(file);
    expect(label).toBe(row.predicted);
    for (const [i, name] of result.classes.entries())
      expect(Math.abs(probabilities[i]! - Number(row[`p(${name})`]))).toBeLessThan(1e-5);
    expect(embedding).toHaveLength(4752);
    const box = (await alone.predict(file)).embedding;
    for (const [i, value] of box.entries()) expect(Math.abs(value - embedding[i]!)).toBeLessThan(1e-4);
  }
  await Promise.all([several.close(), alone.close()]);
  const measured = await finish(evaluate({ model: result.out, data }));
  expect(measured).toMatchObject({ split: "test", n: result.test!.n, accuracy: result.test!.accuracy });
});

test("a list of one base is that base: the same bytes", async () => {
  const listed = await run("listed", { base: ["box"], size: [undefined] });
  const [one, other] = [listed.out, join(folder, "alone")].map((out) =>
    readFileSync(join(out, "model.onnx")),
  );
  expect(Buffer.compare(one!, other!)).toBe(0);
});

test("what several bases cannot do is refused before any work", async () => {
  const wrong: [Partial<TrainOptions>, RegExp][] = [
    [{ base: ["box", net], strategy: "finetune" }, /finetune trains one base, and there are 2/],
    [{ base: ["box", net], size: [1, 2, 3] }, /--size is given 3 times, for 2 bases/],
    [{ base: ["box", "box"] }, /The base box stands there twice, at 192 x 192/],
    [{ base: ["box", net] }, /net\.onnx/],
    [{ base: ["box", join(folder, "nowhere.onnx")] }, /nowhere\.onnx/],
  ];
  for (const [options, message] of wrong)
    await expect(run("wrong", options), String(message)).rejects.toThrow(message);
  expect(existsSync(join(folder, "wrong"))).toBe(false);
});

describe.skipIf(!existsSync(models))("networks of others", () => {
  test("MobileNet v2 and SqueezeNet under one head leave as one file", async () => {
    const base = ["mobilenet_v2_1.0_224_features.onnx", "squeezenet1.1.onnx"].map((name) =>
      join(models, name),
    );
    const two = await run("others", { base, preprocess: "imagenet" });
    expect(await compare(two)).toBeLessThan(1e-5);
    expect(two.test?.accuracy).toBeGreaterThan(0.5);
  });
});
