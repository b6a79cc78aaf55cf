import sharp from "sharp";
import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import { decodeBytes } from "../data/decode-sharp.ts";
import { background, paints } from "./background.ts";
import { drawJpeg } from "./draw-sharp.ts";
import type { Drawing } from "./emoji-node.ts";
import { pictureSvg, pose } from "./picture.ts";

/** Not a hand, but what shows where a hand would be: its left half red, its right half blue. */
const halves: Drawing = {
  gesture: "rock",
  emoji: "raised-fist",
  tone: "yellow",
  body: '<path fill="#f00" d="M0 0h10v20H0z"/><path fill="#00f" d="M10 0h10v20H10z"/>',
  width: 20,
  height: 20,
};
const side = 160;

test("the same seed and path draw the same picture; another seed, path or drawing another one", () => {
  const drawn = pictureSvg(halves, side, { seed: 1, path: [2, 3] });
  expect(pictureSvg(halves, side, { seed: 1, path: [2, 3] })).toBe(drawn);
  expect(pictureSvg(halves, side, { seed: 2, path: [2, 3] })).not.toBe(drawn);
  expect(pictureSvg(halves, side, { seed: 1, path: [2, 4] })).not.toBe(drawn);
  expect(pictureSvg({ ...halves, body: "" }, side, { seed: 1, path: [2, 3] })).not.toBe(drawn);
});

test("poses fill their ranges, both ways round", () => {
  const poses = Array.from({ length: 2000 }, (_, i) => pose({ seed: 8, path: [i] }));
  const range = (of: (one: (typeof poses)[number]) => number): number[] => [
    Math.min(...poses.map(of)),
    Math.max(...poses.map(of)),
  ];
  const [small, large] = range(({ size }) => size);
  expect(small, "seed 8").toBeGreaterThanOrEqual(0.45);
  expect(small).toBeLessThan(0.46);
  expect(large).toBeLessThan(0.85);
  expect(large).toBeGreaterThan(0.84);
  const [left, right] = range(({ angle }) => angle);
  expect(left).toBeGreaterThanOrEqual(-35);
  expect(left).toBeLessThan(-34);
  expect(right).toBeLessThanOrEqual(35);
  expect(right).toBeGreaterThan(34);
  // A tenth of a hand may stand over an edge, half of that on either side.
  for (const { x, y, size } of poses) {
    for (const at of [x, y]) {
      expect(at - size / 2).toBeGreaterThanOrEqual(-0.05 * size - 1e-9);
      expect(at + size / 2).toBeLessThanOrEqual(1 + 0.05 * size + 1e-9);
    }
  }
  const mirrored = poses.filter((one) => one.mirrored).length;
  // 1000 expected; five standard deviations are 112.
  expect(Math.abs(mirrored - 1000)).toBeLessThan(112);
});

test("the hand stands where its pose says: at its middle's left it is red, at its right blue, the other way mirrored", async () => {
  for (let i = 0; i < 20; i++) {
    const from = { seed: 4, path: [i] };
    const { x, y, size, angle, mirrored } = pose(from);
    const svg = pictureSvg(halves, side, from);
    const { data } = await decodeBytes(await sharp(Buffer.from(svg)).png().toBuffer());
    const turn = (angle * Math.PI) / 180;
    const reach = 0.3 * size * side;
    for (const sign of [-1, 1]) {
      const column = Math.round(x * side + sign * reach * Math.cos(turn));
      const row = Math.round(y * side + sign * reach * Math.sin(turn));
      const pixel = [...data.subarray(3 * (row * side + column), 3 * (row * side + column) + 3)];
      const isRed = sign < 0 !== mirrored;
      expect(pixel, `seed 4, path ${i}, side ${sign}`).toEqual(isRed ? [255, 0, 0] : [0, 0, 255]);
    }
  }
});

test("every background paints the whole square, and differs from draw to draw", async () => {
  for (const [i, paint] of paints.entries()) {
    const drawn = await Promise.all(
      [1, 2].map((seed) => {
        const ground = `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">${paint(64, random(seed))}</svg>`;
        return sharp(Buffer.from(ground)).ensureAlpha().raw().toBuffer();
      }),
    );
    for (const pixels of drawn) {
      const alphas = pixels.filter((_, at) => at % 4 === 3);
      expect(Math.min(...alphas), `background ${i}`).toBe(255);
    }
    expect(drawn[0]!.equals(drawn[1]!), `background ${i}`).toBe(false);
  }
});

test("all kinds of background come up, and no id of theirs could be a body's", () => {
  const rng = random(3);
  const texts = Array.from({ length: 300 }, () => background(side, rng));
  for (const word of [
    "<pattern",
    "<linearGradient",
    "<radialGradient",
    "<ellipse",
    "<circle",
    "feTurbulence",
  ])
    expect(
      texts.some((text) => text.includes(word)),
      `seed 3, ${word}`,
    ).toBe(true);
  for (const text of texts) {
    for (const [, id] of text.matchAll(/\bid="([^"]*)"/g)) expect(id).toMatch(/^ground/);
    for (const [, id] of text.matchAll(/url\(#([^)]*)\)/g)) expect(text).toContain(`id="${id}"`);
  }
});

test("a drawn file is a JPEG of 160 pixels, the same bytes each time", async () => {
  const planned = { drawing: halves, from: { seed: 6, path: [0, 1, 2] } };
  const bytes = await drawJpeg(planned);
  expect([...bytes.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);
  expect(await decodeBytes(bytes)).toMatchObject({ width: 160, height: 160 });
  expect(await drawJpeg(planned)).toEqual(bytes);
});
