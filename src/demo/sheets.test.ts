import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodeBytes } from "../data/decode-sharp.ts";
import { type Answer, gridLayout, gridPng } from "./grid-sharp.ts";
import { sampleAnswers } from "./sample-answers.ts";
import { renderLine } from "./text-sharp.ts";
import { vendorsPng } from "./vendors-sharp.ts";

let folder: string;
let file: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsugiki-sheets-"));
  file = join(folder, "blue.png");
  await sharp({ create: { width: 40, height: 40, channels: 3, background: "#0000ff" } })
    .png()
    .toFile(file);
});
afterAll(() => rmSync(folder, { recursive: true }));

const right = (): Answer => ({ file, predicted: "rock", probability: 0.9, label: "rock" });
const wrong = (): Answer => ({ file, predicted: "paper", probability: 0.6, label: "rock" });
const text = { heading: "Half right", notes: ["one of two"] };

/** A reader of a sheet's pixels, as "#rrggbb". */
async function pixels(png: Uint8Array) {
  const { width, height, data } = await decodeBytes(png);
  const at = (x: number, y: number): string =>
    `#${Buffer.from(data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3)).toString("hex")}`;
  /** Pixels of an area that are not white. */
  const inked = (left: number, top: number, right: number, bottom: number): number => {
    let count = 0;
    for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) if (at(x, y) !== "#ffffff") count++;
    return count;
  };
  return { width, height, at, inked };
}

test("a right answer stands in green with a tick, a wrong one in red with a cross and the truth below", async () => {
  const { at: place, side, frame, ...size } = gridLayout(2, 1);
  const { at, inked, width, height } = await pixels(await gridPng([right(), wrong()], text));
  expect({ width, height }).toEqual({ width: size.width, height: size.height });
  for (const [tile, colour] of ["#1a7f37", "#cf222e"].entries()) {
    const { left, top } = place(tile);
    for (const [x, y] of [
      [left + 2, top + side / 2],
      [left + side - 3, top + side / 2],
      [left + side / 2, top + 2],
      [left + side / 2, top + side - 3],
    ] as const)
      expect(at(Math.floor(x), Math.floor(y)), `tile ${tile}`).toBe(colour);
    expect(at(left + Math.floor(side / 2), top + Math.floor(side / 2))).toBe("#0000ff");
    expect(at(left + frame, top + frame)).toBe("#0000ff");
    // The disc with its mark, and the title beside it.
    expect(at(left + 7, top + side + 7)).toBe(colour);
    expect(inked(left + 19, top + side + 6, left + side, top + side + 20)).toBeGreaterThan(100);
  }
  const truth = [0, 1].map((tile) => {
    const { left, top } = place(tile);
    return inked(left + 19, top + side + 23, left + side, top + side + 36);
  });
  expect(truth[0]).toBe(0);
  expect(truth[1]).toBeGreaterThan(50);
  // The marks differ without their colours, too: white pixels of tick and cross within the discs.
  const white = [0, 1].map((tile) => {
    const { left, top } = place(tile);
    const found: string[] = [];
    for (let y = 3; y < 12; y++)
      for (let x = 3; x < 12; x++)
        if (at(left + x, top + side + 6 + y) === "#ffffff") found.push(`${x},${y}`);
    return found.join(" ");
  });
  expect(white[0]).not.toBe(white[1]);
  // Heading and note, and nothing in the margin.
  expect(inked(24, 20, 300, 52)).toBeGreaterThan(300);
  expect(inked(0, 0, 20, height)).toBe(0);
});

test("the grid grows by rows of eight", () => {
  const { at, side, width } = gridLayout(9, 1);
  expect(at(8)).toEqual({ left: at(0).left, top: gridLayout(17, 1).at(8).top });
  expect(at(7).left + side).toBeLessThanOrEqual(width - at(0).left);
  expect(gridLayout(8, 1).height).toBe(gridLayout(1, 1).height);
  expect(gridLayout(9, 1).height).toBeGreaterThan(gridLayout(8, 1).height);
});

test("lines of a size have one height whatever their letters, letters are drawn, and markup is text", async () => {
  const style = { size: 14, colour: "#1f2328" };
  const lines = await Promise.all(
    ["rock", "paper 61 %", "a", "(95 %)"].map((each) => renderLine(each, style)),
  );
  expect(new Set(lines.map(({ height }) => height)).size).toBe(1);
  const [rock, , a] = lines;
  expect(rock!.width).toBeGreaterThan(a!.width);
  // Where the font were missing, every letter would be the same box.
  const [m, w] = await Promise.all(["M", "W"].map((each) => renderLine(each, style)));
  expect(m!.png.equals(w!.png)).toBe(false);
  const markup = await renderLine("<b>a & b</b>", style);
  expect(markup.width).toBeGreaterThan((await renderLine("a & b", style)).width);
});

test("a sample holds mistakes in their true share, one at least, and all where there is room", () => {
  const answers = (n: number, mistakes: number): Answer[] =>
    Array.from({ length: n }, (_, i) => (i < mistakes ? wrong() : right()));
  const mistakesIn = (some: readonly Answer[]): number =>
    some.filter(({ predicted, label }) => predicted !== label).length;
  for (const [mistakes, expected] of [
    [0, 0],
    [1, 1],
    [18, 4],
    [90, 20],
    [180, 40],
  ] as const) {
    const sample = sampleAnswers(answers(180, mistakes), 40, 11);
    expect(sample, `seed 11, ${mistakes}`).toHaveLength(40);
    expect(mistakesIn(sample), `seed 11, ${mistakes}`).toBe(expected);
  }
  const all = answers(30, 7);
  expect(new Set(sampleAnswers(all, 40, 11))).toEqual(new Set(all));
  expect(sampleAnswers(all, 10, 11)).toEqual(sampleAnswers(all, 10, 11));
  expect(sampleAnswers(all, 10, 11)).not.toEqual(sampleAnswers(all, 10, 12));
});

test("a vendor's row has its name at the left and its pictures at the right", async () => {
  const row = { title: "Some Emoji", use: "to train on", notes: ["Somebody", "CC0"], pictures: [file, file] };
  const { width, height, at, inked } = await pixels(await vendorsPng("Heading", [row, row]));
  expect(width).toBe(1000);
  expect(inked(24, 74, 200, height - 24)).toBeGreaterThan(500);
  expect(at(900, 120)).toBe("#0000ff");
  expect(at(900, height - 60)).toBe("#0000ff");
});
