import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import type { RowStore } from "./row-store.ts";
import { openRowStore } from "./row-store-node.ts";
import { inFolder } from "./testing/files.ts";

const rowBytes = 24;

const hashOf = (i: number): string => createHash("sha256").update(String(i)).digest("hex");
const rowOf = (i: number, length = rowBytes): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => (i * 31 + at * 7) % 256);

/** A closed store with rows for these numbers, in one shard, whose path it returns. */
function fill(folder: string, numbers: readonly number[], length = rowBytes): string {
  const before = new Set(shards(folder));
  const store = openRowStore(folder, length);
  for (const i of numbers) store.put(hashOf(i), rowOf(i, length));
  store.close();
  const [shard] = shards(folder).filter((path) => !before.has(path));
  if (shard === undefined) throw new Error("no shard was written");
  return shard;
}

function shards(folder: string): string[] {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder)
    .filter((name) => name.endsWith(".rows"))
    .map((name) => join(folder, name));
}

/** Which of these numbers a store has, each held to its row. */
function known(store: RowStore, numbers: readonly number[]): number[] {
  return numbers.filter((i) => {
    const row = store.get(hashOf(i));
    expect(store.has(hashOf(i))).toBe(row !== undefined);
    if (row !== undefined) expect(row).toEqual(rowOf(i));
    return row !== undefined;
  });
}

const refused = (path: unknown) => expect.objectContaining({ code: "CACHE", evidence: { path } });

test("rows are there at once, after a flush, and after opening the folder again", async () => {
  await inFolder(async (folder) => {
    const place = join(folder, "deep", "er");
    const store = openRowStore(place, rowBytes);
    store.put(hashOf(1), rowOf(1));
    expect(known(store, [1, 2])).toEqual([1]);
    expect(shards(place)).toEqual([]);
    store.flush();
    store.flush();
    store.put(hashOf(1), rowOf(9));
    store.put(hashOf(2), rowOf(2));
    expect(known(store, [1, 2, 3])).toEqual([1, 2]);
    expect(shards(place).length).toBe(1);
    store.close();
    store.close();
    expect(fs.readdirSync(place).every((name) => name.endsWith(".rows"))).toBe(true);
    expect(shards(place).length).toBe(2);
    const again = openRowStore(place, rowBytes);
    expect(known(again, [1, 2, 3])).toEqual([1, 2]);
    again.close();
    expect(shards(place).length).toBe(2);
  });
});

test("a full shard is written without a flush", async () => {
  await inFolder(async (folder) => {
    const store = openRowStore(folder, 2 ** 20);
    for (let i = 0; i < 5; i++) store.put(hashOf(i), rowOf(i, 2 ** 20));
    expect(shards(folder).length).toBe(1);
    store.close();
    expect(shards(folder).length).toBe(2);
  });
});

test("more shards than files are kept open are all read", async () => {
  await inFolder(async (folder) => {
    const numbers = Array.from({ length: 80 }, (_, i) => i);
    for (const i of numbers) fill(folder, [i]);
    const store = openRowStore(folder, rowBytes);
    expect(known(store, numbers)).toEqual(numbers);
    expect(known(store, numbers)).toEqual(numbers);
    store.close();
  });
});

test("what is cut, random, of other rows or no file at all is passed over, and the rest is read", async () => {
  await inFolder(async (folder) => {
    fill(folder, [1, 2]);
    const cut = fill(folder, [3, 4]);
    const whole = fs.readFileSync(cut);
    const rng = random(5);
    for (const length of [0, 7, 15, 16, 40, 16 + 64, whole.length - 1]) {
      fs.writeFileSync(cut, whole.subarray(0, length));
      const noise = Buffer.from(Uint8Array.from({ length: length * 3 }, () => rng.int(256)));
      fs.writeFileSync(join(folder, "noise.rows"), noise);
      // The right start, then numbers that promise more rows than any file has.
      fs.writeFileSync(
        join(folder, "vast.rows"),
        Buffer.concat([whole.subarray(0, 12), Buffer.alloc(9, 255)]),
      );
      const store = openRowStore(folder, rowBytes);
      expect(known(store, [1, 2, 3, 4]), `cut to ${length}`).toEqual([1, 2]);
      store.close();
    }
    fs.writeFileSync(cut, Buffer.concat([whole, Buffer.of(0)]));
    fs.mkdirSync(join(folder, "folder.rows"));
    fs.symlinkSync("nowhere", join(folder, "dead.rows"));
    fs.symlinkSync("nowhere", join(folder, "dead.part"));
    fs.writeFileSync(join(folder, "torn.rows.part"), whole.subarray(0, 50));
    fill(folder, [3], 40);
    const store = openRowStore(folder, rowBytes);
    expect(known(store, [1, 2, 3, 4])).toEqual([1, 2]);
    store.put(hashOf(3), rowOf(3));
    store.close();
    const other = openRowStore(folder, 40);
    expect(other.get(hashOf(3))).toEqual(rowOf(3, 40));
    expect(other.has(hashOf(1))).toBe(false);
    other.close();
    expect(known(openRowStore(folder, rowBytes), [1, 2, 3, 4])).toEqual([1, 2, 3]);
  });
});

test("two stores on one folder add to it and do not disturb each other", async () => {
  await inFolder(async (folder) => {
    const [a, b] = [openRowStore(folder, rowBytes), openRowStore(folder, rowBytes)];
    for (let i = 0; i < 20; i++) {
      if (i % 3 !== 0) a.put(hashOf(i), rowOf(i));
      if (i % 3 !== 1) b.put(hashOf(i), rowOf(i));
      if (i % 5 === 0) a.flush();
      if (i % 7 === 0) b.flush();
    }
    a.close();
    b.close();
    const numbers = Array.from({ length: 20 }, (_, i) => i);
    expect(known(openRowStore(folder, rowBytes), numbers)).toEqual(numbers);
  });
});

test("a stray part is removed when it is older than a day", async () => {
  await inFolder(async (folder) => {
    const day = 24 * 3600 * 1000;
    for (const [name, age] of [
      ["old.rows.part", day + 60_000],
      ["young.rows.part", day - 60_000],
      ["old.txt", 9 * day],
    ] as const) {
      const then = new Date(Date.now() - age);
      fs.writeFileSync(join(folder, name), "x");
      fs.utimesSync(join(folder, name), then, then);
    }
    openRowStore(folder, rowBytes).close();
    expect(fs.readdirSync(folder).sort()).toEqual(["old.txt", "young.rows.part"]);
  });
});

test("a folder that cannot be made is a CacheError", async () => {
  await inFolder(async (folder) => {
    const file = join(folder, "file");
    fs.writeFileSync(file, "x");
    for (const path of [file, join(file, "features")]) {
      expect(() => openRowStore(path, rowBytes)).toThrow(refused(path));
      expect(() => openRowStore(path, rowBytes)).toThrow(
        /^Cannot use the cache folder .*[^.]\. .*--cache\.$/,
      );
    }
  });
});

test("a flush into a folder that is gone is a CacheError, told once: closing ends it quietly", async () => {
  await inFolder(async (folder) => {
    const place = join(folder, "cache");
    fill(place, [1]);
    const store = openRowStore(place, rowBytes);
    store.put(hashOf(2), rowOf(2));
    fs.rmSync(place, { recursive: true });
    expect(() => store.get(hashOf(1))).toThrow(refused(expect.stringMatching(/\.rows$/)));
    expect(() => store.flush()).toThrow(refused(place));
    expect(() => store.flush()).toThrow(/ENOENT/);
    expect(known(store, [2])).toEqual([2]);
    store.close();
    store.close();

    const untold = openRowStore(place, rowBytes);
    untold.put(hashOf(2), rowOf(2));
    fs.rmSync(place, { recursive: true });
    expect(() => untold.close()).toThrow(refused(place));
    untold.close();
  });
});

test("a flush that failed is made good by the next", async () => {
  await inFolder(async (folder) => {
    for (const last of ["flush", "close"] as const) {
      const place = join(folder, last);
      const store = openRowStore(place, rowBytes);
      store.put(hashOf(1), rowOf(1));
      fs.rmSync(place, { recursive: true });
      expect(() => store.flush()).toThrow(refused(place));
      fs.mkdirSync(place);
      store[last]();
      expect(known(openRowStore(place, rowBytes), [1])).toEqual([1]);
      store.close();
    }
  });
});

test("a shard that shrinks while it is read is a CacheError", async () => {
  await inFolder(async (folder) => {
    const shard = fill(folder, [1, 2]);
    const store = openRowStore(folder, rowBytes);
    expect(known(store, [1])).toEqual([1]);
    fs.truncateSync(shard, 60);
    expect(() => store.get(hashOf(2))).toThrow(refused(shard));
    store.close();
  });
});

test("any sequence of put, flush and reopening is as a Map", async () => {
  await inFolder(async (folder) => {
    let run = 0;
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.nat(30) },
      { weight: 2, arbitrary: fc.constant("flush" as const) },
      { weight: 1, arbitrary: fc.constant("reopen" as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const place = join(folder, String(run++));
        const map = new Map<number, Uint8Array>();
        let store = openRowStore(place, rowBytes);
        for (const one of steps) {
          if (one === "flush") store.flush();
          else if (one === "reopen") {
            store.close();
            store = openRowStore(place, rowBytes);
          } else {
            // A row that is there stays: it is of the same content.
            store.put(hashOf(one), map.get(one) ?? rowOf(one));
            map.set(one, rowOf(one));
          }
          for (let i = 0; i <= 30; i++) expect(store.get(hashOf(i))).toEqual(map.get(i));
        }
        store.close();
      }),
      { seed: 8, numRuns: 60 },
    );
  });
});
