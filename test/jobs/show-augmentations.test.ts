import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawPatterns } from "../../recipes/patterns/patterns.ts";
import { type ShowAugmentationsOptions, showAugmentations, UsageError } from "../../src/index.ts";

const [size, gap, side] = [32, 2, 34];
let folder: string;
let data: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsugiki-augment-"));
  data = join(folder, "patterns");
  await drawPatterns(data, 4, 5);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The cells of a sheet as bytes, row by row. */
async function cells(file: string): Promise<string[][]> {
  const { width, height } = await sharp(file).metadata();
  const columns = (width + gap) / side;
  const rows = (height + gap) / side;
  const cell = async (row: number, column: number): Promise<string> => {
    const area = { left: column * side, top: row * side, width: size, height: size };
    return (await sharp(file).extract(area).removeAlpha().raw().toBuffer()).toString("hex");
  };
  return Promise.all(
    Array.from({ length: rows }, (_, row) =>
      Promise.all(Array.from({ length: columns }, (_, column) => cell(row, column))),
    ),
  );
}

test("twelve pictures, three of each of four classes, and the four views of each that are kept; the same again", async () => {
  const file = join(folder, "sheets", "sheet.png");
  const shown = await showAugmentations({ data, size, strategy: "finetune", file });
  expect(shown).toMatchObject({ file, width: 5 * side - gap, height: 12 * side - gap, views: 4 });
  expect(shown.augmentation).toContain("flip");
  const classes = shown.pictures.map((id) => id.split("/")[0]);
  for (const name of new Set(classes)) expect(classes.filter((each) => each === name)).toHaveLength(3);
  expect(await sharp(file).metadata()).toMatchObject({
    format: "png",
    width: shown.width,
    height: shown.height,
  });
  const first = await cells(file);
  for (const row of first) expect(new Set(row).size, "seed 0: all views differ").toBe(5);

  const twin = join(folder, "sheets", "twin.png");
  await showAugmentations({ data, size, strategy: "finetune", file: twin });
  expect(await cells(twin)).toEqual(first);
  expect(readdirSync(join(folder, "sheets")).sort()).toEqual(["sheet.png", "twin.png"]);
});

test("with no augmentation every view is the picture itself; an unreadable one is passed over", async () => {
  const broken = join(folder, "broken");
  await drawPatterns(broken, 2, 6);
  for (const name of readdirSync(broken)) writeFileSync(join(broken, name, "bad.jpg"), "no picture");
  const out = join(folder, "run");
  const shown = await showAugmentations({ data: broken, size, strategy: "full", augment: "none", out });
  expect(shown.file).toBe(join(out, "augmentations.png"));
  expect(shown.pictures).toHaveLength(8);
  for (const row of await cells(shown.file)) expect(new Set(row).size).toBe(1);
});

test("as many views as training shows: one an epoch where none are kept, seven at most", async () => {
  const shown = async (options: Partial<ShowAugmentationsOptions>): Promise<number> => {
    const file = join(folder, "counted.png");
    return (await showAugmentations({ data, size, strategy: "finetune", file, ...options })).views;
  };
  expect(await shown({ views: 2 })).toBe(2);
  expect(await shown({ views: 0 })).toBe(7);
  expect(await shown({ views: 0, epochs: 3 })).toBe(3);
  expect(await shown({ augment: "none" })).toBe(1);
  expect(await shown({ strategy: "full", epochs: 9 })).toBe(7);
});

test("misuse is told before anything is made", async () => {
  const file = join(folder, "never", "sheet.jpg");
  for (const [options, message] of [
    [{}, /no augmentations to show/],
    [{ strategy: "finetune", file }, /End it in .png/],
    [{ strategy: "finetune", file: join(data, "sheet.png") }, /in the data's own folder/],
  ] as const) {
    const failing = showAugmentations({ data, size, ...options });
    await expect(failing).rejects.toThrow(message);
    await expect(failing).rejects.toBeInstanceOf(UsageError);
  }
  expect(existsSync(join(folder, "never"))).toBe(false);
});
