import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import { beta } from "./beta.ts";
import { drawPicture, type PictureDraw, unchanged } from "./draw.ts";
import { presets } from "./presets.ts";
import type { AugmentationSpec } from "./spec.ts";

const seed = 31;
const size = 64;

function draws(spec: AugmentationSpec, count = 2000): PictureDraw[] {
  return Array.from({ length: count }, (_, index) => drawPicture(spec, { seed, epoch: 1, index, size }));
}

/** Largest distance between the values' distribution and the expected one; beyond 1.95/√n in one of 1,000 (Kolmogorov). */
function expectDistributed(values: readonly number[], cumulative: (x: number) => number): void {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  const apart = Math.max(
    ...sorted.map((x, i) => Math.max(cumulative(x) - i / n, (i + 1) / n - cumulative(x))),
  );
  expect(apart, `seed ${seed}`).toBeLessThan(1.95 / Math.sqrt(n));
}

const uniform =
  (low: number, high: number) =>
  (x: number): number =>
    Math.min(1, Math.max(0, (x - low) / (high - low)));

const degrees = ({ theta }: PictureDraw): number => (Math.atan2(theta[3], theta[0]) * 180) / Math.PI;

test("nothing asked for is nothing drawn", () => {
  expect(draws({}, 3)).toEqual([unchanged, unchanged, unchanged]);
  const off = { rotate: 0, shift: 0, brightness: 0, hue: 0, mixup: 0, cutmix: 0, margin: 0, pad: 0 };
  expect(draws(off, 3)).toEqual([unchanged, unchanged, unchanged]);
});

test("a draw hangs on seed, epoch and index alone", () => {
  const place = { seed, epoch: 2, index: 17, size };
  const draw = drawPicture(presets.strong, place);
  expect(drawPicture(presets.strong, place)).toEqual(draw);
  for (const other of [{ seed: 32 }, { epoch: 3 }, { index: 18 }]) {
    expect(drawPicture(presets.strong, { ...place, ...other }).theta).not.toEqual(draw.theta);
  }
});

test("the draws are held for good: a run that is resumed must find them again", () => {
  const spec: AugmentationSpec = {
    flip: true,
    crop: { area: [0.35, 1], ratio: [0.75, 1.25] },
    rotate: 15,
    shear: 5,
    zoom: [0.8, 1.2],
    shift: 0.1,
    contrast: 0.3,
    hue: 0.03,
    erase: { probability: 1, area: [0.02, 0.2] },
    cutmix: 1,
  };
  const { theta, colour, erase, box } = drawPicture(spec, { seed: 1, epoch: 2, index: 3, size });
  const text = (values: readonly number[]): string => values.map((value) => value.toFixed(4)).join(" ");
  expect([text(theta), text(colour), String(erase), String(box)]).toMatchInlineSnapshot(`
    [
      "-0.8841 0.1368 0.0598 0.0986 0.8396 -0.1001",
      "1.1894 -0.0393 0.0654 -27.4825 0.0276 1.2236 -0.0356 -27.4825 -0.0735 0.0617 1.2273 -27.4825",
      "23,17,51,41",
      "0,26,46,64",
    ]
  `);
});

test("what one kind of augmentation draws does not hang on another", () => {
  const place = { seed, epoch: 1, index: 0, size };
  const { theta } = drawPicture(presets.standard, place);
  const { brightness: _, ...others } = presets.standard;
  expect(
    drawPicture(
      { ...others, erase: { probability: 1, area: [0.1, 0.2] } },
      { seed, epoch: 1, index: 0, size },
    ).theta,
  ).toEqual(theta);
});

test("angles are uniform, and those of neighbours do not follow each other", () => {
  const angles = draws({ rotate: 20 }).map(degrees);
  expectDistributed(angles, uniform(-20, 20));
  const products = angles.slice(1).map((angle, i) => (angle * angles[i]!) / (400 / 3));
  const next = products.length;
  const correlation = products.reduce((sum, x) => sum + x, 0) / next;
  expect(Math.abs(correlation), `seed ${seed}`).toBeLessThan(3.3 / Math.sqrt(next));
  const epochs = Array.from({ length: 2000 }, (_, epoch) =>
    degrees(drawPicture({ rotate: 20 }, { seed, epoch, index: 5, size })),
  );
  expectDistributed(epochs, uniform(-20, 20));
});

test("every other picture is mirrored", () => {
  const flips = draws({ flip: true, flipVertical: true });
  const across = flips.filter(({ theta }) => theta[0] === -1);
  const both = across.filter(({ theta }) => theta[4] === -1);
  expect(Math.abs(across.length - 1000), `seed ${seed}`).toBeLessThan(75);
  expect(Math.abs(both.length - 500), `seed ${seed}`).toBeLessThan(65);
});

test("crops have the share and ratio asked for and stay within the picture", () => {
  // Small enough that none is taken back, which would favour small ones.
  const crops = draws({ crop: { area: [0.2, 0.5], ratio: [0.5, 2] } });
  expectDistributed(
    crops.map(({ theta }) => theta[0] * theta[4]),
    uniform(0.2, 0.5),
  );
  expectDistributed(
    crops.map(({ theta }) => Math.log2(theta[0] / theta[4])),
    uniform(-1, 1),
  );
  for (const spec of [presets.light, { crop: { area: [1, 1], ratio: [0.5, 2] } }] as const) {
    const reach = draws(spec).flatMap(({ theta: [w, , x, , h, y] }) => [
      Math.abs(w) + Math.abs(x),
      Math.abs(h) + Math.abs(y),
    ]);
    expect(Math.max(...reach), `seed ${seed}`).toBeLessThan(1 + 1e-12);
  }
});

test("a margin enlarges and cuts within, padding moves by whole pixels, zoom magnifies", () => {
  for (const { theta } of draws({ margin: 16 }, 200)) {
    expect(theta[0]).toBe(0.8);
    expect(Math.max(Math.abs(theta[2]), Math.abs(theta[5]))).toBeLessThan(0.2);
  }
  const moves = draws({ pad: 2 }).map(({ theta }) => theta[2] * (size / 2));
  expect(new Set(moves.map((move) => move + 0))).toEqual(new Set([-2, -1, 0, 1, 2]));
  const shifts = draws({ shift: 0.1 });
  expectDistributed(
    shifts.map(({ theta }) => theta[5]),
    uniform(-0.2, 0.2),
  );
  expectDistributed(
    draws({ zoom: [0.5, 2] }).map(({ theta }) => Math.log2(1 / theta[0])),
    uniform(-1, 1),
  );
});

test("factors of brightness and contrast are uniform", () => {
  expectDistributed(
    draws({ brightness: 0.3 }).map(({ colour }) => colour[0]!),
    uniform(0.7, 1.3),
  );
  expectDistributed(
    draws({ contrast: 0.3 }).map(({ colour }) => colour[3]! / 127.5),
    uniform(-0.3, 0.3),
  );
});

test("boxes to erase come as often as asked, have the share asked for and lie within", () => {
  const spec = { erase: { probability: 0.3, area: [0.05, 0.1] } } as const;
  const boxes = draws(spec)
    .map(({ erase }) => erase)
    .filter(([left, , right]) => right > left);
  expect(Math.abs(boxes.length - 600), `seed ${seed}`).toBeLessThan(70);
  expect(Math.min(...boxes.flat())).toBe(0);
  expect(Math.max(...boxes.flatMap(([, , right, bottom]) => [right, bottom]))).toBe(size);
  const shares = boxes.map(([left, top, right, bottom]) => ((right - left) * (bottom - top)) / size ** 2);
  // Sides are whole pixels of 64.
  expect(Math.min(...shares), `seed ${seed}`).toBeGreaterThan(0.04);
  expect(Math.max(...shares), `seed ${seed}`).toBeLessThan(0.115);
});

test("mix-up draws its share from Beta, and with CutMix each has half of the pictures", () => {
  const shares = draws({ mixup: 1 }).map(({ lambda }) => lambda);
  expectDistributed(shares, uniform(0, 1));
  const both = draws({ mixup: 1, cutmix: 1 });
  const blended = both.filter(({ lambda }) => lambda < 1);
  expect(Math.abs(blended.length - 1000), `seed ${seed}`).toBeLessThan(75);
  expect(blended.every(({ box }) => box[2] === 0)).toBe(true);
});

test.each([0.1, 0.2, 1, 3])("Beta(%d, %d) has mean 1/2 and variance 1/(4(2α + 1))", (alpha) => {
  const rng = random(seed);
  const values = Array.from({ length: 4000 }, () => beta(alpha, rng) - 0.5);
  const variance = values.reduce((sum, x) => sum + x * x, 0) / values.length;
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  expect(Math.abs(mean), `seed ${seed}`).toBeLessThan(3.3 * Math.sqrt(variance / values.length));
  expect(variance * 4 * (2 * alpha + 1), `seed ${seed}`).toBeGreaterThan(0.9);
  expect(variance * 4 * (2 * alpha + 1), `seed ${seed}`).toBeLessThan(1.1);
});

test("Beta(2, 2) has its distribution, 3x² - 2x³", () => {
  const rng = random(seed);
  expectDistributed(
    Array.from({ length: 2000 }, () => beta(2, rng)),
    (x) => 3 * x ** 2 - 2 * x ** 3,
  );
});
