import type { Pixels } from "./sample.ts";

/** Bytes of a fingerprint: 64 bits of coarse shape, 64 of slopes. */
export const fingerprintBytes = 16;

/** Side of the small grey picture that everything is read from. */
const side = 32;

/** Pixels looked at in each direction within one of its cells; more change no bit that matters. */
const samplesPerCell = 4;

/** Grey levels of standard deviation under which a picture counts as blank: what is left is noise and compression. */
const blankContrast = 2;

/**
 * A perceptual hash of 128 bits that re-encoding, resizing and slight brightening leave (nearly) alone; compare by
 * Hamming distance. The first half says which of the 8 x 8 lowest frequencies of the cosine transform exceed their
 * median (Zauner 2010, "pHash"), the second where grey rises from left to right on a grid of 9 x 8 ("dHash").
 *
 * A blank picture has neither: its bits are drawn from its colour instead, so blank pictures of one colour agree and
 * of two colours differ in about half of the bits.
 */
export function fingerprint(pixels: Pixels): Uint8Array {
  const { grey, colour } = shrink(pixels);
  if (deviation(grey) < blankContrast) return drawn(colour);

  const bits = new Uint8Array(fingerprintBytes);
  const set = (bit: number): void => {
    bits[bit >> 3] = (bits[bit >> 3] ?? 0) | (1 << (bit & 7));
  };
  const low = lowFrequencies(grey);
  // The very first is the mean: brightness is not shape. Its bit stays 0.
  const middle = low.slice(1).sort()[31] ?? 0;
  for (let i = 1; i < 64; i++) if ((low[i] ?? 0) > middle) set(i);
  const grid = columns(grey);
  for (let i = 0; i < 64; i++) {
    const cell = (i >> 3) * 9 + (i & 7);
    if ((grid[cell + 1] ?? 0) > (grid[cell] ?? 0)) set(64 + i);
  }
  return bits;
}

/** Area average over 32 x 32 cells, and the mean colour. Large cells are read on a regular grid within them. */
function shrink({ width, height, data }: Pixels): { grey: Float64Array; colour: readonly number[] } {
  const grey = new Float64Array(side * side);
  const colour = [0, 0, 0];
  const columnsOf = cells(width);
  for (const [cy, rows] of cells(height).entries()) {
    for (const [cx, cols] of columnsOf.entries()) {
      let [r, g, b] = [0, 0, 0];
      for (let i = 0; i < rows.length; i += 2) {
        const row = rows[i]! * width;
        for (let j = 0; j < cols.length; j += 2) {
          const at = (row + cols[j]!) * 3;
          const weight = rows[i + 1]! * cols[j + 1]!;
          r += weight * data[at]!;
          g += weight * data[at + 1]!;
          b += weight * data[at + 2]!;
        }
      }
      // ITU-R BT.601 luma.
      grey[cy * side + cx] = 0.299 * r + 0.587 * g + 0.114 * b;
      colour[0]! += r / (side * side);
      colour[1]! += g / (side * side);
      colour[2]! += b / (side * side);
    }
  }
  return { grey, colour };
}

/**
 * For each of 32 cells along an axis of `length` pixels, the pixels read and their weights in turn, the weights adding
 * up to 1: every pixel by how much of it lies in the cell, or some pixels evenly spread where there are many.
 */
function cells(length: number): Float64Array[] {
  const step = length / side;
  return Array.from({ length: side }, (_, cell) => {
    const [start, end] = [cell * step, (cell + 1) * step];
    const pairs: number[] = [];
    if (step > samplesPerCell) {
      for (let i = 0; i < samplesPerCell; i++) {
        pairs.push(Math.floor(start + ((i + 0.5) * step) / samplesPerCell), 1 / samplesPerCell);
      }
    } else {
      for (let at = Math.floor(start); at < Math.min(length, Math.ceil(end)); at++) {
        pairs.push(at, (Math.min(at + 1, end) - Math.max(at, start)) / step);
      }
    }
    return Float64Array.from(pairs);
  });
}

function deviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

/** cosines[u][x] = cos(π u (x + ½) / 32), the rows of the DCT-II. */
const cosines = Array.from({ length: 8 }, (_, u) =>
  Float64Array.from({ length: side }, (_, x) => Math.cos((Math.PI * u * (x + 0.5)) / side)),
);

/** F(v, u) = Σ_y Σ_x grey(y, x) cos(π u (x + ½) / 32) cos(π v (y + ½) / 32), the 8 x 8 lowest, rows by v. */
function lowFrequencies(grey: Float64Array): Float64Array {
  const rows = new Float64Array(side * 8);
  for (let y = 0; y < side; y++) {
    for (let u = 0; u < 8; u++) {
      let sum = 0;
      for (let x = 0; x < side; x++) sum += (grey[y * side + x] ?? 0) * (cosines[u]?.[x] ?? 0);
      rows[y * 8 + u] = sum;
    }
  }
  const low = new Float64Array(64);
  for (let v = 0; v < 8; v++) {
    for (let u = 0; u < 8; u++) {
      let sum = 0;
      for (let y = 0; y < side; y++) sum += (rows[y * 8 + u] ?? 0) * (cosines[v]?.[y] ?? 0);
      low[v * 8 + u] = sum;
    }
  }
  return low;
}

/** Sums over a grid of 9 columns (32 / 9 cells wide, cells shared by weight) and 8 rows. */
function columns(grey: Float64Array): Float64Array {
  const grid = new Float64Array(72);
  for (let y = 0; y < side; y++) {
    for (let column = 0; column < 9; column++) {
      const [start, end] = [(column * side) / 9, ((column + 1) * side) / 9];
      for (let x = Math.floor(start); x < Math.ceil(end); x++) {
        const weight = Math.min(x + 1, end) - Math.max(x, start);
        const cell = (y >> 2) * 9 + column;
        grid[cell] = (grid[cell] ?? 0) + weight * (grey[y * side + x] ?? 0);
      }
    }
  }
  return grid;
}

/** Bits drawn from a colour rounded to 16 levels a channel, each byte by the finaliser of MurmurHash3. */
function drawn(colour: readonly number[]): Uint8Array {
  const key = colour.reduce((code, value) => code * 16 + Math.min(15, Math.round(value / 16)), 1);
  return Uint8Array.from({ length: fingerprintBytes }, (_, i) => {
    let h = Math.imul(key * fingerprintBytes + i, 0x9e3779b1);
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) & 0xff;
  });
}
