// Occlusion (Zeiler & Fergus 2014), as src/explain/occlusion.ts does it, but many squares a run: a grey square is slid
// over what is seen, and a cell's heat is the mean fall of the probability under the squares that hid it.

/** @import { Picture } from "./pixels.js" */

/** Cells across and down what is seen, each covered by up to four squares of two by two cells. */
const cells = 10;
const square = 2;
const grey = 128;

/**
 * @typedef {{ x: number, y: number, width: number, height: number }} Region
 * @typedef {{ columns: number, rows: number, values: Float32Array<ArrayBuffer>, region: Region }} Heat region: in shares of the picture's sides
 */

/**
 * What the network sees of a picture, in its pixels.
 * @param {{ width: number, height: number }} picture
 * @param {"middle" | "all"} sees
 * @returns {Region}
 */
export function seenOf({ width, height }, sees) {
  if (sees === "all") return { x: 0, y: 0, width, height };
  const side = Math.min(width, height);
  return { x: (width - side) / 2, y: (height - side) / 2, width: side, height: side };
}

/**
 * `probabilities` answers for pictures of one size, laid one behind the other. Where a batch fails, as it does when memory
 * runs out, half as many are tried.
 * @param {Picture} picture
 * @param {"middle" | "all"} sees
 * @param {number} most pictures a run
 * @param {(pixels: Uint8Array<ArrayBuffer>, count: number) => Promise<readonly number[]>} probabilities
 * @param {(share: number) => Promise<void>} progress may throw to end it
 * @returns {Promise<Heat>}
 */
export async function occlude(picture, sees, most, probabilities, progress) {
  const seen = seenOf(picture, sees);
  const columns = Math.min(cells, Math.ceil(seen.width));
  const rows = Math.min(cells, Math.ceil(seen.height));
  const [wide, high] = [Math.min(square, columns), Math.min(square, rows)];
  const places = [];
  for (let top = 0; top + high <= rows; top++)
    for (let left = 0; left + wide <= columns; left++) places.push({ left, top });

  /** @param {{ left: number, top: number }} place @returns {readonly [number, number, number, number]} */
  const edges = ({ left, top }) => {
    /** @param {number} cell */
    const x = (cell) => Math.round(seen.x + (cell * seen.width) / columns);
    /** @param {number} cell */
    const y = (cell) => Math.round(seen.y + (cell * seen.height) / rows);
    return [x(left), y(top), x(left + wide), y(top + high)];
  };

  const before = (await probabilities(picture.data, 1))[0] ?? 0;
  /** @type {number[]} */
  const falls = [];
  let batch = most;
  while (falls.length < places.length) {
    await progress(falls.length / places.length);
    const part = places.slice(falls.length, falls.length + batch);
    try {
      const answers = await probabilities(withSquares(picture, part.map(edges)), part.length);
      falls.push(...answers.map((answer) => before - answer));
    } catch (error) {
      if (batch === 1) throw error;
      batch = Math.ceil(batch / 2);
    }
  }
  await progress(1);

  const [sums, counts] = [new Float64Array(columns * rows), new Uint32Array(columns * rows)];
  for (const [i, { left, top }] of places.entries()) {
    for (let row = top; row < top + high; row++) {
      for (let column = left; column < left + wide; column++) {
        const cell = row * columns + column;
        sums[cell] = (sums[cell] ?? 0) + (falls[i] ?? 0);
        counts[cell] = (counts[cell] ?? 0) + 1;
      }
    }
  }
  const values = Float32Array.from(sums, (sum, cell) => Math.max(0, sum / (counts[cell] ?? 1)));
  const region = {
    x: seen.x / picture.width,
    y: seen.y / picture.height,
    width: seen.width / picture.width,
    height: seen.height / picture.height,
  };
  return { columns, rows, values, region };
}

/**
 * Copies of the picture, a grey square on each, one behind the other.
 * @param {Picture} picture
 * @param {readonly (readonly [left: number, top: number, right: number, bottom: number])[]} squares
 */
function withSquares({ width, data }, squares) {
  const out = new Uint8Array(squares.length * data.length);
  for (const [i, [left, top, right, bottom]] of squares.entries()) {
    const start = i * data.length;
    out.set(data, start);
    for (let y = top; y < bottom; y++)
      out.fill(grey, start + 3 * (y * width + left), start + 3 * (y * width + right));
  }
  return out;
}
