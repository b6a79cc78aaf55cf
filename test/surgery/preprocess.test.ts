import { expect, test } from "vitest";
import { random } from "../../src/core/random.ts";
import { floats, uint8 } from "../../src/core/tensor.ts";
import {
  type Fit,
  fits,
  normalisations,
  type Preprocess,
  pixelsInput,
  preprocessedOutput,
  preprocessGraph,
} from "../../src/surgery/preprocess.ts";
import { run } from "./run.ts";

/** Rows of pixels, three numbers each. */
interface Picture {
  readonly height: number;
  readonly width: number;
  readonly data: ArrayLike<number>;
}

const bytesOnly = { scale: 1, mean: [0, 0, 0], std: [1, 1, 1], channels: "rgb" } as const;

async function preprocess({ height, width, data }: Picture, options: Partial<Preprocess>): Promise<Picture> {
  const whole: Preprocess = { ...bytesOnly, fit: "squash", layout: "nhwc", size: 4, ...options };
  const pixels = uint8(Uint8Array.from(data), [1, height, width, 3]);
  const { [preprocessedOutput]: out } = await run(preprocessGraph(whole, 18), { [pixelsInput]: pixels });
  const { size, layout } = whole;
  expect(out!.shape).toEqual(layout === "nhwc" ? [1, size, size, 3] : [1, 3, size, size]);
  return { height: size, width: size, data: floats(out!) };
}

function drawn(height: number, width: number, seed: number): Picture {
  const rng = random(seed);
  return { height, width, data: Array.from({ length: height * width * 3 }, () => rng.int(256)) };
}

/**
 * One axis resized with the triangle filter, stretched where the picture shrinks, weights normalised at the edges:
 * what Pillow calls BILINEAR (its Resample.c), in double precision. `scale` is output size over input size.
 */
function resizeRows({ height, width, data }: Picture, to: number, scale: number): Picture {
  const support = Math.max(1, 1 / scale);
  const out = new Float64Array(to * width * 3);
  for (let row = 0; row < to; row++) {
    const centre = (row + 0.5) / scale;
    let total = 0;
    for (let from = 0; from < height; from++) {
      const weight = Math.max(0, 1 - Math.abs(from + 0.5 - centre) / support);
      total += weight;
      for (let i = 0; i < width * 3; i++) out[row * width * 3 + i]! += weight * data[from * width * 3 + i]!;
    }
    for (let i = 0; i < width * 3; i++) out[row * width * 3 + i]! /= total;
  }
  return { height: to, width, data: out };
}

function turned({ height, width, data }: Picture): Picture {
  const out = new Float64Array(data.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) out[(x * height + y) * 3 + c] = data[(y * width + x) * 3 + c]!;
  return { height: width, width: height, data: out };
}

function resized(
  picture: Picture,
  height: number,
  width: number,
  scales = [height / picture.height, width / picture.width],
): Picture {
  const rows = resizeRows(picture, height, scales[0]!);
  return turned(resizeRows(turned(rows), width, scales[1]!));
}

/** The part of a picture from (top, left) on; what lies outside it is 0. */
function window({ height, width, data }: Picture, top: number, left: number, size: number): Picture {
  const out = new Float64Array(size * size * 3);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const [fromY, fromX] = [y + top, x + left];
      if (fromY < 0 || fromX < 0 || fromY >= height || fromX >= width) continue;
      for (let c = 0; c < 3; c++) out[(y * size + x) * 3 + c] = data[(fromY * width + fromX) * 3 + c]!;
    }
  return { height: size, width: size, data: out };
}

function reference(picture: Picture, fit: Fit, size: number): Picture {
  if (fit === "squash") return resized(picture, size, size);
  const { height, width } = picture;
  const scale = fit === "cover" ? size / Math.min(height, width) : size / Math.max(height, width);
  const [tall, wide] = [height, width].map((side) => Math.round(side * scale)) as [number, number];
  const scaled = resized(picture, tall, wide, [scale, scale]);
  if (fit === "cover")
    return window(scaled, Math.floor((tall - size) / 2), Math.floor((wide - size) / 2), size);
  return window(scaled, -Math.floor((size - tall) / 2), -Math.floor((size - wide) / 2), size);
}

function largestDifference(a: Picture, b: Picture): number {
  expect(a.data.length).toBe(b.data.length);
  return Math.max(...Array.from(a.data, (value, i) => Math.abs(value - b.data[i]!)));
}

const shapes = [
  [8, 8],
  [31, 20],
  [20, 31],
  [5, 7],
  [3, 3],
  [1, 1],
  [1, 9],
  [40, 1],
  [10, 3],
  [200, 150],
  [333, 500],
] as const;

test.each(fits.flatMap((fit) => shapes.map((shape) => [fit, ...shape] as const)))(
  "%s of %i x %i is a triangle filter's",
  async (fit, height, width) => {
    const seed = 9;
    const picture = drawn(height, width, seed);
    for (const size of [8, 15]) {
      const apart = largestDifference(
        await preprocess(picture, { fit, size }),
        reference(picture, fit, size),
      );
      expect(apart, `size ${size}, seed ${seed}`).toBeLessThan(0.01);
    }
  },
);

/** The picture of which the numbers below were made, with Pillow 13.0.0: resize((size, size), BILINEAR). */
function patterned(height: number, width: number): Picture {
  const data = Array.from({ length: height * width * 3 }, (_, i) => {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return (x * 37 + y * 91 + c * 53 + ((x * y) % 7) * 29) % 256;
  });
  return { height, width, data };
}

const pillow = [
  // biome-ignore format: a table
  {height:7,width:5,size:4,data:[58, 111, 127, 110, 117, 106, 106, 106, 159, 114, 164, 217, 109, 162, 102, 92, 124, 147, 143, 97, 108, 108, 128, 163, 93, 146, 160, 95, 92, 145, 128, 126, 137, 67, 120, 155, 127, 146, 117, 184, 98, 151, 103, 95, 148, 21, 74, 127]},
  // biome-ignore format: a table
  {height:3,width:2,size:5,data:[0, 53, 106, 4, 57, 110, 19, 72, 125, 33, 86, 139, 37, 90, 143, 36, 89, 142, 42, 95, 137, 61, 114, 116, 80, 133, 94, 85, 138, 89, 91, 144, 197, 98, 151, 178, 124, 177, 102, 150, 203, 26, 157, 210, 7, 146, 199, 98, 139, 192, 96, 111, 164, 89, 82, 135, 81, 75, 128, 79, 182, 235, 32, 166, 219, 41, 102, 155, 80, 37, 90, 118, 21, 74, 127]},
  // biome-ignore format: a table
  {height:12,width:9,size:3,data:[101, 123, 128, 134, 131, 132, 118, 131, 112, 132, 126, 132, 104, 91, 122, 124, 125, 131, 126, 125, 155, 135, 119, 116, 120, 120, 150]},
];

test.each(pillow)("a picture of $height x $width to $size is Pillow's, but for its rounding", async (row) => {
  const { height, width, size, data } = row;
  const ours = await preprocess(patterned(height, width), { size });
  // Pillow rounds to whole bytes after each of its two passes.
  expect(largestDifference(ours, { height: size, width: size, data })).toBeLessThan(1.01);
});

test("normalisations, by hand: a red, a green and a blue pixel", async () => {
  const picture = { height: 1, width: 3, data: [255, 0, 0, 0, 102, 0, 0, 0, 51] };
  const at = async (options: Partial<Preprocess>) =>
    Array.from((await preprocess(picture, { size: 3, ...options })).data).slice(0, 9);
  const close = (actual: number[], expected: number[]) =>
    expect(actual.map((value, i) => Math.abs(value - expected[i]!) < 1e-4)).toEqual(expected.map(() => true));
  close(await at(normalisations.unit), [1, 0, 0, 0, 0.4, 0, 0, 0, 0.2]);
  close(await at(normalisations.inception), [1, -1, -1, -1, -0.2, -1, -1, -1, -0.6]);
  close(
    await at(normalisations.caffe),
    [-103.939, -116.779, 131.32, -103.939, -14.779, -123.68, -52.939, -116.779, -123.68],
  );
  close(
    await at(normalisations.imagenet),
    [2.248908, -2.035714, -1.804444, -2.117904, -0.25, -1.804444, -2.117904, -2.035714, -0.915556],
  );
  const [r, g, b] = [0.5 / 0.25, 0.25 / 0.5, 0];
  const own = { scale: 1 / 51, mean: [0.5, 0.25, 0], std: [0.25, 0.5, 1], channels: "rgb" } as const;
  close(await at(own), [18, -g, b, -r, 3.5, b, -r, -g, 1]);
});

test("planes hold the same numbers as pixels", async () => {
  const picture = drawn(6, 9, 1);
  const pixels = await preprocess(picture, { ...normalisations.caffe, size: 5, layout: "nhwc" });
  const planes = await preprocess(picture, { ...normalisations.caffe, size: 5, layout: "nchw" });
  for (let at = 0; at < 25; at++)
    for (let c = 0; c < 3; c++) expect(planes.data[c * 25 + at]).toBe(pixels.data[at * 3 + c]);
});

test("what contain fills in is the mean colour: zero after the normalisation", async () => {
  for (const normalisation of Object.values(normalisations)) {
    const { data } = await preprocess(drawn(4, 16, 2), { ...normalisation, fit: "contain", size: 16 });
    const edge = [...Array.from(data).slice(0, 6 * 16 * 3), ...Array.from(data).slice(10 * 16 * 3)];
    expect(Math.max(...edge.map(Math.abs))).toBeLessThan(1e-4);
  }
});

test("several pictures at once are each their own", async () => {
  const [a, b] = [drawn(7, 5, 3), drawn(7, 5, 4)];
  const options: Preprocess = { ...normalisations.imagenet, fit: "cover", layout: "nchw", size: 6 };
  const both = uint8(Uint8Array.from([...Array.from(a.data), ...Array.from(b.data)]), [2, 7, 5, 3]);
  const { [preprocessedOutput]: out } = await run(preprocessGraph(options, 18), { [pixelsInput]: both });
  const expected = [await preprocess(a, options), await preprocess(b, options)];
  expect(Array.from(floats(out!))).toEqual(expected.flatMap(({ data }) => Array.from(data)));
});
