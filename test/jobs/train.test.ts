import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { InferenceSession, Tensor } from "onnxruntime-node";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { drawPatterns, patternClasses } from "../../recipes/patterns/patterns.ts";
import {
  Classifier,
  evaluate,
  finish,
  predict,
  type RunEvent,
  type TrainOptions,
  type TrainResult,
  train,
} from "../../src/index.ts";

const seed = 7;
let folder: string;
let data: string;
let out: string;
let result: TrainResult;
const events: RunEvent[] = [];

const run = (options: Partial<TrainOptions>) =>
  finish(train({ data, out, cache: join(folder, "cache"), ...options }), (event) => events.push(event));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsugiki-train-"));
  data = join(folder, "patterns");
  out = join(folder, "run");
  await drawPatterns(data, 40, seed);
  result = await run({});
});
afterAll(() => rmSync(folder, { recursive: true }));

test("a folder of pictures becomes a classifier that is right twice as often as chance", () => {
  expect(result.classes).toEqual([...patternClasses].sort());
  expect(result.pictures.train + result.pictures.val + result.pictures.test).toBe(160);
  expect(result.headline).toBe("test");
  expect(result.test?.accuracy, `seed ${seed}`).toBeGreaterThan(0.5);
  const types = new Set(events.map((event) => event.type));
  expect([...types]).toEqual(["opened", "features", "split", "solve", "baseline", "evaluated", "done"]);
});

test("the run's folder holds what it should", () => {
  const names = readdirSync(out).sort();
  expect(names.filter((name) => !name.startsWith("events."))).toEqual([
    "labels.txt",
    "metrics.jsonl",
    "model.onnx",
    "predictions.csv",
    "report.html",
    "run.json",
  ]);
  expect(names.some((name) => name.startsWith("events.out.tfevents."))).toBe(true);
  expect(readFileSync(join(out, "labels.txt"), "utf8")).toBe(`${result.classes.join("\n")}\n`);
  const record = JSON.parse(readFileSync(join(out, "run.json"), "utf8"));
  expect(record).toMatchObject({
    base: { name: "box", licence: "Apache-2.0" },
    labels: result.classes,
    training: { strategy: "features", head: "linear", seed: 0, val: 0.15, test: 0.15 },
    metrics: { test: { n: result.test?.n, accuracy: result.test?.accuracy } },
  });
  expect(Object.keys(record.split.train)).toHaveLength(result.pictures.train);
});

test("onnxruntime alone, without Tsugiki's code, predicts what training measured, picture by picture", async () => {
  const rows: Record<string, string>[] = parse(readFileSync(join(out, "predictions.csv")), { columns: true });
  expect(rows).toHaveLength(result.test!.n);
  const session = await InferenceSession.create(join(out, "model.onnx"));
  for (const row of rows) {
    const picture = sharp(join(data, row.file!)).rotate().toColourspace("srgb").removeAlpha().raw();
    const { data: pixels, info } = await picture.toBuffer({ resolveWithObject: true });
    const answer = await session.run({
      pixels: new Tensor("uint8", new Uint8Array(pixels), [1, info.height, info.width, 3]),
    });
    const probabilities = Array.from(answer.probabilities!.data as Float32Array);
    for (const [i, name] of result.classes.entries()) {
      expect(Math.abs(probabilities[i]! - Number(row[`p(${name})`]))).toBeLessThan(1e-5);
    }
    expect(result.classes[probabilities.indexOf(Math.max(...probabilities))]).toBe(row.predicted);
  }
  const right = rows.filter((row) => row.label === row.predicted).length;
  expect(right / rows.length).toBe(result.test!.accuracy);
  await session.release();
});

test("a large JPEG, decoded smaller, is answered nearly as from its full pixels", async () => {
  // Bicubic enlargement of test pictures: 20 times the network's side, so that the decoder takes its shortcut.
  const rows: Record<string, string>[] = parse(readFileSync(join(out, "predictions.csv")), { columns: true });
  const classifier = await Classifier.load(out);
  for (const row of rows.slice(0, 6)) {
    const large = await sharp(join(data, row.file!)).resize(3000, 2600, { fit: "fill" }).jpeg().toBuffer();
    const { data: pixels, info } = await sharp(large).raw().toBuffer({ resolveWithObject: true });
    const full = await classifier.predict({ width: info.width, height: info.height, data: pixels });
    const shrunk = await classifier.predict(large);
    for (const [i, probability] of full.probabilities.entries()) {
      expect(Math.abs(probability - shrunk.probabilities[i]!), row.file).toBeLessThan(0.03);
    }
  }
  await classifier.close();
});

test("evaluate on the same part, and predict on its files, say the same", async () => {
  const again = await finish(evaluate({ model: out, data }));
  expect(again).toMatchObject({
    split: "test",
    n: result.test!.n,
    accuracy: result.test!.accuracy,
    trainedOn: 0,
  });
  const all = await finish(evaluate({ model: join(out, "model.onnx"), data, split: "all" }));
  expect(all).toMatchObject({ n: 160, trainedOn: result.pictures.train });

  const rows: Record<string, string>[] = parse(readFileSync(join(out, "predictions.csv")), { columns: true });
  const files = rows.map((row) => join(data, row.file!));
  const predicted: string[] = [];
  for await (const answer of predict({ model: out, inputs: files, top: 2 })) {
    expect(answer).toMatchObject({ type: "predicted", top: [{}, {}] });
    if (answer.type === "predicted") predicted.push(answer.label);
  }
  expect(predicted).toEqual(rows.map((row) => row.predicted));
});

test("the same command twice gives the same bytes, from a cold cache and a warm one", async () => {
  const files = ["model.onnx", "metrics.jsonl", "predictions.csv", "labels.txt"];
  const bytes = (of: string): Buffer[] => files.map((name) => readFileSync(join(of, name)));
  const warm = join(folder, "warm");
  const cold = join(folder, "cold");
  expect((await run({ out: warm })).cached).toBe(160);
  expect((await run({ out: cold, cache: join(folder, "cache-2") })).cached).toBe(0);
  for (const other of [bytes(warm), bytes(cold)]) {
    for (const [i, content] of bytes(out).entries()) {
      expect(Buffer.compare(content, other[i]!), files[i]).toBe(0);
    }
  }
});

test("a head with hidden layers learns by focal loss, and run.json says so", async () => {
  const from = events.length;
  const options = { head: "dense:16", epochs: 3, loss: "focal:1.5", out: join(folder, "focal") };
  await run(options);
  const record = JSON.parse(readFileSync(join(options.out, "run.json"), "utf8"));
  expect(record.training).toMatchObject({ loss: "focal:1.5", head: "dense:16:relu" });
  const plain = events.length;
  await run({ ...options, loss: "cross-entropy", out: join(folder, "plain") });
  const losses = (list: readonly RunEvent[]) =>
    list.flatMap((event) => (event.type === "epoch" ? [event.loss] : []));
  const [focal, cross] = [losses(events.slice(from, plain)), losses(events.slice(plain))];
  expect(focal).toHaveLength(3);
  expect(focal[0], `seed ${seed}`).toBeLessThan(0.9 * cross[0]!);
});

test("another head reuses every feature, and ten more pictures cost ten", async () => {
  const dense = await run({ out: join(folder, "dense"), head: "dense:64:relu,dropout:0.1" });
  expect(dense.cached).toBe(160);
  expect(dense.val?.accuracy).toBeGreaterThan(0.4);
  const before = JSON.parse(readFileSync(join(out, "run.json"), "utf8")).split;
  const more = join(folder, "more");
  for (const name of patternClasses) {
    await drawPatterns(more, 0, 0);
    for (const file of readdirSync(join(data, name))) {
      writeFileInto(join(more, name), file, readFileSync(join(data, name, file)));
    }
  }
  await drawPatterns(more, 4, seed + 1, 100);
  const grown = await run({ data: more, out: join(folder, "grown") });
  expect(grown.cached).toBe(160);
  // No picture that was there changes sides.
  const after = JSON.parse(readFileSync(join(folder, "grown", "run.json"), "utf8")).split;
  for (const part of ["train", "val", "test"]) {
    for (const file of Object.keys(before[part])) expect(after[part], file).toHaveProperty([file]);
  }
});

describe("bad input", () => {
  test("a corrupt picture is reported and skipped, and under strict it stops the run", async () => {
    const bad = join(folder, "bad");
    await drawPatterns(bad, 12, seed + 2);
    truncateSync(join(bad, "dots", "3.jpg"), 600);
    writeFileSync(join(bad, "stripes", "page.jpg"), "<!doctype html><p>404</p>");
    const trained = await run({ data: bad, out: join(folder, "bad-run") });
    expect(trained.skipped.map(({ file }) => file)).toEqual(["dots/3.jpg", "stripes/page.jpg"]);
    expect(trained.skipped.every(({ reason }) => reason.length > 10)).toBe(true);
    await expect(run({ data: bad, out: join(folder, "bad-run"), strict: true })).rejects.toThrow(
      /dots\/3\.jpg/,
    );
  });

  test("a class of two pictures is named", async () => {
    const tiny = join(folder, "tiny");
    await drawPatterns(tiny, 8, seed + 3);
    for (const file of readdirSync(join(tiny, "dots")).slice(2)) rmSync(join(tiny, "dots", file));
    await expect(run({ data: tiny, out: join(folder, "tiny-run") })).rejects.toThrow(/dots.*2 pictures/s);
  });

  test("an abort stops the run, and what was computed is kept", async () => {
    const controller = new AbortController();
    const cache = join(folder, "cache-3");
    const stream = train({ data, out: join(folder, "aborted"), cache, signal: controller.signal });
    let seen = 0;
    const stopped = finish(stream, (event) => {
      if (event.type === "features" && ++seen === 30) controller.abort();
    });
    await expect(stopped).rejects.toThrow(/abort/i);
    const resumed = await run({ out: join(folder, "aborted"), cache });
    expect(resumed.cached).toBeGreaterThanOrEqual(30);
  });

  test("a run that fails leaves the finished one in its folder as it was, and makes no new folder", async () => {
    const before = readdirSync(out).map((name) => [name, readFileSync(join(out, name))] as const);
    const one = join(folder, "one-class");
    writeFileInto(join(one, "dots"), "1.jpg", readFileSync(join(data, "dots", "1.jpg")));
    await expect(run({ data: one })).rejects.toThrow(/only the class 'dots'/);
    const controller = new AbortController();
    const stopped = finish(
      train({ data, out, cache: join(folder, "cache-4"), signal: controller.signal }),
      (event) => {
        if (event.type === "features") controller.abort();
      },
    );
    await expect(stopped).rejects.toThrow(/abort/i);
    expect(readdirSync(out).map((name) => [name, readFileSync(join(out, name))])).toEqual(before);
    const fresh = join(folder, "never");
    await expect(run({ data: one, out: fresh })).rejects.toThrow();
    expect(existsSync(fresh)).toBe(false);
  });

  test("leaving the stream early closes what was open", async () => {
    for await (const event of train({ data, out: join(folder, "left"), cache: join(folder, "cache-5") })) {
      if (event.type === "features") break;
    }
    expect(existsSync(join(folder, "left"))).toBe(false);
    expect((await run({ out: join(folder, "left"), cache: join(folder, "cache-5") })).cached).toBeGreaterThan(
      0,
    );
  });

  test("an unusable folder for the run is refused with words", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    await expect(run({ out: file })).rejects.toThrow(/cannot be written to.*--out/s);
    await expect(run({ out: join(data, "run") })).rejects.toThrow(/in the data's own folder/);
  });

  test("settings that mean nothing are refused before any work", async () => {
    const wrong: [Partial<TrainOptions>, RegExp][] = [
      [{ seed: 1.5 }, /seed is 1.5/],
      [{ val: 0.6, test: 0.6 }, /val \+ test is 1.2.*nothing is left to train on/],
      [{ epochs: 3 }, /epochs does nothing here.*linear head/s],
      [{ head: "dense:8", regularisation: 1 }, /regularisation does nothing here/],
      [{ head: "dense:8", epochs: 0 }, /epochs is 0/],
      [JSON.parse('{"classWeights": "zzz"}'), /no classWeights 'zzz'/],
      [JSON.parse('{"head": {"layers": 3}}'), /no layer of a head/],
      [JSON.parse('{"preprocess": "toString"}'), /--preprocess toString is not known/],
    ];
    for (const [options, message] of wrong)
      await expect(run(options), String(message)).rejects.toThrow(message);
  });

  test("a file that is no classifier is refused", async () => {
    await expect(Classifier.load("box/backbone.onnx")).rejects.toThrow(/no classifier made by Tsugiki/);
    await expect(Classifier.load(join(folder, "nowhere"))).rejects.toThrow(/no classifier at/);
    const strangers = join(folder, "strangers");
    writeFileInto(join(strangers, "hexagon"), "1.jpg", readFileSync(join(data, "dots", "1.jpg")));
    await expect(finish(evaluate({ model: out, data: strangers }))).rejects.toThrow(/hexagon/);
  });
});

function writeFileInto(into: string, name: string, content: Uint8Array): void {
  writeFileSync(join(ensure(into), name), content);
}

function ensure(path: string): string {
  mkdirSync(path, { recursive: true });
  return path;
}
