import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawPatterns } from "../../recipes/patterns/patterns.ts";
import {
  Classifier,
  type FailedFile,
  finish,
  inspect,
  type PredictedFile,
  type PredictOptions,
  predict,
  train,
} from "../../src/index.ts";

let folder: string;
let data: string;
let out: string;

async function answers(...inputs: string[]): Promise<(FailedFile | PredictedFile)[]> {
  const all: (FailedFile | PredictedFile)[] = [];
  for await (const answer of predict({ model: out, inputs })) all.push(answer);
  return all;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsugiki-predict-"));
  data = join(folder, "patterns");
  out = join(folder, "run");
  await drawPatterns(data, 12, 5);
  await finish(train({ data, out, cache: join(folder, "cache") }));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("folders are walked as training walks them: links followed, hidden folders left out", async () => {
  const photos = join(folder, "photos");
  mkdirSync(join(photos, ".thumbs"), { recursive: true });
  mkdirSync(join(photos, "holiday"));
  renameSync(join(data, "dots", "0.jpg"), join(photos, ".thumbs", "0.jpg"));
  renameSync(join(data, "dots", "1.jpg"), join(photos, "holiday", "1.jpg"));
  symlinkSync(join(data, "dots", "2.jpg"), join(photos, "linked.jpg"));
  symlinkSync(photos, join(photos, "holiday", "loop"));
  writeFileSync(join(photos, "notes.txt"), "no picture");
  const files = (await answers(photos)).map(({ type, file }) => [type, file]);
  expect(files).toEqual([
    ["predicted", join(photos, "holiday", "1.jpg")],
    ["predicted", join(photos, "linked.jpg")],
  ]);
});

test("a missing file or an empty folder among others is reported in its place", async () => {
  const empty = join(folder, "empty");
  mkdirSync(empty);
  const good = join(data, "dots", "3.jpg");
  const found = await answers("nowhere.jpg", good, empty);
  expect(found.map(({ type, file, done, total }) => [type, file, done, total])).toEqual([
    ["failed", "nowhere.jpg", 1, 3],
    ["predicted", good, 2, 3],
    ["failed", empty, 3, 3],
  ]);
  expect(found[0]).toMatchObject({ reason: expect.stringMatching(/ENOENT/) });
  expect(found[2]).toMatchObject({ reason: "there are no pictures in it" });

  await expect(answers("nowhere.jpg", empty)).rejects.toMatchObject({ code: "USAGE" });
  await expect(answers("nowhere.jpg", empty)).rejects.toThrow(/nowhere\.jpg nor any of the 2 named/);
  await expect(answers("nowhere.jpg")).rejects.toThrow(/^Cannot open nowhere\.jpg: ENOENT/);
  await expect(answers()).rejects.toMatchObject({ code: "USAGE" });
});

test("a strip is refused by predict and inspect alike, as by training", async () => {
  const strip = join(data, "dots", "strip.png");
  // Under "cover" its 48,000 pixels would become a picture of more than a gigabyte.
  await sharp({ create: { width: 3, height: 16000, channels: 3, background: "#888" } })
    .png()
    .toFile(strip);
  const reason = expect.stringMatching(/3 x 16000 is a strip/);
  const [first, second] = await answers(strip, join(data, "dots", "3.jpg"));
  expect(first).toMatchObject({ type: "failed", file: strip, reason });
  expect(second).toMatchObject({ type: "predicted" });
  const { unreadable } = await finish(inspect({ data }));
  expect(unreadable).toEqual([{ file: "dots/strip.png", reason }]);
  rmSync(strip);
});

async function asked(model: string, options: Partial<PredictOptions>): Promise<PredictedFile[]> {
  const all: PredictedFile[] = [];
  const inputs = [join(data, "dots"), join(data, "stripes")];
  for await (const answer of predict({ model, inputs, ...options })) {
    if (answer.type === "predicted") all.push(answer);
  }
  return all;
}

test("too few validation pictures for a threshold or a coverage: asked for, they are refused in words", async () => {
  // 12 pictures a class leave 5 for validation; a threshold at 5 % takes 19.
  await expect(asked(out, { unknown: true })).rejects.toMatchObject({ code: "CLASSIFIER" });
  await expect(asked(out, { unknown: true })).rejects.toThrow(/with too few validation pictures/);
  await expect(asked(out, { coverage: 0.95 })).rejects.toThrow(
    /no rule for prediction sets of coverage 0.95/,
  );
  const [first] = await asked(out, {});
  expect(first).not.toHaveProperty("unknown");
  expect(first!.prediction).not.toHaveProperty("strangeness");
});

test("a declared folder of strangers is no class; what is unknown and what it may be are answered", async () => {
  const mixed = join(folder, "mixed");
  const model = join(folder, "run-unknown");
  await drawPatterns(mixed, 40, 6);
  renameSync(join(mixed, "checks"), join(mixed, "none"));
  const options = { data: mixed, out: model, cache: join(folder, "cache"), coverage: 0.85 };
  const result = await finish(train({ ...options, outliers: "none", falseRejections: 0.1 }));
  expect(result.classes).toEqual(["dots", "stripes", "波"]);
  expect(result.unknown).toMatchObject({ falseRejections: 0.1, needed: 9, outliers: { n: 40 } });
  expect(result.pictures.train + result.pictures.val + result.pictures.test).toBe(120);
  const record = JSON.parse(readFileSync(join(model, "run.json"), "utf8"));
  expect(record).toMatchObject({
    data: { outliers: "none" },
    unknown: result.unknown,
    calibration: { verdict: result.calibration.verdict },
    sets: { coverage: 0.85, test: { n: result.pictures.test } },
    training: { calibrate: true, falseRejections: 0.1, coverage: 0.85 },
  });

  const found = await asked(model, { unknown: true, coverage: 0.85 });
  const { threshold } = result.unknown;
  const [rule] = result.sets!.rules.filter(({ coverage }) => coverage === 0.85);
  for (const { unknown, strangeness, threshold: said, set, prediction } of found) {
    expect(said).toBe(threshold);
    expect(unknown).toBe(strangeness! > threshold!);
    const fits = [...prediction.probabilities].filter((p) => 1 - p <= rule!.threshold).length;
    expect(set).toHaveLength(fits);
    if (fits > 0) expect(set![0]).toEqual(prediction.top[0]);
  }
  await expect(asked(model, { coverage: 0.87 })).rejects.toThrow(/It has rules for 0.8, 0.85, 0.9/);

  const classifier = await Classifier.load(model);
  const strangers = { n: 0, unknown: 0 };
  for (const name of readdirSync(join(mixed, "none"))) {
    const { unknown } = await classifier.predict(join(mixed, "none", name));
    strangers.n++;
    if (unknown) strangers.unknown++;
  }
  await classifier.close();
  expect(strangers).toEqual({ n: 40, unknown: result.unknown.outliers!.rejected });
});
