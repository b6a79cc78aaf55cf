import { derived, type Random } from "../core/random.ts";
import {
  type Affine,
  chain,
  identity,
  mirroring,
  rotation,
  shearing,
  translation,
  window,
} from "./affine.ts";
import { beta } from "./beta.ts";
import { brightness, type ColourMap, colourChain, contrast, hue, sameColours, saturation } from "./colour.ts";
import type { AugmentationSpec, Range } from "./spec.ts";

/** Whole pixels of the view, [left, top, right, bottom], right and bottom not in it; all 0 is empty. */
export type Box = readonly [number, number, number, number];

/** All that augmentation decides for one picture. */
export interface PictureDraw {
  readonly theta: Affine;
  readonly colour: ColourMap;
  /** Blanked. */
  readonly erase: Box;
  /** Weight of the picture itself outside `box`; its partner has the rest, and all within `box`. */
  readonly lambda: number;
  readonly box: Box;
}

/** Which picture of which run: the same four give the same draw, whatever else is in the batch. */
export interface DrawPlace {
  readonly seed: number;
  readonly epoch: number;
  /** Stands for the picture: in training a number from its content (`placeOf`), so no other picture can change it. */
  readonly index: number;
  /** Side of the network's square. */
  readonly size: number;
}

export const nowhere: Box = [0, 0, 0, 0];

/** The draw that leaves a picture as it is. */
export const unchanged: PictureDraw = {
  theta: identity,
  colour: sameColours,
  erase: nowhere,
  lambda: 1,
  box: nowhere,
};

/** Draws the parameters of one picture. */
export function drawPicture(spec: AugmentationSpec, place: DrawPlace): PictureDraw {
  const { size } = place;
  // A stream each: whether pictures are erased does not change how they are cropped.
  const stream = (kind: number): Random => derived(place.seed, place.epoch, place.index, kind);
  return {
    theta: drawTheta(spec, size, stream(1)),
    colour: drawColour(spec, stream(2)),
    erase: drawErase(spec, size, stream(3)),
    ...drawMixing(spec, size, stream(4)),
  };
}

function uniform([low, high]: Range, rng: Random): number {
  return low + (high - low) * rng.next();
}

function logUniform([low, high]: Range, rng: Random): number {
  return Math.exp(uniform([Math.log(low), Math.log(high)], rng));
}

/** Uniform to either side of 0. */
function either(amount: number, rng: Random): number {
  return amount * (2 * rng.next() - 1);
}

/**
 * The rectangle is chosen first and the view of it turned afterwards, as torchvision's usual order has it; here what
 * then comes in from beyond the rectangle is the picture itself wherever there is any.
 */
function drawTheta(spec: AugmentationSpec, size: number, rng: Random): Affine {
  const radians = Math.PI / 180;
  const { margin = 0, pad = 0, shift = 0, rotate = 0, shear = 0, zoom = [1, 1] } = spec;
  const crop = spec.crop ? drawCrop(spec.crop, rng) : identity;
  const part = size / (size + margin);
  const enlarged = window(part, part, either(1 - part, rng), either(1 - part, rng));
  const step = 2 / size;
  const moved = translation(
    step * (rng.int(2 * pad + 1) - pad) + either(2 * shift, rng),
    step * (rng.int(2 * pad + 1) - pad) + either(2 * shift, rng),
  );
  const factor = 1 / logUniform(zoom, rng);
  return chain(
    crop,
    enlarged,
    moved,
    rotation(either(rotate, rng) * radians),
    shearing(either(shear, rng) * radians),
    window(factor, factor, 0, 0),
    mirroring(spec.flip === true && rng.next() < 0.5, spec.flipVertical === true && rng.next() < 0.5),
  );
}

/** Draws that reach beyond the picture are taken back, as in torchvision. */
const attempts = 10;

function drawCrop({ area, ratio }: { readonly area: Range; readonly ratio: Range }, rng: Random): Affine {
  let [w, h] = [2, 2];
  for (let i = 0; i < attempts && (w > 1 || h > 1); i++) {
    const [share, aspect] = [uniform(area, rng), logUniform(ratio, rng)];
    [w, h] = [Math.sqrt(share * aspect), Math.sqrt(share / aspect)];
  }
  [w, h] = [Math.min(1, w), Math.min(1, h)];
  return window(w, h, either(1 - w, rng), either(1 - h, rng));
}

function drawColour(spec: AugmentationSpec, rng: Random): ColourMap {
  const factor = (amount = 0): number => 1 + either(amount, rng);
  return colourChain(
    brightness(factor(spec.brightness)),
    contrast(factor(spec.contrast)),
    saturation(factor(spec.saturation)),
    hue(either(spec.hue ?? 0, rng)),
  );
}

/** Ratios of width to height of what is erased, after Zhong et al. */
const eraseRatio: Range = [0.3, 1 / 0.3];

function drawErase({ erase }: AugmentationSpec, size: number, rng: Random): Box {
  if (erase === undefined || rng.next() >= erase.probability) return nowhere;
  const [share, aspect] = [uniform(erase.area, rng), logUniform(eraseRatio, rng)];
  const side = (length: number): number => Math.min(size, Math.round(size * length));
  const [w, h] = [side(Math.sqrt(share * aspect)), side(Math.sqrt(share / aspect))];
  const [left, top] = [rng.int(size - w + 1), rng.int(size - h + 1)];
  return [left, top, left + w, top + h];
}

function drawMixing(spec: AugmentationSpec, size: number, rng: Random): Pick<PictureDraw, "lambda" | "box"> {
  const { mixup = 0, cutmix = 0 } = spec;
  const takesCutmix = cutmix > 0 && (mixup === 0 || rng.next() < 0.5);
  if (takesCutmix) return { lambda: 1, box: drawBox(1 - beta(cutmix, rng), size, rng) };
  return { lambda: mixup > 0 ? beta(mixup, rng) : 1, box: nowhere };
}

/** A square of this share of the area about any pixel, cut at the edges (Yun et al.). */
function drawBox(area: number, size: number, rng: Random): Box {
  const half = (Math.sqrt(area) * size) / 2;
  const held = (at: number): number => Math.min(size, Math.max(0, Math.round(at)));
  const [x, y] = [size * rng.next(), size * rng.next()];
  return [held(x - half), held(y - half), held(x + half), held(y + half)];
}
