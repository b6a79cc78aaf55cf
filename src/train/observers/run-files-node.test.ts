import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { afterEach, beforeEach, expect, test } from "vitest";
import { JsonLines, writeJson, writePredictions } from "./run-files-node.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tsugiki-records-"));
});
afterEach(() => rm(folder, { recursive: true }));

const read = (name: string): Promise<string> => readFile(join(folder, name), "utf8");

test("JSON in the order given, number lists on one line, one line end", async () => {
  const text = "[\n 1\n]";
  const value = {
    z: 1,
    a: [1, 2.5, -3e-9],
    matrix: [
      [1, 0],
      [0, 1],
    ],
    names: ["[1,", "2]"],
    text,
    none: [],
    bad: NaN,
  };
  await writeJson(join(folder, "run.json"), value);
  const written = await read("run.json");
  expect(written).toMatchInlineSnapshot(`
    "{
      "z": 1,
      "a": [1, 2.5, -3e-9],
      "matrix": [
        [1, 0],
        [0, 1]
      ],
      "names": [
        "[1,",
        "2]"
      ],
      "text": "[\\n 1\\n]",
      "none": [],
      "bad": null
    }
    "
  `);
  expect(JSON.parse(written)).toEqual({ ...value, bad: null });
});

test("a file is replaced whole and nothing is left beside it", async () => {
  const path = join(folder, "run.json");
  await Promise.all(Array.from({ length: 20 }, (_, i) => writeJson(path, { i, long: "x".repeat(100_000) })));
  expect(JSON.parse(await read("run.json")).long).toHaveLength(100_000);
  expect(await readdir(folder)).toEqual(["run.json"]);
});

test("what cannot be written leaves the old file", async () => {
  const path = join(folder, "run.json");
  await writeJson(path, { old: true });
  const circle: { self?: object } = {};
  circle.self = circle;
  await expect(writeJson(path, circle)).rejects.toThrow(/as JSON: Converting circular structure/);
  await expect(writeJson(path, { big: 1n })).rejects.toThrow(/BigInt/);
  await expect(writeJson(path, undefined)).rejects.toThrow(/undefined and functions have no JSON/);
  const wrong = [{ file: "a.jpg", predicted: "x", probability: 1, probabilities: [1, 0] }];
  await expect(writePredictions(path, ["x"], wrong)).rejects.toThrow(
    "a.jpg has 2 probabilities for 1 classes",
  );
  await expect(writeJson(join(folder, "no", "run.json"), 1)).rejects.toThrow(/Check that the folder exists/);
  expect(JSON.parse(await read("run.json"))).toEqual({ old: true });
  expect(await readdir(folder)).toEqual(["run.json"]);
});

test("predictions of five thousand pictures from a generator", async () => {
  async function* rows() {
    for (let i = 0; i < 5000; i++) {
      yield { file: `d/${i}.jpg`, label: "a", predicted: "b", probability: 0.9, probabilities: [0.1, 0.9] };
    }
  }
  await writePredictions(join(folder, "predictions.csv"), ["a", "b"], rows());
  const table: Record<string, string>[] = parse(await read("predictions.csv"), { columns: true });
  expect(table).toHaveLength(5000);
  expect(table[4999]).toEqual({
    file: "d/4999.jpg",
    label: "a",
    predicted: "b",
    probability: "0.9",
    correct: "false",
    "p(a)": "0.1",
    "p(b)": "0.9",
  });
});

test("an empty table still has its header", async () => {
  await writePredictions(join(folder, "predictions.csv"), ["a"], []);
  expect(await read("predictions.csv")).toBe("file,label,predicted,probability,correct,p(a)\n");
});

test("lines are appended, and go on after a crash that cut the last one", async () => {
  const path = join(folder, "metrics.jsonl");
  const first = await JsonLines.open(path);
  first.append({ epoch: 1, loss: 0.5 });
  first.append({ epoch: 2, loss: Number.NaN });
  first.close();
  expect(await read("metrics.jsonl")).toBe('{"epoch":1,"loss":0.5}\n{"epoch":2,"loss":null}\n');

  await appendFile(path, '{"epoch":3,"lo');
  const second = await JsonLines.open(path);
  second.append({ epoch: 3, loss: 0.25 });
  second.close();
  expect(await read("metrics.jsonl")).toBe(
    '{"epoch":1,"loss":0.5}\n{"epoch":2,"loss":null}\n{"epoch":3,"loss":0.25}\n',
  );
});

test("a run that goes on from epoch 2 ends with the bytes of one that never stopped", async () => {
  const records = [1, 2, 3, 4].map((epoch) => ({ epoch, loss: 1 / epoch }));
  const whole = await JsonLines.open(join(folder, "whole.jsonl"));
  for (const record of records) whole.append(record);
  whole.close();

  const path = join(folder, "stopped.jsonl");
  const stopped = await JsonLines.open(path);
  for (const record of records.slice(0, 3)) stopped.append(record);
  stopped.close();
  const resumed = await JsonLines.open(path, (record) => (record as { epoch: number }).epoch <= 2);
  for (const record of records.slice(2)) resumed.append(record);
  resumed.close();
  expect(await read("stopped.jsonl")).toBe(await read("whole.jsonl"));
});

test("a foreign line is named, not overwritten", async () => {
  const path = join(folder, "metrics.jsonl");
  await writeFile(path, '{"epoch":1}\nhello\n{"epoch":2}\n');
  await expect(JsonLines.open(path)).rejects.toThrow(/^Line 2 of .*metrics\.jsonl is no JSON: /);
  expect(await read("metrics.jsonl")).toBe('{"epoch":1}\nhello\n{"epoch":2}\n');
});
