import { derived } from "../core/random.ts";
import { background } from "./background.ts";
import type { Drawing } from "./emoji-node.ts";

/** Where a hand stands: its middle and its larger side as shares of the picture's side, its angle in degrees. */
export interface Pose {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly angle: number;
  readonly mirrored: boolean;
}

const [smallest, largest, steepest] = [0.45, 0.85, 35];

/** What a picture is drawn from: a seed and a path of whole numbers that no other picture has. */
export interface PictureSeed {
  readonly seed: number;
  readonly path: readonly number[];
}

/** A hand anywhere in the picture, mostly whole: up to a tenth of it may stand over the edge, as turned corners do. */
export function pose({ seed, path }: PictureSeed): Pose {
  const rng = derived(seed, ...path, 0);
  const size = smallest + (largest - smallest) * rng.next();
  const room = 1 - 0.9 * size;
  return {
    size,
    x: 0.5 + room * (rng.next() - 0.5),
    y: 0.5 + room * (rng.next() - 0.5),
    angle: steepest * (2 * rng.next() - 1),
    mirrored: rng.next() < 0.5,
  };
}

/** One picture as the text of an SVG, `side` pixels square. The same seed, path and drawing give the same text. */
export function pictureSvg(drawing: Drawing, side: number, from: PictureSeed): string {
  const { x, y, size, angle, mirrored } = pose(from);
  const { width, height, body } = drawing;
  const scale = (size * side) / Math.max(width, height);
  const place = [
    `translate(${short(x * side)},${short(y * side)})`,
    `rotate(${short(angle)})`,
    `scale(${short(mirrored ? -scale : scale)},${short(scale)})`,
    `translate(${-width / 2},${-height / 2})`,
  ].join(" ");
  const ground = background(side, derived(from.seed, ...from.path, 1));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}">${ground}<g transform="${place}">${body}</g></svg>`;
}

function short(value: number): string {
  return value.toFixed(4);
}
