import { mkdir, mkdtemp, rm, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { locked } from "./lock-node.ts";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "tsugiki-lock-"));
});
afterEach(() => rm(root, { recursive: true }));

test("one at a time, and all come to it", async () => {
  const folder = join(root, "locks", "model");
  let [inside, most, done] = [0, 0, 0];
  const work = async (): Promise<void> => {
    inside++;
    most = Math.max(most, inside);
    await new Promise((next) => setTimeout(next, 5));
    inside--;
    done++;
  };
  await Promise.all(Array.from({ length: 12 }, () => locked(folder, work)));
  expect([most, done]).toEqual([1, 12]);
});

test("the folder of the lock comes and goes, being empty, with those who take it and leave it", async () => {
  const folder = join(root, "locks", "model");
  let over = false;
  const others = Array.from({ length: 4 }, async () => {
    while (!over) {
      // Node's own recursive mkdir fails where somebody takes the folder away between two of its calls.
      await mkdir(folder, { recursive: true }).catch(() => {});
      await rmdir(folder).catch(() => {});
    }
  });
  try {
    for (let i = 0; i < 6; i++) expect(await locked(folder, async () => i)).toBe(i);
  } finally {
    over = true;
    await Promise.all(others);
  }
}, 60_000);
