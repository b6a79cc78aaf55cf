import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { InferenceSession, Tensor } from "onnxruntime-node";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawPatterns } from "../../recipes/patterns/patterns.ts";
import { random } from "../../src/core/random.ts";
import {
  Classifier,
  evaluate,
  finish,
  inspect,
  isOfLabels,
  type LabelEvaluation,
  type RunEvent,
  type TrainOptions,
  type TrainResult,
  train,
  UsageError,
} from "../../src/index.ts";
import { drawShape, drawShapes, shapeLabels } from "./shapes.ts";

const seed = 5;
let folder: string;
let list: string;
let out: string;
let result: TrainResult;
const events: RunEvent[] = [];

const run = (options: Partial<TrainOptions>) =>
  finish(train({ data: list, out, cache: join(folder, "cache"), ...options }), (event) => events.push(event));

function labelled(evaluation: TrainResult["test"]): LabelEvaluation {
  if (evaluation === null || !isOfLabels(evaluation)) throw new Error("no evaluation of labels");
  return evaluation;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsugiki-labels-"));
  list = await drawShapes(join(folder, "shapes"), 200, seed);
  out = join(folder, "run");
  result = await run({});
});
afterAll(() => rmSync(folder, { recursive: true }));

const figures = () => `seed ${seed}, ${JSON.stringify(result.test)}`;

test("a list of labels joined by bars becomes a classifier of each label by itself", () => {
  expect(result.classes).toEqual([...shapeLabels]);
  const tested = labelled(result.test);
  expect(tested.meanAveragePrecision, figures()).toBeGreaterThan(0.9);
  expect(tested.microF1, figures()).toBeGreaterThan(0.85);
  expect(tested.perClass.map(({ name }) => name)).toEqual([...shapeLabels]);
  for (const { support } of tested.perClass) expect(support, figures()).toBeGreaterThan(0);
  expect(tested.accuracy, figures()).toBeGreaterThan(0.6);
  // The baseline's figure is an mAP too: ground and colour are in 8 x 8 pixels, the shape hardly.
  expect(result.raw.test).toBeGreaterThan(0.5);
  expect(result.raw.test).toBeLessThanOrEqual(1);
  expect(events.find((event) => event.type === "opened")).toMatchObject({ data: { multiLabel: true } });
});

test("the record says the task, the figures and the labels; predictions.csv has them joined", () => {
  const tested = labelled(result.test);
  const record = JSON.parse(readFileSync(join(out, "run.json"), "utf8"));
  expect(record).toMatchObject({
    task: "multi-label",
    labels: [...shapeLabels],
    metrics: { test: { task: "multi-label", meanAveragePrecision: tested.meanAveragePrecision } },
    training: { figures: { test: { microF1: tested.microF1 } } },
  });
  const rows: Record<string, string>[] = parse(readFileSync(join(out, "predictions.csv")), { columns: true });
  expect(Object.keys(rows[0]!)).toEqual([
    "file",
    "label",
    "predicted",
    "correct",
    "p(dark)",
    "p(red)",
    "p(round)",
  ]);
  const truth = new Map(
    readFileSync(list, "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split(",") as [string, string]),
  );
  for (const { file = "", label, predicted, correct, ...probabilities } of rows) {
    expect(label).toBe(truth.get(file));
    const held = shapeLabels.filter((name) => Number(probabilities[`p(${name})`]) >= 0.5);
    expect(predicted).toBe(held.join("|") || "|");
    expect(correct).toBe(String(label === predicted));
  }
  const right = rows.filter(({ correct }) => correct === "true").length;
  expect(right / rows.length).toBe(tested.accuracy);
});

test("onnxruntime alone answers the same probabilities: a sigmoid each, so they need not sum to 1", async () => {
  const rows: Record<string, string>[] = parse(readFileSync(join(out, "predictions.csv")), { columns: true });
  const session = await InferenceSession.create(join(out, "model.onnx"));
  const sums: number[] = [];
  for (const row of rows.slice(0, 10)) {
    const picture = sharp(join(folder, "shapes", row.file!))
      .toColourspace("srgb")
      .removeAlpha()
      .raw();
    const { data, info } = await picture.toBuffer({ resolveWithObject: true });
    const answer = await session.run({
      pixels: new Tensor("uint8", new Uint8Array(data), [1, info.height, info.width, 3]),
    });
    const probabilities = Array.from(answer.probabilities!.data as Float32Array);
    for (const [i, name] of shapeLabels.entries())
      expect(Math.abs(probabilities[i]! - Number(row[`p(${name})`]))).toBeLessThan(1e-5);
    sums.push(probabilities.reduce((sum, p) => sum + p, 0));
  }
  expect(Math.max(...sums) - Math.min(...sums)).toBeGreaterThan(0.5);
  await session.release();
});

test("evaluate measures what training measured", async () => {
  const again = await finish(evaluate({ model: out, data: list }));
  expect(again).toMatchObject({ task: "multi-label", split: "test", n: result.test!.n, trainedOn: 0 });
  expect(labelled(again).meanAveragePrecision).toBeCloseTo(labelled(result.test).meanAveragePrecision!, 6);
  expect(again.accuracy).toBe(result.test!.accuracy);
});

test("predict answers the labels that hold, the most probable first; perhaps none", async () => {
  const classifier = await Classifier.load(out);
  const rng = random(77);
  let right = 0;
  for (const labels of [[], ["red"], ["dark", "round"], ["dark", "red", "round"]]) {
    const answer = await classifier.predict(await drawShape(new Set(labels), rng), { top: 2 });
    expect(answer.top).toHaveLength(2);
    const held = answer.labels!;
    expect(held.every(({ probability }) => probability >= 0.5)).toBe(true);
    expect(held.map(({ probability }) => probability)).toEqual(
      [...answer.probabilities].filter((p) => p >= 0.5).sort((a, b) => b - a),
    );
    if (
      held
        .map(({ label }) => label)
        .sort()
        .join() === labels.join()
    )
      right++;
  }
  expect(right).toBeGreaterThanOrEqual(3);
  await classifier.close();
});

test("the same command twice gives the same bytes", async () => {
  const other = join(folder, "again");
  await run({ out: other });
  for (const name of ["model.onnx", "metrics.jsonl", "predictions.csv", "labels.txt"])
    expect(Buffer.compare(readFileSync(join(out, name)), readFileSync(join(other, name))), name).toBe(0);
});

test("a head with hidden layers, balanced weights and smoothing learn as well", async () => {
  const dense = await run({
    out: join(folder, "dense"),
    head: "dense:32:relu,dropout:0.1",
    classWeights: "balanced",
    labelSmoothing: 0.05,
    learningRate: 0.003,
  });
  const tested = labelled(dense.test);
  expect(tested.meanAveragePrecision, JSON.stringify(tested)).toBeGreaterThan(0.9);
});

test("the base is trained behind such a head: with views kept, and on blended pictures", async () => {
  const few = join(folder, "shapes", "few.csv");
  const lines = readFileSync(list, "utf8").split("\n").slice(0, 81);
  writeFileSync(few, `${lines.join("\n")}\n`);
  const common = { data: few, strategy: "finetune", size: 64, epochs: 2, batchSize: 16 } as const;
  for (const options of [
    { unfreeze: "1", augment: "flip", classWeights: "balanced" },
    { unfreeze: "0.2", augment: "flip,mixup:0.4,cutmix:1" },
  ] as const) {
    const from = events.length;
    const tuned = await run({ ...common, ...options, out: join(folder, `tuned-${options.unfreeze}`) });
    const own = events.slice(from);
    const losses = own.flatMap((event) => (event.type === "step" ? [event.loss] : []));
    expect(losses).toHaveLength(2 * Math.ceil(tuned.pictures.train / 16));
    const epochs = own.flatMap((event) => (event.type === "epoch" && event.stage ? [event.loss] : []));
    expect(epochs[1], JSON.stringify(losses)).toBeLessThan(epochs[0]!);
    const kept = own.find((event) => event.type === "stage");
    expect(kept).toMatchObject({ views: options.unfreeze === "1" ? 2 : 0 });
    const tested = labelled(tuned.test);
    expect(tested.meanAveragePrecision, JSON.stringify(tested)).toBeGreaterThan(0.75);
    const again = await finish(evaluate({ model: tuned.out, data: few }));
    expect(again.accuracy).toBe(tested.accuracy);
  }
});

test("classifiers and data of the other kind are refused, both ways round", async () => {
  const patterns = join(folder, "patterns");
  await drawPatterns(patterns, 8, 3);
  await expect(finish(evaluate({ model: out, data: patterns }))).rejects.toThrow(
    /patterns gives one class a picture, and the classifier was trained on several labels at once/,
  );
  const single = await run({ data: patterns, out: join(folder, "single") });
  const evaluation = finish(evaluate({ model: single.model, data: list }));
  await expect(evaluation).rejects.toBeInstanceOf(UsageError);
  await expect(evaluation).rejects.toThrow(
    /labels.csv gives several labels at once, and the classifier was trained on one class a picture/,
  );
});

test("one label alone, there or not, can be learned", async () => {
  const text = readFileSync(list, "utf8");
  const one = join(folder, "shapes", "dark.csv");
  writeFileSync(
    one,
    text.replace(/,(.*)/g, (cell, labels: string) =>
      labels === "labels" ? cell : labels.includes("dark") ? ",dark|" : ",|",
    ),
  );
  const learned = await run({ data: one, out: join(folder, "one") });
  expect(learned.classes).toEqual(["dark"]);
  expect(labelled(learned.test).meanAveragePrecision).toBeGreaterThan(0.95);
});

test("inspect counts each label, and the pictures with none", async () => {
  const found = await finish(inspect({ data: list }));
  const cells = readFileSync(list, "utf8")
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(",")[1]!);
  expect(found.labels?.none).toBe(cells.filter((cell) => cell === "|").length);
  for (const { name, pictures } of found.classes)
    expect(pictures).toBe(cells.filter((cell) => cell.split("|").includes(name)).length);
  const all = found.classes.reduce((sum, { pictures }) => sum + pictures, 0);
  expect(found.labels?.mean).toBeCloseTo(all / 200, 12);
});
