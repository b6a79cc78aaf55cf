import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { isOfLabels } from "../../evaluate/label-report.ts";
import { RecordError } from "../../train/observers/errors.ts";
import { predictionLine, predictionsHeader } from "../../train/observers/predictions-csv.ts";
import { parseAnswers } from "./answers.ts";
import { commandOf } from "./command.ts";
import { compareRuns } from "./compare.ts";
import { parseCurves } from "./curves.ts";
import { parseRunRecord } from "./record.ts";
import { report } from "./report.ts";

const folder = mkdtempSync(join(tmpdir(), "tsugiki-report-"));
afterAll(() => rmSync(folder, { recursive: true }));

const run = {
  labels: ["cat", "=dog"],
  base: { name: "box", sha256: "00", cut: "features", licence: "Apache-2.0" },
  preprocess: { fit: "cover", size: 128, mean: [1, 1, 1] },
  training: { strategy: "features", head: "linear", seed: 3, val: 0.15, test: 0.15, strict: true },
  data: { path: "/data/it's mine", layout: "folder-per-class" },
  split: { test: { "a.jpg": "aa", "=b.jpg": "bb", "c.jpg": "cc" } },
  metrics: { test: { n: 3 }, val: null, raw: { test: 0.5 } },
};
const recordOf = (change: object = {}) => parseRunRecord("run.json", JSON.stringify({ ...run, ...change }));
const rows = [
  { file: "a.jpg", label: "cat", predicted: "cat", probability: 0.75, probabilities: [0.75, 0.25] },
  { file: "=b.jpg", label: "=dog", predicted: "cat", probability: 0.5, probabilities: [0.5, 0.5] },
  { file: "c.jpg", label: "=dog", predicted: "=dog", probability: 1, probabilities: [0, 1] },
];
const csv = [predictionsHeader(run.labels), ...rows.map(predictionLine)].join("\n");

test("answers come back as they were written, names that began like formulas too", () => {
  const { answers, evaluation } = parseAnswers("predictions.csv", csv, recordOf());
  expect(answers.map(({ file, truth, predicted, right }) => [file, truth, predicted, right])).toEqual([
    ["a.jpg", "cat", "cat", true],
    ["=b.jpg", "=dog", "cat", false],
    ["c.jpg", "=dog", "=dog", true],
  ]);
  expect(answers[0]).toMatchObject({
    certainty: 0.75,
    top: [
      ["cat", 0.75],
      ["=dog", 0.25],
    ],
  });
  expect(evaluation).toMatchObject({ n: 3, accuracy: 2 / 3 });
});

test("several labels at once: a wrong answer is as sure as its worst label, a right one as its least sure", () => {
  const record = recordOf({ labels: ["red", "round"], task: "multi-label" });
  const lines = [
    predictionsHeader(record.classes, { multiLabel: true }),
    predictionLine({ file: "a", label: "red|round", predicted: "red", probabilities: [0.75, 0.125] }),
    predictionLine({ file: "b", label: "|", predicted: "|", probabilities: [0.25, 0.125] }),
  ];
  const { answers, evaluation } = parseAnswers("predictions.csv", lines.join("\n"), record);
  expect(isOfLabels(evaluation) && evaluation.accuracy).toBe(0.5);
  expect(answers).toMatchObject([
    { truth: "red, round", predicted: "red", right: false, certainty: 0.875 },
    { truth: "none", predicted: "none", right: true, certainty: 0.75 },
  ]);
});

test.each([
  ["another run's columns", csv.replace("p(cat)", "p(cow)"), /columns are not those/],
  ["a class that is none", csv.replace("a.jpg,cat", "a.jpg,cow"), /row 1 has a label .*cow/],
  ["no number", csv.replace("0.25", "x"), /row 1 holds "x"/],
  ["a probability above 1", csv.replace("0.25", "25"), /row 1 holds "25"/],
  ["too few cells", `${csv}\nd.jpg,cat`, /row 4 has 2 cells/],
  ["an open quote", `${csv}\n"`, /./],
])("predictions.csv with %s is refused", (_, text, message) => {
  const parsing = () => parseAnswers("predictions.csv", text, recordOf());
  expect(parsing).toThrow(RecordError);
  expect(parsing).toThrow(message);
});

test.each([
  ["no JSON", "{", /no JSON/],
  ["a list", "[]", /no JSON object/],
  ["no classes", "{}", /no list of names/],
  ["a class that is no name", JSON.stringify({ ...run, labels: ["a", 1] }), /no list of names/],
  ["no settings", JSON.stringify({ ...run, training: 3 }), /'training' is no object/],
])("a run.json that holds %s is refused", (_, text, message) => {
  expect(() => parseRunRecord("run.json", text)).toThrow(message);
});

test("whatever else a run.json holds in the place of numbers and names is left out", () => {
  const strange = {
    base: "x",
    preprocess: 7,
    data: [],
    split: { test: [3] },
    metrics: "m",
    calibration: { temperature: -1 },
  };
  expect(recordOf({ ...strange, sets: 1, unknown: [], task: {} })).toMatchObject({
    bases: [],
    part: null,
    fit: "cover",
    calibration: undefined,
    sets: undefined,
    strangers: undefined,
    multiLabel: false,
  });
});

test("the command says what differs from the usual, its words safe for a shell", () => {
  expect(commandOf(recordOf())).toBe(`tsugiki train '/data/it'\\''s mine' --seed 3 --strict`);
  const training = {
    ...run.training,
    strategy: "finetune",
    labelSmoothing: 0.1,
    network: {
      stages: [{ unfreeze: "0.35", epochs: 8, views: "auto" }],
      optimizer: "adamw",
      learningRate: 0.0002,
      clipNorm: 1,
      leastUpdates: 240,
      augmentation: "flip,rotate:20",
    },
  };
  expect(commandOf(recordOf({ training, base: { name: "a b.onnx" }, data: { path: "d" } }))).toBe(
    "tsugiki train d --base 'a b.onnx' --strategy finetune --seed 3 --optimizer adamw --learning-rate 0.0002 " +
      "--augment flip,rotate:20 --label-smoothing 0.1 --unfreeze 0.35 --strict",
  );
});

test("curves: the head's and the base's apart, lines of other kinds left out", () => {
  const lines = [
    { type: "solve", regularisation: 10, trainLoss: 2, valLoss: null },
    { type: "epoch", epoch: 1, loss: 1, accuracy: 0.5, valLoss: 3, valAccuracy: 0.25 },
    { type: "epoch", epoch: 1, stage: 1, loss: 4 },
    { type: "evaluated" },
  ];
  const curves = parseCurves("metrics.jsonl", lines.map((line) => JSON.stringify(line)).join("\n"));
  expect(curves).toMatchObject({
    solved: [{ x: 10, trainLoss: 2, valLoss: undefined }],
    head: [{ x: 1, trainLoss: 1, trainAccuracy: 0.5, valLoss: 3, valAccuracy: 0.25 }],
    base: [{ x: 1, trainLoss: 4 }],
  });
  expect(() => parseCurves("metrics.jsonl", "{}\n{")).toThrow(/line 2 is no JSON/);
});

test("runs are compared on pictures of the same name, content and truth alone", () => {
  const read = (change: object, name: string) => {
    const record = recordOf(change);
    return { folder: name, name, record, measured: parseAnswers("predictions.csv", csv, record) };
  };
  const changed = {
    split: { test: { ...run.split.test, "c.jpg": "dd" } },
    training: { ...run.training, seed: 4 },
  };
  expect(compareRuns(read({}, "own"), read(changed, "other"))).toMatchObject({
    shared: 2,
    onlyHere: 1,
    onlyThere: 1,
    paired: { n: 2, bothRight: 1, bothWrong: 1, difference: 0 },
    options: [{ name: "seed", theirs: "4", ours: "3" }],
  });
});

test("a run whose data is gone still has its page, and says so; a folder that is no run has none", async () => {
  writeFileSync(join(folder, "run.json"), JSON.stringify(run));
  writeFileSync(join(folder, "predictions.csv"), csv);
  const made = await report({ run: folder });
  expect(made).toMatchObject({ file: join(folder, "report.html"), pictures: 3, shown: 0 });
  expect(made.dataGone).toContain("/data/it's mine");
  expect(made.lost).toHaveLength(3);
  await expect(report({ run: join(folder, "none") })).rejects.toThrow(RecordError);
});
