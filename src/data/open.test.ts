import { existsSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { decode } from "./decode-sharp.ts";
import { openDataset } from "./open.ts";
import { type Files, inFolder, picture, writeFiles, writeZip } from "./testing/files.ts";

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

test("class folders without pictures, are named", async () => {
  const one = await picture(1);
  const cases: [Files, RegExp][] = [
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

test("parts without train open, for they can be measured", async () => {
  const one = await picture(1);
  const list = (rows: string): Files => ({
    "l.csv": `path,label,split\n${rows}`,
    "1.png": one,
    "2.png": one,
  });
  const cases: [Files, string, string[], string[]][] = [
    [{ "test/a/1.png": one, "test/b/2.png": one }, "ready-splits", ["a", "b"], ["test", "test"]],
    [
      { "val/a/1.png": one, "Test/b/2.png": one, "readme.txt": "x" },
      "ready-splits",
      ["a", "b"],
      ["test", "val"],
    ],
    [{ "train/a/1.png": one, "val/b/1.png": one }, "ready-splits", ["a", "b"], ["train", "val"]],
    [list("1.png,a,test\n2.png,b,test"), "list", ["a", "b"], ["test", "test"]],
    [{ "test/1.png": one, "bus/1.png": one }, "folder-per-class", ["bus", "test"], []],
    [{ "test/old/1.png": one, "bus/1.png": one }, "folder-per-class", ["bus", "test"], []],
  ];
  for (const [files, layout, classes, parts] of cases) {
    await inFolder(async (folder) => {
      for (const path of [
        await writeFiles(join(folder, "set"), files),
        await writeZip(join(folder, "set.zip"), files),
      ]) {
        const dataset = await openDataset(path);
        expect([dataset.layout, dataset.classes]).toEqual([layout, classes]);
        expect(dataset.samples.flatMap(({ part }) => part ?? [])).toEqual(parts);
        await dataset.close();
      }
    });
  }
});

test("names of classes with control characters are refused in every layout", async () => {
  const one = await picture(1);
  const meta = { "meta/train.txt": "a/1\n", "meta/test.txt": "a/2\n" };
  const cifar = Buffer.alloc(3073);
  const cases: [Files, string][] = [
    [{ "a\nb/1.png": one, "c/1.png": one }, '"a\\nb"'],
    [{ "train/a\u001b[31m/1.png": one, "train/b/1.png": one }, '"a\\u001b[31m"'],
    [{ "a\u009b2J/1.png": one, "b/1.png": one }, '"a\\u009b2J"'],
    [{ "l.jsonl": '{"path":"1.png","label":"a\\u0000b"}', "1.png": one }, '"a\\u0000b"'],
    [{ "l.csv": 'path,label\n1.png,"a\nb"', "1.png": one }, '"a\\nb"'],
    [{ "images/a/1.jpg": one, ...meta, "meta/classes.txt": "a\nb\u007f\n" }, '"b\\u007f"'],
    [{ "data_batch_1.bin": cifar, "batches.meta.txt": "a\nb\tc\n" }, '"b\\tc"'],
  ];
  for (const [files, shown] of cases) {
    await inFolder(async (folder) => {
      const opening = openDataset(await writeFiles(folder, files));
      await expect(opening, shown).rejects.toThrow(`has a class named ${shown}. Names of classes may not`);
      await expect(opening, shown).rejects.toMatchObject({ code: "DATASET", evidence: { path: folder } });
    });
  }
});

test("class folders may be links to other places", async () => {
  await inFolder(async (folder) => {
    await writeFiles(folder, { "else/a/1.png": await picture(1), "set/": "" });
    await symlink(join(folder, "else", "a"), join(folder, "set", "a"));
    expect((await openDataset(join(folder, "set"))).samples.map(({ id }) => id)).toEqual(["a/1.png"]);
  });
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
