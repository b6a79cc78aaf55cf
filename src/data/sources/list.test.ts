import { join } from "node:path";
import { expect, test } from "vitest";
import { openDataset } from "../open.ts";
import { inFolder, picture, writeFiles, writeZip } from "../testing/files.ts";
import { parseList } from "./list-rows.ts";

const parse = (name: string, text: string) => parseList(name, new TextEncoder().encode(text));

test("header or none, commas, semicolons and tabs give the same rows", () => {
  const rows = [
    { line: 1, path: "a.png", label: "x", part: "train" },
    { line: 2, path: "b.png", label: "y", part: "test" },
  ];
  const shifted = rows.map((row) => ({ ...row, line: row.line + 1 }));
  expect(parse("l.csv", "a.png,x,train\nb.png,y,test\n")).toEqual(rows);
  expect(parse("l.csv", "train,x,a.png\ntest,y,b.png")).toEqual(rows);
  expect(parse("l.tsv", "x\ta.png\tTRAIN\ny\tb.png\ttesting")).toEqual(rows);
  expect(parse("l.csv", "Path;Label;Split\na.png;x;train\nb.png;y;test")).toEqual(shifted);
  expect(parse("l.csv", "image,category,subset,more\na.png,x,train,1\nb.png,y,test,2")).toEqual(shifted);
  expect(
    parse(
      "l.jsonl",
      '{"file":"a.png","label":"x","split":"train"}\n{"split":"test","file":"b.png","label":"y"}',
    ),
  ).toEqual(rows);
});

test("labels of JSON Lines may be numbers, and a key may be missing", () => {
  expect(parse("l.jsonl", '{"file_name":"a.png","label":7}\n\n{"file_name":"b.png"}\n')).toEqual([
    { line: 1, path: "a.png", label: "7" },
    { line: 3, path: "b.png", label: "" },
  ]);
});

test("an unreadable list names its line", () => {
  expect(() => parse("l.csv", "name,label\nx,y")).toThrow(
    'l.csv has no column of files. Its columns are "name", "label". Call it "path".',
  );
  expect(() => parse("l.csv", "path,name\nx,y")).toThrow(/no column of labels/);
  expect(() => parse("l.csv", "")).toThrow(/empty/);
  expect(() => parse("l.csv", 'path,label\n"a.png,x\n')).toThrow(/cannot be read/);
  expect(() => parse("l.csv", "path,label,split\na.png,x,train\nb.png,y,holdout")).toThrow(
    /Line 3 .* "holdout"/,
  );
  expect(() => parse("l.jsonl", '{"path":"a"}\n{')).toThrow(/Line 2 of l.jsonl is no JSON/);
  expect(() => parse("l.jsonl", "null\n7\n")).toThrow(/no column of files/);
  expect(() => parseList("l.csv", Uint8Array.of(0xff, 0xfe, 0x00))).toThrow(/not UTF-8/);
});

test("missing files, missing labels, repeats and disputes are reported and left out", async () => {
  await inFolder(async (folder) => {
    const text = [
      "path,label,split",
      "a.png,x,",
      "./a.png,x,",
      "gone.png,x,",
      "b.png,,",
      "c.png,x,",
      "c.png,y,",
      "d.png,y,train",
      "d.png,y,test",
      "sub\\e.png,y,",
      ",y,",
    ].join("\n");
    const one = await picture(1);
    const files = { "a.png": one, "b.png": one, "c.png": one, "d.png": one, "sub/e.png": one };
    await writeFiles(folder, { ...files, "l.csv": text });
    const dataset = await openDataset(join(folder, "l.csv"));
    expect(dataset.samples.map(({ id, label }) => `${id} ${label}`)).toEqual(["a.png x", "sub/e.png y"]);
    expect(dataset.ignored).toEqual([
      { path: "./a.png", reason: "line 3 repeats line 2" },
      { path: "b.png", reason: "line 5 gives no label" },
      { path: "c.png", reason: 'two labels, "x" and "y", on lines 6 and 7: left out' },
      { path: "d.png", reason: "two parts on lines 8 and 9: left out" },
      { path: "gone.png", reason: "line 4 names no readable file" },
      { path: "l.csv#11", reason: "line 11 names no readable file" },
    ]);
    await dataset.close();
  });
});

test("only the user's own list leads out of its folder; a row that may not is reported and left out", async () => {
  await inFolder(async (folder) => {
    const one = await picture(1);
    await writeFiles(folder, { "else/a.png": one, "set/b.png": one, "other/c.png": one });
    const absolute = join(folder, "else", "a.png");
    await writeFiles(folder, {
      "set/l.csv": `path,label\nb.png,y\n${absolute},x`,
      "set/up.csv":
        "path,label\n../else/a.png,x\n..\\other\\c.png,y\n../set/b.png,y\n./b.png,y\n../gone.png,x",
    });
    const dataset = await openDataset(join(folder, "set", "l.csv"));
    expect(dataset.samples.map(({ id }) => id)).toEqual([absolute, "b.png"].sort());
    expect(await dataset.samples.find(({ id }) => id === absolute)?.content.read()).toEqual(one);
    const up = await openDataset(join(folder, "set", "up.csv"));
    expect(up.samples.map(({ id }) => id)).toEqual([
      "../else/a.png",
      "../other/c.png",
      "../set/b.png",
      "b.png",
    ]);
    expect(await up.samples[0]?.content.read()).toEqual(one);
    expect(up.ignored).toEqual([{ path: "../gone.png", reason: "line 6 names no readable file" }]);

    const text = `path,label\n${absolute},x\n../else/a.png,x\nd/../c.png,x\nc.png,y`;
    await writeFiles(folder, { "other/l.csv": text });
    const zipped = await writeZip(join(folder, "other.zip"), { "l.csv": text, "c.png": one });
    for (const path of [join(folder, "other"), zipped]) {
      const found = await openDataset(path);
      expect(found.layout).toBe("list");
      expect(found.samples.map(({ id }) => id)).toEqual(["c.png"]);
      expect(found.ignored.map(({ path, reason }) => [path, reason.split(":", 1)[0]])).toEqual(
        [
          [absolute, "line 2 gives an absolute path"],
          ["../else/a.png", 'line 3 gives a path with ".."'],
          ["d/../c.png", 'line 4 gives a path with ".."'],
        ].sort(),
      );
      await found.close();
    }
    await writeFiles(folder, { "set/win.csv": "path,label\nC:\\a.png,x\nb.png,x" });
    expect((await openDataset(join(folder, "set", "win.csv"))).ignored).toEqual([
      { path: "C:\\a.png", reason: "line 2 gives a path of another system" },
    ]);
    await writeFiles(folder, { "set/all.csv": "path,label\nC:\\a.png,x" });
    await expect(openDataset(join(folder, "set", "all.csv"))).rejects.toThrow(
      /line 2 gives a path of another/,
    );
  });
});

test("a name stored in the other Unicode form is found", async () => {
  await inFolder(async (folder) => {
    await writeFiles(folder, { "cafe\u0301.png": await picture(1), "l.csv": "path,label\ncaf\u00e9.png,x" });
    const dataset = await openDataset(join(folder, "l.csv"));
    expect(dataset.samples.map(({ id }) => id)).toEqual(["cafe\u0301.png"]);
  });
});
