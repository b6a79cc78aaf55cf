import type { Pixels } from "../data/sample.ts";

/** What a picture's pixels say without any network. */
export interface Look {
  /** Mean grey, 0 to 255. */
  readonly brightness: number;
  /** Standard deviation of grey, in the same levels. */
  readonly contrast: number;
  /** The largest standard deviation of red, green and blue: shapes of equal grey are not blank. */
  readonly colour: number;
  /** Variance of the Laplacian: how much fine structure there is (J. Pech-Pacheco et al., ICPR 2000). */
  readonly sharpness: number;
}

/** Grey levels 0 to 255, rows from the top. */
export interface Grey {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** The shorter side on which structure is measured: large pictures are brought to it, so that sizes compare. */
const greySide = 256;

/** Grey by ITU-R BT.601, averaged over areas until the shorter side has `side` pixels; smaller pictures stay. */
export function greyOf({ width, height, data }: Pixels, side = greySide): Grey {
  const scale = Math.min(1, side / Math.min(width, height));
  const [w, h] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  const across = new Float32Array(w * height);
  for (const [column, { from, weights }] of overlaps(width, w).entries()) {
    for (let y = 0; y < height; y++) {
      let sum = 0;
      for (let i = 0; i < weights.length; i++) {
        const at = (y * width + from + i) * 3;
        sum += weights[i]! * (0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!);
      }
      across[y * w + column] = sum;
    }
  }
  const grey = new Float32Array(w * h);
  for (const [row, { from, weights }] of overlaps(height, h).entries()) {
    for (let i = 0; i < weights.length; i++) {
      for (let x = 0; x < w; x++) grey[row * w + x]! += weights[i]! * across[(from + i) * w + x]!;
    }
  }
  return { width: w, height: h, data: grey };
}

/** For each of `cells` equal cells along `length` pixels, the pixels that it covers, by how much; weights sum to 1. */
function overlaps(length: number, cells: number): { from: number; weights: Float64Array }[] {
  const step = length / cells;
  return Array.from({ length: cells }, (_, cell) => {
    const [start, end] = [cell * step, Math.min(length, (cell + 1) * step)];
    const from = Math.floor(start);
    const weights = Float64Array.from({ length: Math.max(1, Math.ceil(end - 1e-9) - from) }, (_, i) =>
      Math.max(0, Math.min(from + i + 1, end) - Math.max(from + i, start)),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { from, weights: weights.map((weight) => weight / sum) };
  });
}

/** ∇²g(x, y) = g(x-1, y) + g(x+1, y) + g(x, y-1) + g(x, y+1) - 4·g(x, y), its variance over the inner pixels. */
export function lookAt({ width, height, data }: Grey, pixels: Pixels): Look {
  const [brightness, variance] = moments(data);
  const inner = Math.max(0, width - 2) * Math.max(0, height - 2);
  const edges = new Float32Array(inner);
  let at = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      edges[at++] = data[i - 1]! + data[i + 1]! + data[i - width]! + data[i + width]! - 4 * data[i]!;
    }
  }
  return {
    brightness,
    contrast: Math.sqrt(variance),
    colour: colourSpread(pixels),
    sharpness: inner === 0 ? 0 : moments(edges)[1],
  };
}

function colourSpread({ data }: Pixels): number {
  const spreads = [0, 1, 2].map((channel) => {
    const values = new Float32Array(data.length / 3);
    for (let i = 0; i < values.length; i++) values[i] = data[3 * i + channel]!;
    return Math.sqrt(moments(values)[1]);
  });
  return Math.max(...spreads);
}

/** Left and right exchanged, as pixels: what a flipped copy looks like. */
export function mirrored({ width, height, data }: Grey): Pixels {
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      pixels.fill(Math.round(data[y * width + width - 1 - x]!), (y * width + x) * 3, (y * width + x) * 3 + 3);
    }
  }
  return { width, height, data: pixels };
}

/** Mean and variance. */
function moments(values: Float32Array): [mean: number, variance: number] {
  let [sum, square] = [0, 0];
  for (const value of values) sum += value;
  const mean = sum / values.length;
  for (const value of values) square += (value - mean) ** 2;
  return [mean, square / values.length];
}
