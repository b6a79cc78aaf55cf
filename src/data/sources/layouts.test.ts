import { join } from "node:path";
import { expect, test } from "vitest";
import { decode } from "../decode-sharp.ts";
import { openDataset } from "../open.ts";
import type { Dataset } from "../sample.ts";
import { type Files, inFolder, picture, writeFiles, writeZip } from "../testing/files.ts";
import { layouts } from "./table.ts";

/** One CIFAR record: label bytes, then red, green and blue planes of one value each, the first pixel marked. */
function record(labels: number[], [r, g, b]: [number, number, number]): Uint8Array {
  const planes = [r, g, b].map((value) => new Uint8Array(1024).fill(value));
  for (const [c, plane] of planes.entries()) plane[0] = c + 1;
  return Buffer.concat([Uint8Array.from(labels), ...planes]);
}

interface Row {
  readonly layout: string;
  readonly detects: string;
  files(): Promise<Files>;
  readonly classes: readonly string[];
  /** "id label part", in order. */
  readonly samples: readonly string[];
  readonly width: number;
}

const hundred = Array.from({ length: 100 }, (_, i) => `name${i}`);

/** What every layout must make of a small dataset of its own kind; a new layout is a new row. */
const rows: readonly Row[] = [
  {
    layout: "folder-per-class",
    detects: "folder-per-class",
    files: async () => ({
      "花/b.PNG": await picture(1),
      "花/deep/er/a.jpg": await picture(2, "jpeg"),
      "Cat/1.webp": await picture(3, "webp"),
      "cat/1.gif": await picture(4, "gif"),
      "two words/1.tiff": await picture(5, "tiff"),
      "two words/2.avif": await picture(6, "avif"),
      "caf\u00e9/1.png": await picture(7),
      "cafe\u0301/2.png": await picture(8),
    }),
    classes: ["Cat", "caf\u00e9", "cat", "two words", "花"].sort(),
    samples: [
      "Cat/1.webp Cat -",
      "cafe\u0301/2.png caf\u00e9 -",
      "caf\u00e9/1.png caf\u00e9 -",
      "cat/1.gif cat -",
      "two words/1.tiff two words -",
      "two words/2.avif two words -",
      "花/b.PNG 花 -",
      "花/deep/er/a.jpg 花 -",
    ].sort(),
    width: 12,
  },
  {
    layout: "ready-splits",
    detects: "ready-splits",
    files: async () => ({
      "Training/a/1.png": await picture(1),
      "Training/b/sub/2.png": await picture(2),
      "VALID/a/3.png": await picture(3),
      "testing/b/4.png": await picture(4),
    }),
    classes: ["a", "b"],
    samples: [
      "Training/a/1.png a train",
      "Training/b/sub/2.png b train",
      "VALID/a/3.png a val",
      "testing/b/4.png b test",
    ],
    width: 12,
  },
  {
    layout: "list",
    detects: "list",
    files: async () => ({
      "labels.csv":
        '\ufeffFilename,ID,Class,Split\r\n"img/a, b.png",7,"x ""y""",train\r\n\r\nimg/花.png,8,z,\r\n./img/3,9,z,Validation\r\n',
      "img/a, b.png": await picture(1),
      "img/花.png": await picture(2),
      "img/3": await picture(3),
      "img/unlisted.png": await picture(4),
    }),
    classes: ['x "y"', "z"],
    samples: ['img/a, b.png x "y" train', "img/花.png z -", "img/3 z val"].sort(),
    width: 12,
  },
  {
    layout: "food-101",
    detects: "food-101",
    files: async () => ({
      "images/b/1.jpg": await picture(1, "jpeg"),
      "images/a/2.jpg": await picture(2, "jpeg"),
      "images/a/3.jpg": await picture(3, "jpeg"),
      "meta/classes.txt": "b\na\n",
      "meta/train.txt": "b/1\na/2\na/99\n",
      "meta/test.txt": "a/3\n",
    }),
    classes: ["b", "a"],
    samples: ["images/a/2.jpg a train", "images/a/3.jpg a test", "images/b/1.jpg b train"],
    width: 12,
  },
  {
    layout: "cifar-10",
    detects: "cifar",
    files: async () => ({
      "batches.meta.txt": "zero\none\n\n",
      "data_batch_1.bin": Buffer.concat([record([1], [10, 20, 30]), record([0], [40, 50, 60])]),
      "test_batch.bin": record([1], [70, 80, 90]),
    }),
    classes: ["zero", "one"],
    samples: ["data_batch_1.bin#0 one train", "data_batch_1.bin#1 zero train", "test_batch.bin#0 one test"],
    width: 32,
  },
  {
    layout: "cifar-100",
    detects: "cifar",
    files: async () => ({
      "fine_label_names.txt": hundred.join("\n"),
      "coarse_label_names.txt": "unused\n",
      "train.bin": Buffer.concat(hundred.map((_, i) => record([3, i], [i, 20, 30]))),
      "test.bin": record([3, 99], [70, 80, 90]),
    }),
    classes: hundred,
    samples: ["test.bin#0 name99 test", ...hundred.map((name, i) => `train.bin#${i} ${name} train`)],
    width: 32,
  },
];

const junk: Files = {
  "README.md": "about",
  LICENSE: "free",
  ".DS_Store": "x",
  "Thumbs.db": "x",
  "__MACOSX/._a.png": "x",
  ".git/config.png": "x",
};

function seen(dataset: Dataset): string[] {
  return dataset.samples.map(({ id, label, part }) => `${id} ${label} ${part ?? "-"}`);
}

test("the contract has a row for each layout", () => {
  expect([...new Set(rows.map((row) => row.detects))].sort()).toEqual(layouts.map((one) => one.name).sort());
});

for (const row of rows) {
  const check = async (path: string, options: { layout?: string } = {}): Promise<Dataset> => {
    const dataset = await openDataset(path, options);
    try {
      expect(dataset.layout).toBe(row.layout);
      expect(dataset.classes).toEqual(row.classes);
      expect(seen(dataset)).toEqual(row.samples);
      expect(new Set(dataset.samples.map(({ id }) => id)).size).toBe(dataset.samples.length);
      for (const { id, content } of dataset.samples)
        expect((await decode(content, { id })).width).toBe(row.width);
      return dataset;
    } finally {
      await dataset.close();
    }
  };

  test(`${row.layout}: a folder, a zip and a wrapped zip give the same dataset`, async () => {
    await inFolder(async (folder) => {
      const files = { ...(await row.files()), ...junk };
      await check(await writeFiles(join(folder, "set"), files));
      await check(await writeFiles(join(folder, "set"), files), { layout: row.detects });
      await check(await writeZip(join(folder, "plain.zip"), files));
      await check(await writeZip(join(folder, "wrapped.zip"), files, "some set/"));
    });
  });

  test(`${row.layout}: strays are passed over and counted`, async () => {
    await inFolder(async (folder) => {
      const files = { ...(await row.files()), ...junk };
      for (const path of [
        await writeFiles(join(folder, "s"), files),
        await writeZip(join(folder, "z.zip"), files),
      ]) {
        const dataset = await check(path);
        const hidden = dataset.ignored
          .filter(({ reason }) => reason === "hidden")
          .map((one) => one.path.split("/")[0]);
        expect(hidden).toEqual([".DS_Store", ".git", "Thumbs.db", "__MACOSX"]);
        const strays = dataset.ignored.map((one) => one.path);
        if (row.layout !== "list") expect(strays).toEqual(expect.arrayContaining(["LICENSE", "README.md"]));
      }
    });
  });

  test(`${row.layout}: after closing nothing can be read`, async () => {
    await inFolder(async (folder) => {
      const files = await row.files();
      for (const path of [
        await writeFiles(join(folder, "s"), files),
        await writeZip(join(folder, "z.zip"), files),
      ]) {
        const dataset = await openDataset(path);
        await dataset.close();
        await expect(dataset.samples[0]?.content.read()).rejects.toThrow(/closed/);
      }
    });
  });

  test(`${row.layout}: an aborted signal stops the opening`, async () => {
    await inFolder(async (folder) => {
      const path = await writeFiles(folder, await row.files());
      await expect(openDataset(path, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
    });
  });
}

test("CIFAR: planes become rows of RGB pixels", async () => {
  await inFolder(async (folder) => {
    const row = rows.find(({ layout }) => layout === "cifar-10");
    await writeFiles(folder, (await row?.files()) ?? {});
    const dataset = await openDataset(folder);
    const pixels = await dataset.samples[1]?.content.read();
    expect(Array.from(pixels?.subarray(0, 9) ?? [])).toEqual([1, 2, 3, 40, 50, 60, 40, 50, 60]);
    expect(pixels?.length).toBe(3072);
    await dataset.close();
  });
});

test("CIFAR: a file cut short, a label out of range and names given twice are refused", async () => {
  const good = record([1], [1, 2, 3]);
  const cases: [Files, RegExp][] = [
    [{ "data_batch_1.bin": good.subarray(1) }, /3072 bytes, which is no multiple of 3073/],
    [{ "data_batch_1.bin": "" }, /0 bytes/],
    [{ "data_batch_1.bin": record([10], [1, 2, 3]) }, /label 10 to picture 0/],
    [{ "data_batch_1.bin": good, "batches.meta.txt": "a\na\n" }, /one name twice/],
  ];
  for (const [files, message] of cases) {
    await inFolder(async (folder) => {
      await expect(openDataset(await writeFiles(folder, files))).rejects.toThrow(message);
    });
  }
});

test("Food-101: the lists that are read are no strays, other texts are", async () => {
  await inFolder(async (folder) => {
    const row = rows.find(({ layout }) => layout === "food-101");
    await writeFiles(folder, { ...(await row?.files()), "meta/labels.txt": "A\nB\n" });
    const dataset = await openDataset(folder);
    expect(dataset.ignored).toEqual([
      { path: "images/a/99.jpg", reason: "listed, but no such file" },
      { path: "meta/labels.txt", reason: "no picture" },
    ]);
    await dataset.close();
  });
});
