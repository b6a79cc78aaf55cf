import { join } from "node:path";
import { expect, test } from "vitest";
import { labellingOf, truthOf } from "./labelling.ts";
import { formatLabels, parseLabels } from "./labels.ts";
import { openDataset } from "./open.ts";
import { inFolder, picture, writeFiles } from "./testing/files.ts";

test("names between bars, each once, sorted; empty ones are none", () => {
  expect(parseLabels("red|round")).toEqual(["red", "round"]);
  expect(parseLabels(" round | red|round ")).toEqual(["red", "round"]);
  expect(parseLabels("red|")).toEqual(["red"]);
  expect(parseLabels("red")).toEqual(["red"]);
  expect(parseLabels("|")).toEqual([]);
  expect(parseLabels("|||")).toEqual([]);
  expect(parseLabels("cafe\u0301|caf\u00e9")).toEqual(["caf\u00e9"]);
  for (const labels of [[], ["red"], ["red", "round"]])
    expect(parseLabels(formatLabels(labels))).toEqual(labels);
});

const csv = [
  "path,labels,split",
  "a.png,round|red,train",
  "b.png,red,test",
  "c.png,|,",
  "d.png,,",
  "e.png,red|round,",
  "e.png,round|red,",
  "f.png,red|round,",
  "f.png,red,",
].join("\n");
const jsonl = [
  { path: "a.png", tags: ["round", "red"], split: "train" },
  { path: "b.png", tags: "red", split: "test" },
  { path: "c.png", tags: [] },
  { path: "d.png" },
  { path: "e.png", tags: "red|round" },
  { path: "e.png", tags: ["round", "red"] },
  { path: "f.png", tags: ["red", "round"] },
  { path: "f.png", tags: ["red"] },
  { path: "g.png", tags: [["red"]] },
]
  .map((row) => JSON.stringify(row))
  .join("\n");

test.each([
  ["l.csv", csv, 2],
  ["l.tsv", csv.replaceAll(",", "\t"), 2],
  ["l.jsonl", jsonl, 1],
])("%s with several labels at once", async (name, text, first) => {
  await inFolder(async (folder) => {
    const one = await picture(1);
    const files = Object.fromEntries([..."abcdefg"].map((letter) => [`${letter}.png`, one]));
    await writeFiles(folder, { ...files, [name]: text });
    const dataset = await openDataset(join(folder, name));
    expect(dataset).toMatchObject({ multiLabel: true, classes: ["red", "round"] });
    const seen = dataset.samples.map(({ id, label, labels, part }) => ({ id, label, labels, part }));
    expect(seen).toEqual([
      { id: "a.png", label: "red|round", labels: ["red", "round"], part: "train" },
      { id: "b.png", label: "red", labels: ["red"], part: "test" },
      { id: "c.png", label: "|", labels: [], part: undefined },
      { id: "e.png", label: "red|round", labels: ["red", "round"], part: undefined },
    ]);
    const line = (row: number): number => first + row;
    expect(dataset.ignored.slice(0, 3).map(({ path, reason }) => [path, reason.split(",")[0]])).toEqual([
      ["d.png", `line ${line(3)} gives no label`],
      ["e.png", `line ${line(5)} repeats line ${line(4)}`],
      ["f.png", "two lists of labels"],
    ]);
    if (name === "l.jsonl")
      expect(dataset.ignored[3]?.reason).toBe("line 9 gives no label, write [] for a picture without any");
    const truth = truthOf(dataset.samples, labellingOf(dataset));
    expect([...truth.labels]).toEqual([]);
    expect([...(truth.targets ?? [])]).toEqual([1, 1, 1, 0, 0, 0, 1, 1]);
    await dataset.close();
  });
});

test("without a bar or an array a list is single-label as ever, and numbers its classes one a picture", async () => {
  await inFolder(async (folder) => {
    const one = await picture(1);
    await writeFiles(folder, { "a.png": one, "b.png": one, "l.csv": "path,label\nb.png,red\na.png,round" });
    const dataset = await openDataset(join(folder, "l.csv"));
    expect(dataset.multiLabel).toBe(false);
    expect(dataset.samples.map(({ label, labels }) => [label, labels])).toEqual([
      ["round", undefined],
      ["red", undefined],
    ]);
    const truth = truthOf(dataset.samples, labellingOf(dataset));
    expect(truth).toEqual({ labels: Int32Array.of(1, 0) });
    await dataset.close();
  });
});

test("a column named 'label' is taken before one named 'labels'", async () => {
  await inFolder(async (folder) => {
    await writeFiles(folder, { "a.png": await picture(1), "l.csv": "tags,path,label\nx|y,a.png,red" });
    const dataset = await openDataset(join(folder, "l.csv"));
    expect(dataset).toMatchObject({ multiLabel: false, classes: ["red"] });
    await dataset.close();
  });
});

test("a folder of a class may have a bar in its name: only lists join labels", async () => {
  await inFolder(async (folder) => {
    await writeFiles(folder, { "a|b/1.png": await picture(1), "c/2.png": await picture(2) });
    const dataset = await openDataset(folder);
    expect(dataset).toMatchObject({ multiLabel: false, classes: ["a|b", "c"] });
    await dataset.close();
  });
});
