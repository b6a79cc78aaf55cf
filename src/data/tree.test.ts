import { execFileSync } from "node:child_process";
import { symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { TsugikiError } from "../core/errors.ts";
import { inFolder, writeFiles } from "./testing/files.ts";
import { type ZipInput, zip } from "./testing/zip.ts";
import type { FileTree } from "./tree.ts";
import { openDiskTree } from "./tree-disk.ts";
import { openZipTree, type ZipTreeOptions } from "./tree-zip.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

async function openZip(
  entries: readonly ZipInput[],
  options?: ZipTreeOptions,
  claimed?: number,
): Promise<FileTree> {
  return inFolder(async (folder) => {
    const path = join(folder, "t.zip");
    await writeFile(path, zip(entries, claimed));
    return openZipTree(path, options);
  });
}

test("a file's state is other words once its bytes change, though size and time of writing are as before", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "a.txt");
    const state = async (): Promise<string | undefined> => {
      const tree = openDiskTree(folder);
      const listed = (await tree.list()).files[0]?.state;
      expect((await tree.find("a.txt"))?.state).toBe(listed);
      return listed;
    };
    const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2100));
    const time = new Date(2020, 1, 1);
    await writeFile(path, "one");
    await utimes(path, time, time);
    // Just written, it may be written again within the tick of the disk's clock.
    expect(await state()).toBeUndefined();
    await settled();
    const before = await state();
    expect(before).toBeTypeOf("string");
    expect(await state()).toBe(before);
    await writeFile(path, "two");
    await utimes(path, time, time);
    await settled();
    expect(await state()).toBeTypeOf("string");
    expect(await state()).not.toBe(before);
  });
});

test("a folder and a zip of it list and read alike", async () => {
  await inFolder(async (folder) => {
    const files = { "b/2.txt": "two", "a/1.txt": "one", "top.txt": "0123456789", "c/": "" };
    await writeFiles(join(folder, "d"), files);
    const entries = Object.entries(files).map(([name, value]) => ({ name, bytes: text(value) }));
    await writeFile(join(folder, "z.zip"), zip(entries));
    for (const tree of [openDiskTree(join(folder, "d")), await openZipTree(join(folder, "z.zip"))]) {
      const { files: found, folders } = await tree.list();
      expect(found).toEqual([
        { path: "a/1.txt", size: 3 },
        { path: "b/2.txt", size: 3 },
        { path: "top.txt", size: 10 },
      ]);
      expect(folders).toEqual(["a", "b", "c"]);
      expect(Buffer.from(await tree.read("a/1.txt")).toString()).toBe("one");
      expect(Buffer.from(await tree.readRange("top.txt", 3, 4)).toString()).toBe("3456");
      const looked = await Promise.all(["top.txt", "no.txt", "a"].map((path) => tree.find(path)));
      expect(looked.map((file) => file?.size)).toEqual([10, undefined, undefined]);
      await expect(tree.readRange("top.txt", 8, 4)).rejects.toThrow(/ends at byte 10/);
      await expect(tree.read("top.txt", 9)).rejects.toThrow(/10 bytes, more than the limit of 9/);
      await expect(tree.read("no.txt")).rejects.toBeInstanceOf(TsugikiError);
      await expect(tree.read("../z.zip")).rejects.toBeInstanceOf(TsugikiError);
      await tree.close();
      await expect(tree.read("a/1.txt")).rejects.toThrow(/closed/);
    }
  });
});

test("links are followed once, loops and dead ends are noted, pipes are not opened", async () => {
  await inFolder(async (folder) => {
    await writeFiles(folder, { "set/a/1.txt": "1", "set/z/deep/2.txt": "2", "else/3.txt": "3" });
    await symlink("..", join(folder, "set", "a", "loop"));
    await symlink(join(folder, "set", "z", "deep"), join(folder, "set", "b"));
    await symlink(join(folder, "else"), join(folder, "set", "c"));
    await symlink(folder, join(folder, "set", "up"));
    await symlink(join(folder, "else", "3.txt"), join(folder, "set", "link.txt"));
    await symlink("nowhere", join(folder, "set", "dead"));
    execFileSync("mkfifo", [join(folder, "set", "pipe.jpg")]);
    const tree = openDiskTree(join(folder, "set"));
    const { files, ignored } = await tree.list();
    expect(files.map(({ path }) => path)).toEqual(["a/1.txt", "c/3.txt", "link.txt", "z/deep/2.txt"]);
    expect(ignored).toEqual([
      { path: "a/loop", reason: "a link to a folder around this one" },
      { path: "b", reason: "a link to a folder that is read already" },
      { path: "dead", reason: "a link that leads nowhere" },
      { path: "pipe.jpg", reason: "no ordinary file" },
      { path: "up", reason: "a link to a folder around this one" },
    ]);
    expect(await tree.find("pipe.jpg")).toBeUndefined();
    await expect(tree.read("pipe.jpg")).rejects.toThrow(/no ordinary file/);
    await expect(openDiskTree(join(folder, "set"), { limitEntries: 2 }).list()).rejects.toThrow(
      /more than 2 files/,
    );
  });
});

test("paths that lead out of a zip are refused", async () => {
  for (const name of [
    "/etc/passwd",
    "../up.jpg",
    "a/../../b.jpg",
    "a\\b.jpg",
    "C:/x.jpg",
    "a//b.jpg",
    "a\0.jpg",
  ]) {
    await expect(openZip([{ name }]), name).rejects.toMatchObject({
      code: "ARCHIVE",
      evidence: { entry: name },
    });
  }
});

test("names without a flag are read as UTF-8, or as code page 437", async () => {
  const tree = await openZip([
    { name: "./花/1.jpg", flags: 0 },
    { name: Uint8Array.of(0x82, 0x2f, 0x32), flags: 0 },
    { name: "link", mode: 0o120777 },
    { name: "__MACOSX/x" },
  ]);
  const { files, ignored } = await tree.list();
  expect(files.map(({ path }) => path)).toEqual(["é/2", "花/1.jpg"]);
  expect(ignored).toEqual([
    { path: "__MACOSX/x", reason: "hidden" },
    { path: "link", reason: "a link" },
  ]);
  await tree.close();
});

test("encryption, inner archives, doubles and bombs are refused with clear words", async () => {
  const zeros = new Uint8Array(2 ** 21);
  const cases: [readonly ZipInput[], RegExp, ZipTreeOptions?][] = [
    [[{ name: "a.jpg", flags: 0x801 }], /a.jpg is encrypted/],
    [[{ name: "train.zip" }], /an archive inside the archive/],
    [[{ name: "a.jpg" }, { name: "./a.jpg" }], /a.jpg twice/],
    [[{ name: "a.jpg", bytes: zeros }], /would grow from \d+ to 2097152 bytes/],
    [[{ name: "a.jpg", bytes: zeros, store: true }], /would grow/, { limits: { entryBytes: 2 ** 20 } }],
    [[{ name: "a.jpg", bytes: text("12345") }], /unpacks to 5 bytes/, { limits: { totalBytes: 4 } }],
    [
      [{ name: "a" }, { name: "b" }, { name: "c" }],
      /declares 3 entries, more than 2/,
      { limits: { entries: 2 } },
    ],
    [[{ name: `${"a/".repeat(70)}b` }], /64 folders deep/],
  ];
  for (const [entries, message, options] of cases) {
    await expect(openZip(entries, options)).rejects.toThrow(message);
  }
  await expect(openZip([{ name: "a" }], {}, 2)).rejects.toThrow(/Cannot read/);
});

test("an entry that is damaged or packed otherwise fails alone, as a file does", async () => {
  const lies: ZipInput[] = [
    { name: "short", bytes: text("hello"), claimedSize: 3 },
    { name: "long", bytes: text("hello"), claimedSize: 9 },
    { name: "crc", bytes: text("hello"), crc: 1 },
    { name: "other packing", bytes: text("hello"), method: 12 },
    { name: "no deflate", bytes: Uint8Array.of(7, 7, 7, 7), store: true, method: 8, claimedSize: 9 },
  ];
  const tree = await openZip([...lies, { name: "good", bytes: text("hello") }]);
  for (const { name } of lies)
    await expect(tree.read(String(name)), String(name)).rejects.toMatchObject({
      code: "FILE_READ",
      evidence: { path: name },
      message: expect.not.stringMatching(/\.\.|: *[.;]|method 12.*method 12/),
    });
  await expect(tree.readRange("crc", 0, 1)).rejects.toMatchObject({ code: "FILE_READ" });
  expect(await tree.read("good")).toEqual(text("hello"));
  await tree.close();
});

test("a damaged directory is an ArchiveError, in one sentence with one full stop", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "t.zip");
    const whole = zip([{ name: "a/1.jpg", bytes: text("hello") }]);
    for (const bytes of [whole.subarray(0, -30), whole.subarray(0, 10), new Uint8Array(200)]) {
      await writeFile(path, bytes);
      const opening = openZipTree(path);
      await expect(opening).rejects.toMatchObject({ code: "ARCHIVE", evidence: { path } });
      await expect(opening).rejects.toThrow(/: [^\n]*[^.:;,]\. Download or pack it anew\.$/);
    }
  });
});

test("one top folder is looked through unless it means something", async () => {
  const paths = async (...names: string[]): Promise<string[]> => {
    const tree = await openZip(names.map((name) => ({ name })));
    await tree.close();
    return (await tree.list()).files.map(({ path }) => path);
  };
  expect(await paths("set/a/1.jpg", "set/b/2.jpg", "set/readme")).toEqual(["a/1.jpg", "b/2.jpg", "readme"]);
  expect(await paths("x/y/a/1.jpg", "x/y/b/2.jpg", "__MACOSX/z")).toEqual(["a/1.jpg", "b/2.jpg"]);
  expect(await paths("set/l.csv", "set/1.jpg")).toEqual(["1.jpg", "l.csv"]);
  expect(await paths("train/a/1.jpg")).toEqual(["train/a/1.jpg"]);
  expect(await paths("cats/1.jpg", "cats/2.jpg")).toEqual(["cats/1.jpg", "cats/2.jpg"]);
  expect(await paths("set/a/1.jpg", "readme")).toEqual(["readme", "set/a/1.jpg"]);
});

test("a zip with any bytes changed or cut opens, or fails with our error", async () => {
  const honest = zip([
    { name: "a/1.jpg", bytes: text("hello".repeat(50)) },
    { name: "b/2.jpg", bytes: text("you"), store: true },
  ]);
  await inFolder(async (folder) => {
    const path = join(folder, "z.zip");
    const change = fc.array(fc.tuple(fc.nat(honest.length - 1), fc.nat(255)), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(change, fc.nat(honest.length), async (changes, cut) => {
        const bytes = honest.slice(0, changes.length === 0 ? cut : honest.length);
        for (const [at, value] of changes) bytes[at] = value;
        await writeFile(path, bytes);
        try {
          const tree = await openZipTree(path);
          try {
            for (const file of (await tree.list()).files) await tree.read(file.path);
          } finally {
            await tree.close();
          }
        } catch (error) {
          expect(error).toBeInstanceOf(TsugikiError);
        }
      }),
      { seed: 20, numRuns: 300 },
    );
  });
});
