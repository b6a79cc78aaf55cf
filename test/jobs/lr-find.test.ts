import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type FindRateOptions,
  type FoundRate,
  findLearningRate,
  finish,
  UsageError,
} from "../../src/index.ts";

const data = join(import.meta.dirname, "../../examples/patterns");
let folder: string;
let found: FoundRate;

const run = (options: Partial<FindRateOptions> = {}, onEvent: (event: { type: string }) => void = () => {}) =>
  finish(
    findLearningRate({
      data,
      unfreeze: "0.2",
      size: 40,
      cache: join(folder, "cache"),
      out: join(folder, "out"),
      steps: 30,
      seed: 11,
      ...options,
    }),
    onEvent,
  );

const types = new Set<string>();
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsugiki-lr-"));
  found = await run({}, (event) => types.add(event.type));
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

test("rates grow by one factor from the first on, and the test ends where the loss explodes", () => {
  const { points, stopped } = found;
  expect(stopped, "seed 11").toBe(true);
  expect(points.length).toBeLessThan(30);
  expect(points[0]?.rate).toBeCloseTo(1e-6, 12);
  for (const [i, { rate }] of points.entries()) expect(Math.log10(rate)).toBeCloseTo(-6 + (6 * i) / 29, 9);
  const smoothed = points.map((point) => point.smoothed);
  const before = smoothed.slice(0, -1);
  expect(Math.max(...before) / Math.min(...before)).toBeLessThan(4);
  expect([...types]).toEqual(
    expect.arrayContaining(["opened", "features", "split", "solve", "stage", "views", "range", "done"]),
  );
});

test("what is suggested lies where people train, below the upper bound", () => {
  const { rate, highest } = found.suggestion!;
  expect(rate, "seed 11").toBeGreaterThan(1e-5);
  expect(rate, "seed 11").toBeLessThan(highest);
  expect(highest, "seed 11").toBeLessThan(0.1);
  expect(highest).toBeLessThan(found.points.at(-1)!.rate);
});

test("the first loss is that of the weights that the head learned: far below guessing", () => {
  expect(found.points[0]!.loss).toBeLessThan(Math.log(4) * 0.75);
});

test("the files hold the points, a chart and its picture, and nothing is left beside them", async () => {
  const { csv, svg, png } = found.files;
  const rows: Record<string, string>[] = parse(readFileSync(csv), { columns: true });
  expect(rows.map((row) => Object.fromEntries(Object.entries(row).map(([k, v]) => [k, Number(v)])))).toEqual(
    found.points,
  );
  expect(readFileSync(svg, "utf8")).toMatch(/^<svg .*<\/svg>\n$/s);
  expect(await sharp(svg).metadata()).toMatchObject({ format: "svg", width: 720, height: 420 });
  expect(await sharp(png).metadata()).toMatchObject({ format: "png", width: 1440, height: 840 });
  expect(readdirSync(join(folder, "out")).sort()).toEqual(["lr-find.csv", "lr-find.png", "lr-find.svg"]);
});

test("the same seed gives the same losses, another one others", async () => {
  const again = await run({ out: join(folder, "again") });
  expect(again.points).toEqual(found.points);
  const other = await run({ out: join(folder, "other"), seed: 12, steps: 3, to: 1e-5 });
  expect(other.points.map(({ loss }) => loss)).not.toEqual(found.points.slice(0, 3).map(({ loss }) => loss));
  expect(other.stopped).toBe(false);
});

test("misuse is told before anything is opened or made", async () => {
  const out = join(folder, "never");
  const cases: [Partial<FindRateOptions>, RegExp][] = [
    [{ strategy: "features", unfreeze: undefined }, /no learning rate to find/],
    [{ from: 1, to: 0.1 }, /above the first rate, 1/],
    [{ steps: 1 }, /steps/],
    [{ out: join(data, "dots") }, /in the data's own folder/],
  ];
  for (const [options, message] of cases) {
    const failing = run({ out, ...options });
    await expect(failing).rejects.toThrow(message);
    await expect(failing).rejects.toBeInstanceOf(UsageError);
  }
  expect(existsSync(out)).toBe(false);
});

test("stopped, it leaves no folder of its own, and one that was there alone", async () => {
  const abort = new AbortController();
  const stop = (event: { type: string }) => event.type === "range" && abort.abort(new Error("enough"));
  const out = join(folder, "stopped");
  await expect(run({ out, signal: abort.signal }, stop)).rejects.toThrow("enough");
  expect(existsSync(out)).toBe(false);
  mkdirSync(join(out, "mine"), { recursive: true });
  await expect(run({ out, signal: abort.signal })).rejects.toThrow("enough");
  expect(readdirSync(out)).toEqual(["mine"]);
});
