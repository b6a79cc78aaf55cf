import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { decode } from "./decode-sharp.ts";
import { openDataset } from "./open.ts";
import { type Files, inFolder, picture, writeFiles } from "./testing/files.ts";

const root = "../shared/assets/data";

test.skipIf(!existsSync(root))("real datasets open with the counts that their notes give", async () => {
  const counts: Record<string, unknown> = {};
  for (const name of ["flowers", "rock-paper-scissors", "pizza-steak-sushi", "cifar-10-batches-bin"]) {
    const { layout, classes, samples, close } = await openDataset(`${root}/${name}`);
    const of = (part: string): number => samples.filter((sample) => sample.part === part).length;
    counts[name] = [layout, classes.join(" "), of("train"), of("val"), of("test")];
    for (const { id, content } of [samples[0], samples.at(-1)].flatMap((sample) => sample ?? [])) {
      const { width, height, data } = await decode(content, { id });
      expect(data.length, id).toBe(width * height * 3);
    }
    await close();
  }
  expect(counts).toEqual({
    flowers: ["ready-splits", "daisy dandelion roses sunflowers tulips", 1250, 250, 0],
    "rock-paper-scissors": ["ready-splits", "paper rock scissors", 1877, 0, 470],
    "pizza-steak-sushi": ["ready-splits", "pizza steak sushi", 225, 0, 75],
    "cifar-10-batches-bin": [
      "cifar-10",
      "airplane automobile bird cat deer dog frog horse ship truck",
      10000,
      0,
      2000,
    ],
  });
});

test("a class in val but not in train, and class folders without pictures, are named", async () => {
  const one = await picture(1);
  const cases: [Files, RegExp][] = [
    [{ "train/a/1.png": one, "val/b/1.png": one }, /class "b".*no pictures to train on/],
    [{ "train/a/1.png": one, "train/b/": "", "val/b/1.png": one }, /class folder "b".*holds no pictures/],
    [{ "a/1.png": one, "b/": "" }, /class folder "b".*holds no pictures/],
    [{ "a/1.png": one, "b/notes.txt": "x" }, /class folder "b".*holds no pictures/],
  ];
  for (const [files, message] of cases) {
    await inFolder(async (folder) => {
      await expect(openDataset(await writeFiles(folder, files))).rejects.toThrow(message);
    });
  }
});

test('a class called "train" among other classes is a class', async () => {
  await inFolder(async (folder) => {
    const one = await picture(1);
    const dataset = await openDataset(await writeFiles(folder, { "train/1.png": one, "bus/1.png": one }));
    expect([dataset.layout, dataset.classes]).toEqual(["folder-per-class", ["bus", "train"]]);
  });
});

test("formats that are not read, empty files and pictures outside classes are ignored with their reason", async () => {
  await inFolder(async (folder) => {
    const files = {
      "a/1.png": await picture(1),
      "a/2.bmp": "BM",
      "a/3.jpg": "",
      "4.jpg": "x",
      "a/n.txt": "x",
    };
    const dataset = await openDataset(await writeFiles(folder, files));
    expect(dataset.ignored).toEqual([
      { path: "4.jpg", reason: "a picture outside the class folders" },
      { path: "a/2.bmp", reason: "BMP is not read: convert it to JPEG or PNG" },
      { path: "a/3.jpg", reason: "empty file" },
      { path: "a/n.txt", reason: "no picture" },
    ]);
  });
});

test("what cannot be a dataset is told apart", async () => {
  await inFolder(async (folder) => {
    const one = await picture(1);
    await writeFiles(folder, {
      "flat/1.png": one,
      "flat/2.png": one,
      "texts/a.txt": "a",
      "one.png": one,
      "set.tar": "x",
      "one.bin": "x",
      "set.zip": "not a zip",
      "hidden/.a": "",
    });
    await mkdir(join(folder, "empty"));
    const at = (name: string) => openDataset(join(folder, name));
    await expect(at("flat")).rejects.toThrow(/holds 2 pictures, but no class folders: "1.png", "2.png"/);
    await expect(at("flat")).rejects.toMatchObject({
      code: "UNKNOWN_LAYOUT",
      evidence: { found: ["1.png", "2.png"] },
    });
    await expect(at("texts")).rejects.toThrow(/no pictures, only "a.txt"[\s\S]*train\/cats\/1.jpg/);
    await expect(at("empty")).rejects.toThrow(/It is empty/);
    await expect(at("hidden")).rejects.toThrow(/All it holds is hidden/);
    await expect(at("one.png")).rejects.toThrow(/is one picture/);
    await expect(at("set.tar")).rejects.toThrow(/archive other than zip/);
    await expect(at("one.bin")).rejects.toThrow(/For CIFAR pass the folder/);
    await expect(at("set.zip")).rejects.toThrow(/no folder, zip archive or list/);
    await expect(at("missing")).rejects.toThrow(/ENOENT/);
    await expect(openDataset(folder, { layout: "folders" })).rejects.toThrow(
      /no layout "folders".*"folder-per-class"/,
    );
  });
});
