/// <reference lib="dom" />
// Heat laid over a picture, in the colours of src/explain/overlay.ts.

/** @import { Heat } from "./heat.js" */

/** Inferno (Smith, van der Walt and Firing, in matplotlib 1.5, CC0) in nine stops: it stays in order when seen as grey. */
const inferno = [
  [0, 0, 4],
  [33, 12, 74],
  [87, 16, 110],
  [138, 34, 106],
  [188, 55, 84],
  [228, 90, 49],
  [249, 142, 9],
  [249, 203, 53],
  [252, 255, 164],
];
/** How much of the colour lies over the picture, whose own colours are taken out so that none is mistaken for heat. */
const cover = 0.58;
/** What is left of the light where the network does not see. */
const unseenLight = 0.35;

/**
 * Whether any part matters at all.
 * @param {Heat} heat
 */
export function isHot({ values }) {
  return values.some((value) => value > 1e-4);
}

/**
 * Draws the picture on `shown` with heat over it on `canvas`.
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLCanvasElement} shown
 * @param {Heat} heat
 */
export function paint(canvas, shown, heat) {
  const { width, height } = shown;
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const picture = shown.getContext("2d")?.getImageData(0, 0, width, height);
  if (!context || !picture) return;
  const { data } = picture;
  const hottest = Math.max(1e-9, ...heat.values);
  const { x: left, y: top, width: wide, height: high } = heat.region;
  for (let y = 0; y < height; y++) {
    const v = ((y + 0.5) / height - top) / high;
    for (let x = 0; x < width; x++) {
      const u = ((x + 0.5) / width - left) / wide;
      const at = 4 * (y * width + x);
      // Luma of ITU-R BT.601.
      const grey = 0.299 * (data[at] ?? 0) + 0.587 * (data[at + 1] ?? 0) + 0.114 * (data[at + 2] ?? 0);
      if (u < 0 || u > 1 || v < 0 || v > 1) {
        data.fill(unseenLight * grey, at, at + 3);
        continue;
      }
      const place = (sample(heat, u * heat.columns, v * heat.rows) / hottest) * (inferno.length - 1);
      const stop = Math.min(Math.floor(place), inferno.length - 2);
      for (let c = 0; c < 3; c++) {
        const [a, b] = [inferno[stop]?.[c] ?? 0, inferno[stop + 1]?.[c] ?? 0];
        data[at + c] = (1 - cover) * grey + cover * (a + (place - stop) * (b - a));
      }
    }
  }
  context.putImageData(picture, 0, 0);
}

/**
 * The value at a place in cells, bilinearly between their middles; beyond the outermost nothing changes.
 * @param {Heat} heat
 * @param {number} x
 * @param {number} y
 */
function sample({ columns, rows, values }, x, y) {
  const [left, across] = between(x, columns);
  const [top, down] = between(y, rows);
  /** @param {number} row @param {number} column */
  const at = (row, column) => values[Math.min(row, rows - 1) * columns + Math.min(column, columns - 1)] ?? 0;
  const upper = at(top, left) * (1 - across) + at(top, left + 1) * across;
  const lower = at(top + 1, left) * (1 - across) + at(top + 1, left + 1) * across;
  return upper * (1 - down) + lower * down;
}

/** @param {number} place @param {number} count @returns {[cell: number, share: number]} */
function between(place, count) {
  const held = Math.min(Math.max(place - 0.5, 0), count - 1);
  const cell = Math.floor(held);
  return [cell, held - cell];
}
