import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawPatterns } from "../../recipes/patterns/patterns.ts";
import { type FailedFile, finish, inspect, type PredictedFile, predict, train } from "../../src/index.ts";

let folder: string;
let data: string;
let out: string;

async function answers(...inputs: string[]): Promise<(FailedFile | PredictedFile)[]> {
  const all: (FailedFile | PredictedFile)[] = [];
  for await (const answer of predict({ model: out, inputs })) all.push(answer);
  return all;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsugiki-predict-"));
  data = join(folder, "patterns");
  out = join(folder, "run");
  await drawPatterns(data, 12, 5);
  await finish(train({ data, out, cache: join(folder, "cache") }));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("folders are walked as training walks them: links followed, hidden folders left out", async () => {
  const photos = join(folder, "photos");
  mkdirSync(join(photos, ".thumbs"), { recursive: true });
  mkdirSync(join(photos, "holiday"));
  renameSync(join(data, "dots", "0.jpg"), join(photos, ".thumbs", "0.jpg"));
  renameSync(join(data, "dots", "1.jpg"), join(photos, "holiday", "1.jpg"));
  symlinkSync(join(data, "dots", "2.jpg"), join(photos, "linked.jpg"));
  symlinkSync(photos, join(photos, "holiday", "loop"));
  writeFileSync(join(photos, "notes.txt"), "no picture");
  const files = (await answers(photos)).map(({ type, file }) => [type, file]);
  expect(files).toEqual([
    ["predicted", join(photos, "holiday", "1.jpg")],
    ["predicted", join(photos, "linked.jpg")],
  ]);
});

test("a missing file or an empty folder among others is reported in its place", async () => {
  const empty = join(folder, "empty");
  mkdirSync(empty);
  const good = join(data, "dots", "3.jpg");
  const found = await answers("nowhere.jpg", good, empty);
  expect(found.map(({ type, file, done, total }) => [type, file, done, total])).toEqual([
    ["failed", "nowhere.jpg", 1, 3],
    ["predicted", good, 2, 3],
    ["failed", empty, 3, 3],
  ]);
  expect(found[0]).toMatchObject({ reason: expect.stringMatching(/ENOENT/) });
  expect(found[2]).toMatchObject({ reason: "there are no pictures in it" });

  await expect(answers("nowhere.jpg", empty)).rejects.toMatchObject({ code: "USAGE" });
  await expect(answers("nowhere.jpg", empty)).rejects.toThrow(/nowhere\.jpg nor any of the 2 named/);
  await expect(answers("nowhere.jpg")).rejects.toThrow(/^Cannot open nowhere\.jpg: ENOENT/);
  await expect(answers()).rejects.toMatchObject({ code: "USAGE" });
});

test("a strip is refused by predict and inspect alike, as by training", async () => {
  const strip = join(data, "dots", "strip.png");
  // Under "cover" its 48,000 pixels would become a picture of more than a gigabyte.
  await sharp({ create: { width: 3, height: 16000, channels: 3, background: "#888" } })
    .png()
    .toFile(strip);
  const reason = expect.stringMatching(/3 x 16000 is a strip/);
  const [first, second] = await answers(strip, join(data, "dots", "3.jpg"));
  expect(first).toMatchObject({ type: "failed", file: strip, reason });
  expect(second).toMatchObject({ type: "predicted" });
  const { unreadable } = await finish(inspect({ data }));
  expect(unreadable).toEqual([{ file: "dots/strip.png", reason }]);
  rmSync(strip);
});
