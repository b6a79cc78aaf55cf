import { existsSync, readdirSync, readFileSync } from "node:fs";
import sharp, { type Sharp } from "sharp";
import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import { decodeBytes } from "./decode-sharp.ts";
import { defaultMaxDistance, groupDuplicates, hammingDistance } from "./duplicates.ts";
import { fingerprint } from "./fingerprint.ts";
import type { Pixels } from "./sample.ts";

function filled(width: number, height: number, colour: (x: number, y: number) => readonly number[]): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) data.set(colour(x, y), (y * width + x) * 3);
  return { width, height, data };
}

test("the bits are those worked out by hand", () => {
  // Rises from left to right everywhere: every slope bit is set. Only the horizontal frequencies differ from 0.
  const ramp = fingerprint(filled(64, 64, (x) => [x * 4, x * 4, x * 4]));
  expect(Array.from(ramp.subarray(8))).toEqual(Array(8).fill(0xff));
  const falling = fingerprint(filled(64, 64, (x) => [255 - x * 4, 255 - x * 4, 255 - x * 4]));
  expect(Array.from(falling.subarray(8))).toEqual(Array(8).fill(0));
  // cos π(x + ½)/32 falls, so a falling ramp has a positive first frequency (bit 1), a rising one a negative.
  expect([(falling[0] ?? 0) & 2, (ramp[0] ?? 0) & 2]).toEqual([2, 0]);
});

test("size does not matter, down to a single pixel", () => {
  // Waves of many lengths: in a plain ramp most frequencies are nothing, and their order is chance.
  const wave = (w: number, h: number) =>
    filled(w, h, (x, y) => {
      let value = 128;
      for (let k = 1; k < 9; k++)
        value += (60 / k) * Math.sin((k * k * x) / w + k) * Math.cos((k * 3 * y) / h - k);
      return [value, value, 90];
    });
  const large = fingerprint(wave(640, 480));
  for (const [w, h] of [
    [320, 240],
    [96, 96],
    [33, 200],
  ] as const) {
    expect(hammingDistance(large, fingerprint(wave(w, h))), `${w} x ${h}`).toBeLessThanOrEqual(
      defaultMaxDistance,
    );
  }
  for (const [w, h] of [
    [1, 1],
    [1, 7],
    [5000, 1],
    [31, 33],
  ] as const)
    expect(fingerprint(wave(w, h)).length).toBe(16);
});

test("blank pictures are twins in one colour, not in two", () => {
  const seed = 5;
  const rng = random(seed);
  const noisy = (colour: readonly number[]) =>
    fingerprint(filled(50, 40, () => colour.map((value) => value + rng.int(3) - 1)));
  const colours = [
    [255, 255, 255],
    [0, 0, 0],
    [128, 128, 128],
    [240, 10, 10],
    [10, 240, 10],
    [10, 10, 240],
    [160, 160, 160],
  ];
  for (const [i, a] of colours.entries()) {
    const held = a.map((value) => Math.min(254, Math.max(1, value)));
    expect(hammingDistance(noisy(held), noisy(held)), `seed ${seed}, ${a}`).toBe(0);
    for (const b of colours.slice(i + 1)) {
      expect(hammingDistance(noisy(held), noisy(b)), `seed ${seed}, ${a} and ${b}`).toBeGreaterThan(
        2 * defaultMaxDistance,
      );
    }
  }
});

const root = "../shared/assets/data";
const photos = [
  "flowers/val/daisy",
  "flowers/val/tulips",
  "pizza-steak-sushi/test/pizza",
  "pizza-steak-sushi/test/sushi",
];

test.skipIf(!existsSync(root))(
  "real photographs: saved again, halved and brightened they are found, others are not",
  async () => {
    const pixels: Pixels[] = [];
    for (const folder of photos) {
      for (const name of readdirSync(`${root}/${folder}`).sort().slice(0, 30)) {
        pixels.push(await decodeBytes(readFileSync(`${root}/${folder}/${name}`)));
      }
    }
    const prints = pixels.map(fingerprint);
    const variants: Record<string, (image: Sharp, width: number) => Sharp> = {
      "quality 50": (image) => image.jpeg({ quality: 50 }),
      half: (image, width) => image.resize(Math.round(width / 2)).png(),
      brighter: (image) => image.linear(1.1, 0).png(),
    };
    for (const [name, vary] of Object.entries(variants)) {
      let found = 0;
      for (const [i, { width, height, data }] of pixels.entries()) {
        const file = await vary(sharp(data, { raw: { width, height, channels: 3 } }), width).toBuffer();
        const distance = hammingDistance(
          fingerprint(await decodeBytes(file)),
          prints[i] ?? new Uint8Array(16),
        );
        if (distance <= defaultMaxDistance) found++;
      }
      expect(found / pixels.length, name).toBeGreaterThanOrEqual(0.95);
    }
    const groups = groupDuplicates(prints.map((print, i) => ({ hash: String(i), fingerprint: print })));
    // All real twins were looked at by eye; among these 115 pictures there is none.
    expect(new Set(groups).size).toBe(pixels.length);
  },
);
