import { assert } from "../core/assert.ts";
import type { Fit } from "../surgery/preprocess.ts";

/** Numbers on a raster, row by row from the top. */
export interface Grid {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/** A rectangle in pixels of a picture; it may reach beyond the picture's edges. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Sides {
  readonly width: number;
  readonly height: number;
}

/** What of a picture the network's square shows: its middle, all of it, or more than all of it. */
export function seenRegion({ width, height }: Sides, fit: Fit): Region {
  if (fit === "squash") return { x: 0, y: 0, width, height };
  const side = fit === "cover" ? Math.min(width, height) : Math.max(width, height);
  return { x: (width - side) / 2, y: (height - side) / 2, width: side, height: side };
}

/** A grid that lies on a region of a picture. */
export interface PlacedGrid {
  readonly grid: Grid;
  readonly region: Region;
}

/** Heat on every pixel of a picture, in [0, 1]. */
export interface Heat extends Sides {
  /** 1 at the hottest pixel, unless nothing is hot at all. */
  readonly values: Float32Array;
  /** Whether the network sees the pixel. */
  readonly seen: (x: number, y: number) => boolean;
}

/**
 * Grids brought to `sides` of a picture of `picture`'s sides, bilinearly between the middles of their cells, added where
 * there are several, and divided by the largest sum. Pixels beyond all regions are 0.
 */
export function heatOf(grids: readonly PlacedGrid[], picture: Sides, { width, height }: Sides): Heat {
  const values = new Float32Array(width * height);
  const [across, down] = [picture.width / width, picture.height / height];
  for (const { grid, region } of grids) {
    assert(grid.values.length === grid.width * grid.height, "a grid has width x height values");
    for (let y = 0; y < height; y++) {
      const v = ((y + 0.5) * down - region.y) / region.height;
      if (v < 0 || v > 1) continue;
      for (let x = 0; x < width; x++) {
        const u = ((x + 0.5) * across - region.x) / region.width;
        if (u >= 0 && u <= 1) values[y * width + x]! += sample(grid, u * grid.width, v * grid.height);
      }
    }
  }
  const hottest = values.reduce((a, b) => Math.max(a, b), 0);
  const seen = (x: number, y: number): boolean =>
    grids.some(({ region }) => {
      const u = ((x + 0.5) * across - region.x) / region.width;
      const v = ((y + 0.5) * down - region.y) / region.height;
      return u >= 0 && u <= 1 && v >= 0 && v <= 1;
    });
  return { width, height, values: hottest > 0 ? values.map((value) => value / hottest) : values, seen };
}

/** The value at a place in cells; cell i's middle is at i + 0.5, and beyond the outermost middles nothing changes. */
function sample({ width, height, values }: Grid, x: number, y: number): number {
  const [left, across] = between(x, width);
  const [top, down] = between(y, height);
  const at = (row: number, column: number): number =>
    values[Math.min(row, height - 1) * width + Math.min(column, width - 1)]!;
  const upper = at(top, left) * (1 - across) + at(top, left + 1) * across;
  const lower = at(top + 1, left) * (1 - across) + at(top + 1, left + 1) * across;
  return upper * (1 - down) + lower * down;
}

function between(place: number, cells: number): readonly [cell: number, share: number] {
  const held = Math.min(Math.max(place - 0.5, 0), cells - 1);
  const cell = Math.floor(held);
  return [cell, held - cell];
}
