import sharp from "sharp";
import { afterAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { floats, type Tensor, uint8 } from "../core/tensor.ts";
import { writeModel } from "../onnx/write.ts";
import { nodeRuntime } from "../runtime/node.ts";
import type { Session } from "../runtime/session.ts";
import { normalisationNames, normalisations, preprocessGraph } from "../surgery/preprocess.ts";
import { type Affine, chain, mirroring, rotation, translation, window } from "./affine.ts";
import { drawFeeds } from "./batch.ts";
import { type PictureDraw, unchanged } from "./draw.ts";
import { type AugmentGraphOptions, augmentGraph } from "./graph.ts";

const rt = nodeRuntime();
const sessions: Session[] = [];
afterAll(async () => {
  for (const session of sessions) await session.release();
});

const bytesOnly = { scale: 1, mean: [0, 0, 0], std: [1, 1, 1], channels: "rgb" } as const;

async function load(options: Partial<AugmentGraphOptions["preprocess"]> & Partial<AugmentGraphOptions>) {
  const { source, mixing = false, opset = 18, ...rest } = options;
  const preprocess = { ...bytesOnly, size: 4, layout: "nhwc" as const, ...rest };
  const graph = augmentGraph({ preprocess, source: source ?? preprocess.size, mixing, opset });
  const session = await rt.load(writeModel(graph));
  sessions.push(session);
  return async (pixels: Tensor, draws: readonly Partial<PictureDraw>[], partners: number[] = []) => {
    const pictures = draws.map((draw) => ({ ...unchanged, ...draw }));
    const feeds = drawFeeds({ pictures, partners, size: preprocess.size }, mixing);
    const { preprocessed } = await session.run({ pixels, ...feeds });
    return preprocessed!;
  };
}

function noise(rows: number, side: number, seed: number): Tensor {
  const rng = random(seed);
  return uint8(
    Uint8Array.from({ length: rows * side * side * 3 }, () => rng.int(256)),
    [rows, side, side, 3],
  );
}

/** What the view must be where each of its pixels shows one whole pixel of the picture. */
function looking(pixels: Tensor, from: (x: number, y: number) => [number, number]): number[] {
  const side = pixels.shape[1]!;
  const out: number[] = [];
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const [u, v] = from(x, y);
      out.push(...pixels.bytes.subarray((v * side + u) * 3, (v * side + u) * 3 + 3));
    }
  return out;
}

function expectClose(actual: Tensor, expected: ArrayLike<number>, tolerance: number): void {
  const values = floats(actual);
  expect(values.length).toBe(expected.length);
  let apart = 0;
  for (const [i, value] of values.entries()) apart = Math.max(apart, Math.abs(value - expected[i]!));
  expect(apart).toBeLessThan(tolerance);
}

test.each(
  normalisationNames.flatMap((name) => (["nchw", "nhwc"] as const).map((layout) => [name, layout] as const)),
)("with nothing drawn it gives what preprocessing gives: %s, %s", async (name, layout) => {
  for (const size of [1, 7, 100]) {
    const preprocess = { ...normalisations[name], size, layout };
    const pixels = noise(2, size, size + 1);
    const evaluation = await rt.load(writeModel(preprocessGraph({ ...preprocess, fit: "cover" }, 18)));
    sessions.push(evaluation);
    const { preprocessed } = await evaluation.run({ pixels });
    const augment = await load(preprocess);
    const actual = await augment(pixels, [{}, {}]);
    expect(actual.shape).toEqual(preprocessed!.shape);
    // A 250th of a byte: rounding of float32 in where the engine looks.
    const byte = preprocess.scale / Math.min(...preprocess.std);
    expectClose(actual, floats(preprocessed!), byte / 250);
  }
});

const last = 5;
test.each<[string, Affine, (x: number, y: number) => [number, number]]>([
  ["mirrored left to right", mirroring(true, false), (x, y) => [last - x, y]],
  ["mirrored top to bottom", mirroring(false, true), (x, y) => [x, last - y]],
  // What was at the right comes to the top.
  ["turned a quarter anticlockwise", rotation(Math.PI / 2), (x, y) => [last - y, x]],
  ["turned by half", rotation(Math.PI), (x, y) => [last - x, last - y]],
  [
    "moved by two pixels, mirrored beyond the edge",
    translation(4 / 6, 0),
    (x, y) => [[2, 3, 4, 5, 5, 4][x]!, y],
  ],
  ["moved up by one", translation(0, -2 / 6), (x, y) => [x, Math.max(0, y - 1)]],
  ["moved by more than the picture", translation(6, 0), (_, y) => [0, y]],
  [
    "mirrored, then moved: the last of the chain is the first on the view",
    chain(translation(2 / 6, 0), mirroring(true, false)),
    (x, y) => [[5, 5, 4, 3, 2, 1][x]!, y],
  ],
])("a picture %s shows the very pixels", async (_, theta, from) => {
  const pixels = noise(1, 6, 3);
  const augment = await load({ size: 6 });
  expectClose(await augment(pixels, [{ theta }]), looking(pixels, from), 0.01);
});

test("of squares twice the size, each pixel shows the mean of four", async () => {
  const pixels = noise(1, 8, 4);
  const augment = await load({ size: 4, source: 8 });
  const expected: number[] = [];
  for (let y = 0; y < 4; y++)
    for (let x = 0; x < 4; x++)
      for (let c = 0; c < 3; c++) {
        const at = (dx: number, dy: number): number => pixels.bytes[((2 * y + dy) * 8 + 2 * x + dx) * 3 + c]!;
        expected.push((at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1)) / 4);
      }
  expectClose(await augment(pixels, [{}]), expected, 0.01);
});

/** Smooth enough that a filter's width matters little. */
function waves(side: number): Uint8Array {
  return Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % side, Math.floor(i / 3 / side)];
    return 128 + 60 * Math.sin(x / 6 + (i % 3)) + 60 * Math.cos(y / 9);
  });
}

/** The map whose view is this rectangle of a picture, in pixels. */
function rectangle(side: number, left: number, top: number, width: number, height: number): Affine {
  const centre = (from: number, length: number): number => (2 * from + length) / side - 1;
  return window(width / side, height / side, centre(left, width), centre(top, height));
}

test.each([
  // Without a change of scale to the pixel; made smaller, sharp smooths and rounds down.
  [64, 64, 0.01],
  [72, 80, 3],
])("a crop of %d x %d is what sharp cuts out and fits", async (width, height, tolerance) => {
  const [source, size, left, top] = [96, 64, 20, 11];
  const pixels = waves(source);
  const expected = await sharp(pixels, { raw: { width: source, height: source, channels: 3 } })
    .extract({ left, top, width, height })
    .resize(size, size, { fit: "fill", kernel: "linear" })
    .raw()
    .toBuffer();
  const augment = await load({ size, source });
  const theta = rectangle(source, left, top, width, height);
  const view = floats(await augment(uint8(pixels, [1, source, source, 3]), [{ theta }]));
  const apart = view.map((value, i) => {
    const [x, y] = [Math.floor(i / 3) % size, Math.floor(i / 3 / size)];
    // sharp knows nothing beyond the rectangle.
    const isInner = Math.min(x, y) > 1 && Math.max(x, y) < size - 2;
    return isInner || tolerance < 1 ? Math.abs(value - expected[i]!) : 0;
  });
  expect(Math.max(...apart)).toBeLessThan(tolerance);
});

test("a crop enlarged and turned is what bilinear interpolation gives in double precision", async () => {
  const [source, size] = [96, 64];
  const pixels = noise(1, source, 8);
  const theta = chain(rectangle(source, 40, 28, 30, 20), rotation(0.3));
  const augment = await load({ size, source });
  const view = await augment(pixels, [{ theta }]);
  const at = (x: number, y: number, c: number): number => pixels.bytes[(y * source + x) * 3 + c]!;
  const expected = Array.from({ length: size * size * 3 }, (_, i) => {
    const place = [Math.floor(i / 3) % size, Math.floor(i / 3 / size)].map((p) => (2 * p + 1) / size - 1);
    const [u = 0, v = 0] = [0, 3].map((row) => {
      const seen = theta[row]! * place[0]! + theta[row + 1]! * place[1]! + theta[row + 2]!;
      return ((seen + 1) * source - 1) / 2;
    });
    const [x, y, c] = [Math.floor(u), Math.floor(v), i % 3];
    const along = (row: number): number => (x + 1 - u) * at(x, row, c) + (u - x) * at(x + 1, row, c);
    return (y + 1 - v) * along(y) + (v - y) * along(y + 1);
  });
  expectClose(view, expected, 0.02);
});

test("colours are mapped in red, green, blue whatever the network's order, and held to bytes", async () => {
  const colour = [2, 0, 0, 0, 0, 0, 1, 10, 0, 1, 0, -100];
  const pixels = uint8(Uint8Array.of(100, 50, 20, 200, 90, 250), [2, 1, 1, 3]);
  const expected = [200, 30, 0, 255, 255, 0];
  const rgb = await load({ size: 1 });
  expectClose(await rgb(pixels, [{ colour }, { colour }]), expected, 1e-3);
  const bgr = await load({ size: 1, channels: "bgr", mean: [1, 2, 3], std: [1, 2, 4], opset: 20 });
  const normal = [0, 30, 200, 0, 255, 255].map((value, i) => (value - [1, 2, 3][i % 3]!) / [1, 2, 4][i % 3]!);
  expectClose(await bgr(pixels, [{ colour }, { colour }]), normal, 1e-3);
});

test("what is erased is the normalisation's 0, each picture its own box", async () => {
  const pixels = noise(2, 5, 6);
  const augment = await load({ ...normalisations.imagenet, size: 5 });
  const whole = floats(await augment(pixels, [{}, {}]));
  const boxes = [
    [1, 0, 3, 5],
    [0, 4, 5, 5],
  ] as const;
  const view = await augment(
    pixels,
    boxes.map((erase) => ({ erase })),
  );
  const expected = whole.map((value, i) => {
    const [x, y] = [Math.floor(i / 3) % 5, Math.floor(i / 15) % 5];
    const [left, top, right, bottom] = boxes[Math.floor(i / 75)]!;
    return x >= left && x < right && y >= top && y < bottom ? 0 : value;
  });
  expectClose(view, expected, 1e-6);
});

test("mix-up blends, CutMix pastes, and both read the partner as it was before mixing", async () => {
  const pixels = uint8(
    Uint8Array.from({ length: 3 * 12 }, (_, i) => 10 + 100 * Math.floor(i / 12)),
    [3, 2, 2, 3],
  );
  const augment = await load({ size: 2, mixing: true });
  const view = await augment(
    pixels,
    [{ lambda: 0.75 }, { box: [1, 0, 2, 2] }, { lambda: 0.5, box: [0, 0, 1, 1] }],
    [1, 2, 0],
  );
  const pixel = (value: number): number[] => [value, value, value];
  expectClose(view, [35, 35, 35, 35, 110, 210, 110, 210, 10, 110, 110, 110].flatMap(pixel), 1e-3);
});
