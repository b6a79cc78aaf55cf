import { expect, test } from "vitest";
import type { Dataset } from "../data/sample.ts";
import { declareOutliers } from "./outliers.ts";

function dataOf(classes: readonly string[], multiLabel = false): Dataset {
  const content = { kind: "file", read: async () => new Uint8Array() } as const;
  const samples = classes.flatMap((label) => [0, 1].map((i) => ({ id: `${label}/${i}`, label, content })));
  return {
    path: "data",
    layout: "folder-per-class",
    classes,
    multiLabel,
    samples,
    ignored: [],
    close: async () => {},
  };
}

test("a declared class is no class any more, and its pictures stand apart", () => {
  const { dataset, outliers, note } = declareOutliers(dataOf(["cat", "dog", "none"]), "none");
  expect(dataset.classes).toEqual(["cat", "dog"]);
  expect(dataset.samples.map(({ id }) => id)).toEqual(["cat/0", "cat/1", "dog/0", "dog/1"]);
  expect(outliers.map(({ id }) => id)).toEqual(["none/0", "none/1"]);
  expect(note).toBeUndefined();
});

test("a folder that looks like one of strangers is named, where it may be declared", () => {
  const noteOf = (...classes: string[]) => declareOutliers(dataOf(classes), undefined).note;
  expect(noteOf("cat", "dog", "Background")).toMatch(/say --outliers Background/);
  expect(noteOf("cat", "dog", "BACKGROUND_Google")).toMatch(/say --outliers BACKGROUND_Google/);
  expect(noteOf("cat", "dog", "bird")).toBeUndefined();
  expect(noteOf("cat", "none")).toBeUndefined();
});

test("what cannot be declared is refused in words", () => {
  const declare = (name: string, dataset: Dataset) => () => declareOutliers(dataset, name);
  expect(declare("birds", dataOf(["cat", "dog", "none"]))).toThrow(/the classes are "cat", "dog", "none"/);
  expect(declare("none", dataOf(["cat", "none"]))).toThrow(/one class would be left/);
  expect(declare("none", dataOf(["cat", "dog", "none"], true))).toThrow(/several labels at once/);
});
