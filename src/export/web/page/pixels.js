/// <reference lib="dom" />
// Pictures as a canvas sees them: decoded upright, drawn smaller where they are large, and their bytes taken.

/**
 * @typedef {object} Picture
 * @property {number} width
 * @property {number} height
 * @property {Uint8Array<ArrayBuffer>} data red green blue, row by row from the top
 */

/** A picture is not drawn smaller than so many times what the network sees: its own resize then has all it needs. */
const oversampling = 4;
/** Below this factor a picture is taken whole, as Tsugiki does in Node: both then see the very same pixels. */
const leastShrink = 3;
const maxShrink = 16;
/** A longer strip would be blown up beyond memory before its middle is cut out. */
const maxAspect = 64;
/** Longest side of what is shown, in pixels. */
const shownSide = 1280;

/** A picture that is too long and narrow. */
export class StripError extends Error {}

/**
 * Throws where the blob is no picture that the browser reads.
 * @param {Blob} blob
 */
export function decode(blob) {
  return createImageBitmap(blob, { imageOrientation: "from-image" });
}

/**
 * @typedef {ImageBitmap | HTMLCanvasElement | HTMLVideoElement} Source
 * @typedef {{ width: number, height: number }} Sides
 */

/**
 * What the network is given: large pictures smaller by a whole factor, their shorter side still four times `side`.
 * @param {Source} source
 * @param {Sides} sides of the source
 * @param {number} side of the network's square
 */
export function pixelsOf(source, { width, height }, side) {
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  if (long > maxAspect * short) throw new StripError();
  const whole = Math.min(maxShrink, Math.floor(short / (oversampling * side)));
  const factor = whole < leastShrink ? 1 : whole;
  return bytesOf(drawn(source, { width, height }, factor));
}

/**
 * The same picture at about twice the network's side: enough to see what hiding a part of it does, many at a time.
 * @param {Picture} picture
 * @param {number} side
 */
export function reduced(picture, side) {
  const factor = Math.min(picture.width, picture.height) / (2 * side);
  if (factor <= 1) return picture;
  const { canvas, context } = canvasOf(picture);
  const rgba = context.createImageData(picture.width, picture.height);
  for (let i = 0; i < picture.width * picture.height; i++) {
    for (let c = 0; c < 3; c++) rgba.data[4 * i + c] = picture.data[3 * i + c] ?? 0;
    rgba.data[4 * i + 3] = 255;
  }
  context.putImageData(rgba, 0, 0);
  return bytesOf(drawn(canvas, picture, factor));
}

/**
 * What the reader is shown: the source, not larger than a screen has use for.
 * @param {Source} source
 * @param {Sides} sides
 */
export function shownOf(source, sides) {
  return drawn(source, sides, Math.max(1, Math.max(sides.width, sides.height) / shownSide));
}

/**
 * The source on white, `factor` times smaller: halved as often as it goes, since one large step would skip pixels.
 * @param {Source} source
 * @param {Sides} sides
 * @param {number} factor
 * @returns {HTMLCanvasElement}
 */
function drawn(source, { width, height }, factor) {
  const goal = {
    width: Math.max(1, Math.floor(width / factor)),
    height: Math.max(1, Math.floor(height / factor)),
  };
  const halves = factor >= 4;
  const next = halves ? { width: Math.ceil(width / 2), height: Math.ceil(height / 2) } : goal;
  const { canvas, context } = canvasOf(next);
  context.fillStyle = "#fff";
  context.fillRect(0, 0, next.width, next.height);
  context.imageSmoothingEnabled = factor > 1;
  context.imageSmoothingQuality = "high";
  context.drawImage(source, 0, 0, next.width, next.height);
  return halves ? drawn(canvas, next, factor / 2) : canvas;
}

/** @param {Sides} sides */
function canvasOf({ width, height }) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  // Its bytes are read back: a canvas on the graphics card would be slow at that, and round otherwise.
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error(`no canvas of ${width} × ${height} pixels`);
  return { canvas, context };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @returns {Picture}
 */
function bytesOf(canvas) {
  const { width, height } = canvas;
  const rgba = canvas.getContext("2d")?.getImageData(0, 0, width, height).data ?? new Uint8ClampedArray();
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) data[3 * i + c] = rgba[4 * i + c] ?? 0;
  }
  return { width, height, data };
}
