import type { Pixels } from "../data/sample.ts";
import type { Grid, Region } from "./heat.ts";

/** Cells across and down what is seen, each covered by up to four squares of two by two cells. */
const cells = 10;
const square = 2;
const grey = 128;

export interface Occluded {
  readonly grid: Grid;
  /** What of the picture the grid lies on. */
  readonly region: Region;
  /** Times that `probability` was asked. */
  readonly runs: number;
}

/**
 * Occlusion (Zeiler & Fergus 2014): a grey square is slid over what is seen, and a cell's heat is the mean fall of the
 * probability under the squares that hid it, not below 0. `probability` answers for a picture with a square on it.
 */
export async function occlusion(
  picture: Pixels,
  seen: Region,
  probability: (picture: Pixels) => Promise<number>,
  signal?: AbortSignal,
): Promise<Occluded> {
  const region = inside(seen, picture);
  const columns = Math.min(cells, Math.ceil(region.width));
  const rows = Math.min(cells, Math.ceil(region.height));
  const [wide, high] = [Math.min(square, columns), Math.min(square, rows)];
  const falls = new Float64Array(columns * rows);
  const counts = new Uint32Array(columns * rows);
  const before = await probability(picture);
  let runs = 1;
  for (let top = 0; top + high <= rows; top++) {
    for (let left = 0; left + wide <= columns; left++) {
      signal?.throwIfAborted();
      const x = (cell: number): number => Math.round(region.x + (cell * region.width) / columns);
      const y = (cell: number): number => Math.round(region.y + (cell * region.height) / rows);
      const hidden = withSquare(picture, x(left), y(top), x(left + wide), y(top + high));
      const fall = before - (await probability(hidden));
      runs++;
      for (let row = top; row < top + high; row++) {
        for (let column = left; column < left + wide; column++) {
          falls[row * columns + column]! += fall;
          counts[row * columns + column]!++;
        }
      }
    }
  }
  const values = Float32Array.from(falls, (fall, i) => Math.max(0, fall / counts[i]!));
  return { grid: { width: columns, height: rows, values }, region, runs };
}

function inside({ x, y, width, height }: Region, picture: Pixels): Region {
  const [left, top] = [Math.max(0, x), Math.max(0, y)];
  return {
    x: left,
    y: top,
    width: Math.min(picture.width, x + width) - left,
    height: Math.min(picture.height, y + height) - top,
  };
}

function withSquare(picture: Pixels, left: number, top: number, right: number, bottom: number): Pixels {
  const data = picture.data.slice();
  for (let y = top; y < bottom; y++) {
    data.fill(grey, 3 * (y * picture.width + left), 3 * (y * picture.width + right));
  }
  return { ...picture, data };
}
