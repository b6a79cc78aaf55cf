import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawPatterns } from "../../recipes/patterns/patterns.ts";
import { zip } from "../../src/data/testing/zip.ts";
import {
  Classifier,
  type EvaluateOptions,
  type EvaluateResult,
  evaluate,
  finish,
  type Part,
  type TrainResult,
  train,
} from "../../src/index.ts";

let folder: string;
let data: string;
let out: string;
let result: TrainResult;
/** Files of each part, as the run's record has them. */
let record: Record<Part, string[]>;

const training = (from: string, to: string): Promise<TrainResult> =>
  finish(train({ data: from, out: to, cache: join(folder, "cache") }));
const measure = (on: string, options: Partial<EvaluateOptions> = {}): Promise<EvaluateResult> =>
  finish(evaluate({ model: out, data: on, ...options }));

/** Copies pictures of the training data. */
function copyTo(into: string, files: readonly string[]): void {
  for (const file of files) {
    mkdirSync(dirname(join(into, file)), { recursive: true });
    copyFileSync(join(data, file), join(into, file));
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsugiki-evaluate-"));
  data = join(folder, "patterns");
  out = join(folder, "run");
  await drawPatterns(data, 16, 11);
  result = await training(data, out);
  const { split } = JSON.parse(readFileSync(join(out, "run.json"), "utf8")) as {
    split: Record<Part, Record<string, string>>;
  };
  record = {
    train: Object.keys(split.train),
    val: Object.keys(split.val),
    test: Object.keys(split.test),
  };
});
afterAll(() => rmSync(folder, { recursive: true }));

test("calibration and prediction sets are measured as training measured them, from the file's own answers", async () => {
  const { calibration, sets, unknown } = await measure(data, { split: "test" });
  const trained = result.calibration.test!.after;
  expect(calibration.ece).toBeCloseTo(trained.ece, 4);
  expect(calibration.bins.map(({ count }) => count)).toEqual(trained.bins.map(({ count }) => count));
  expect(sets.map(({ asked }) => asked)).toEqual(result.sets!.rules.map(({ coverage }) => coverage));
  expect(sets.length).toBeGreaterThan(0);
  expect(unknown === null).toBe(result.unknown.threshold === null);
  // On the pictures that set the rules, sets hold the truth at least as often as asked: that is how a rule is found.
  for (const { asked, figures } of (await measure(data, { split: "val" })).sets)
    expect(figures.coverage).toBeGreaterThanOrEqual(asked);
});

test("on the training data it measures the test part, and says what else was used for what", async () => {
  const { test: tested, val, train: trained } = result.pictures;
  expect(await measure(data)).toMatchObject({ split: "test", n: tested, trainedOn: 0, usedToChoose: 0 });
  expect(await measure(data, { split: "val" })).toMatchObject({ n: val, trainedOn: 0, usedToChoose: val });
  expect(await measure(data, { split: "all" })).toMatchObject({
    n: 64,
    trainedOn: trained,
    usedToChoose: val,
  });
});

test("new pictures are all measured, also with an old test picture among them", async () => {
  const photos = join(folder, "new-photos");
  await drawPatterns(photos, 4, 99);
  expect(await measure(photos)).toMatchObject({ split: "all", n: 16, trainedOn: 0, usedToChoose: 0 });
  const [class_ = ""] = record.test[0]!.split("/");
  copyFileSync(join(data, record.test[0]!), join(photos, class_, "old.jpg"));
  expect(await measure(photos)).toMatchObject({ split: "all", n: 17, trainedOn: 0 });
});

test("a test part that the data gives is believed, whatever the run knew its pictures as", async () => {
  const splits = join(folder, "splits");
  copyTo(join(splits, "train"), record.test);
  copyTo(join(splits, "test"), record.train);
  const n = record.train.length;
  expect(await measure(splits)).toMatchObject({ split: "test", n, trainedOn: n });
});

test("Food-101's own test part is measured with a run that was trained on the same pictures", async () => {
  const food = join(folder, "food");
  copyTo(join(food, "images"), [...record.train, ...record.val, ...record.test]);
  const names = (files: readonly string[]): string =>
    files.map((file) => file.replace(".jpg", "")).join("\n");
  mkdirSync(join(food, "meta"));
  writeFileSync(join(food, "meta", "train.txt"), names([...record.test, ...record.train]));
  writeFileSync(join(food, "meta", "test.txt"), names(record.val));
  const n = record.val.length;
  expect(await measure(food)).toMatchObject({ split: "test", n, trainedOn: 0, usedToChoose: n });
});

test("a validation part that training carved out is found again", async () => {
  const ready = join(folder, "ready");
  copyTo(join(ready, "train"), [...record.train, ...record.val]);
  copyTo(join(ready, "test"), record.test);
  const model = join(folder, "ready-run");
  const { pictures } = await training(ready, model);
  expect(pictures.val).toBeGreaterThan(0);
  const on = { model, data: ready };
  expect(await finish(evaluate({ ...on, split: "val" }))).toMatchObject({
    n: pictures.val,
    usedToChoose: pictures.val,
    trainedOn: 0,
  });
  expect(await finish(evaluate({ ...on, split: "train" }))).toMatchObject({
    n: pictures.train,
    usedToChoose: 0,
    trainedOn: pictures.train,
  });
});

test("strips and bad entries of an archive are passed over; where nothing can be read that is said", async () => {
  const strip = await sharp({ create: { width: 3, height: 600, channels: 3, background: "#888" } })
    .png()
    .toBuffer();
  const good = readFileSync(join(data, record.test[0]!));
  const some = join(folder, "some.zip");
  const entries = [
    { name: "dots/bad.jpg", bytes: good, crc: 1 },
    { name: "dots/strip.png", bytes: strip },
  ];
  writeFileSync(some, zip([...entries, { name: "dots/good.jpg", bytes: good }]));
  const measured = await measure(some);
  expect(measured.n).toBe(1);
  expect(measured.skipped.map(({ file }) => file)).toEqual(["dots/bad.jpg", "dots/strip.png"]);
  expect(measured.skipped[1]?.reason).toMatch(/3 x 600 is a strip/);

  writeFileSync(some, zip(entries));
  await expect(measure(some)).rejects.toThrow(/2 could not be read.*The first, dots\/bad\.jpg: /);
  await expect(measure(some)).rejects.toMatchObject({ code: "DATASET" });
});

test("a broken record is named, and not taken for one that is missing", async () => {
  const copy = join(folder, "copy");
  mkdirSync(copy);
  copyFileSync(join(out, "model.onnx"), join(copy, "model.onnx"));
  const on = { model: copy, data };
  expect(await finish(evaluate(on))).toMatchObject({ split: "all", n: 64, trainedOn: 0 });
  for (const text of [
    '{"split": {"train"',
    '"split"',
    '{"split": {"val": ["a"]}}',
    '{"split":{"val":{"a":1}}}',
  ]) {
    writeFileSync(join(copy, "run.json"), text);
    const failing = finish(evaluate(on));
    await expect(failing, text).rejects.toMatchObject({ code: "CLASSIFIER" });
    await expect(failing, text).rejects.toThrow(/Cannot read the run's record .*run\.json/);
  }
});

test("a classifier says what it cannot do", async () => {
  const classifier = await Classifier.load(out);
  const pixels = { width: 40, height: 30, data: new Uint8Array(40 * 30 * 3) };
  await expect(classifier.predict(pixels, { top: 0 })).rejects.toMatchObject({ code: "USAGE" });
  await expect(classifier.predict(pixels, { top: 1.5 })).rejects.toMatchObject({ code: "USAGE" });
  const rgba = { ...pixels, data: new Uint8Array(40 * 30 * 4) };
  await expect(classifier.predict(rgba)).rejects.toThrow(/Pixels of 40 x 30 come with 4800 bytes/);
  const nothing = { width: 0, height: 0, data: new Uint8Array() };
  await expect(classifier.predict(nothing)).rejects.toMatchObject({ code: "USAGE" });
  const strip = { width: 1, height: 500, data: new Uint8Array(1500) };
  await expect(classifier.predict(strip)).rejects.toThrow(/1 x 500 is a strip/);
  await expect(classifier.predict("nowhere.jpg")).rejects.toMatchObject({ code: "PICTURE" });
  expect((await classifier.predict(pixels, { top: 2 })).top).toHaveLength(2);

  const underway = classifier.predict(pixels);
  await Promise.all([classifier.close(), classifier.close()]);
  await classifier.close();
  expect((await underway).label).toBeTruthy();
  await expect(classifier.predict(pixels)).rejects.toThrow(/is closed\. Load it again/);
  await expect(classifier.predict(join(data, record.test[0]!))).rejects.toThrow(/is closed/);
});
