/// <reference lib="dom" />
import { reason } from "../core/errors.ts";
import { PictureError } from "../data/errors.ts";
import { sniff } from "../data/picture-format.ts";
import { checkPixels } from "../data/pixels.ts";
import type { Pixels } from "../data/sample.ts";
import { type Decode, refuseStrips, type Sight } from "../train/picture.ts";

/** What a canvas can draw: an element of the page, one frame of a video, a bitmap. */
export type Drawable =
  | ImageBitmap
  | HTMLImageElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | HTMLVideoElement
  | VideoFrame;

/** A picture: a file or its bytes, something drawn, or pixels (`ImageData` with, `Pixels` without transparency). */
export type PictureSource = Blob | Uint8Array | Drawable | ImageData | Pixels;

/** From this factor on a picture is drawn smaller, up to the second: the factors at which Node decodes one smaller. */
const [leastShrink, mostShrink] = [3, 16];

/** Canvases have no longer sides everywhere. */
const longestSide = 16_384;

/**
 * A picture as the network is given it: upright, sRGB, on white; large ones smaller by a whole factor, their shorter side
 * still at least `sight.shrinkTo`. `Pixels` and `ImageData` keep their size. Throws PictureError for what cannot be read
 * and for strips that the fit cannot take, UsageError for Pixels that mean nothing.
 */
export async function pixelsOf(source: PictureSource, sight: Sight, id = "picture"): Promise<Pixels> {
  if (isPixels(source)) {
    checkPixels(source);
    refuseStrips(source, sight.fit, id);
    return source;
  }
  if (source instanceof Blob || source instanceof Uint8Array) {
    const blob = source instanceof Blob ? source : new Blob([source as Uint8Array<ArrayBuffer>]);
    return decoded(blob, sight, id);
  }
  return withReason(id, async () => {
    if (source instanceof ImageData) {
      const bitmap = await createImageBitmap(source);
      return drawnOnce(bitmap, { ...sight, shrinkTo: longestSide }, id);
    }
    if ("decode" in source) await source.decode();
    return drawn(source, sight, id);
  });
}

/** The browser's own decoder, as training wants one. Throws PictureError. */
export const decode: Decode = async (content, { id, shrinkTo }) => {
  const bytes = await content.read();
  if (content.kind === "pixels") return { width: content.width, height: content.height, data: bytes };
  // The strips that a fit cannot take are the caller's to refuse.
  return decoded(new Blob([bytes as Uint8Array<ArrayBuffer>]), { fit: "squash", shrinkTo }, id);
};

function isPixels(source: PictureSource): source is Pixels {
  return "data" in source && source.data instanceof Uint8Array;
}

async function decoded(blob: Blob, sight: Sight, id: string): Promise<Pixels> {
  return withReason(id, async () => {
    const bitmap = await createImageBitmap(blob, { imageOrientation: "from-image" }).catch(async () => {
      const format = sniff(new Uint8Array(await blob.slice(0, 512).arrayBuffer()));
      throw new Error(
        format ? `this browser cannot read this ${format} file` : "it is no picture that this browser reads",
      );
    });
    return drawnOnce(bitmap, sight, id);
  });
}

function drawnOnce(bitmap: ImageBitmap, sight: Sight, id: string): Pixels {
  try {
    return drawn(bitmap, sight, id);
  } finally {
    bitmap.close();
  }
}

function drawn(source: Drawable, { fit, shrinkTo }: Sight, id: string): Pixels {
  const sides = sidesOf(source);
  const { width, height } = sides;
  if (width < 1 || height < 1) throw new Error("it has no pixels");
  refuseStrips(sides, fit, id);
  const whole = Math.min(mostShrink, Math.floor(Math.min(width, height) / shrinkTo));
  const factor = whole < leastShrink ? 1 : whole;
  if (Math.max(width, height) > factor * longestSide) {
    throw new Error(`${width} x ${height} is more than a canvas holds`);
  }
  return opaque(canvasOf(source, sides, factor));
}

function sidesOf(source: Drawable): { readonly width: number; readonly height: number } {
  if ("naturalWidth" in source) return { width: source.naturalWidth, height: source.naturalHeight };
  if ("videoWidth" in source) return { width: source.videoWidth, height: source.videoHeight };
  if ("displayWidth" in source) return { width: source.displayWidth, height: source.displayHeight };
  return source;
}

/** The source on white, `factor` times smaller: halved as often as it goes, since one large step would skip pixels. */
function canvasOf(
  source: Drawable,
  { width, height }: { readonly width: number; readonly height: number },
  factor: number,
): OffscreenCanvas {
  const halves = factor >= 4;
  const [to, round] = halves ? [2, Math.ceil] : [factor, Math.floor];
  const canvas = new OffscreenCanvas(round(width / to), round(height / to));
  // Its bytes are read back: a canvas on the graphics card would be slow at that, and round otherwise.
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error(`there is no canvas of ${canvas.width} x ${canvas.height} pixels`);
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingEnabled = factor > 1;
  context.imageSmoothingQuality = "high";
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return halves ? canvasOf(canvas, canvas, factor / 2) : canvas;
}

function opaque(canvas: OffscreenCanvas): Pixels {
  const { width, height } = canvas;
  const rgba = canvas.getContext("2d")!.getImageData(0, 0, width, height).data;
  const data = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < data.length; from += 4, to += 3) {
    data[to] = rgba[from]!;
    data[to + 1] = rgba[from + 1]!;
    data[to + 2] = rgba[from + 2]!;
  }
  return { width, height, data };
}

/** What `work` answers; whatever it throws says of which picture. */
async function withReason(id: string, work: () => Promise<Pixels>): Promise<Pixels> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PictureError) throw error;
    const isForeign = error instanceof DOMException && error.name === "SecurityError";
    const why = isForeign ? "it comes from a site that does not let this page read it" : reason(error);
    const next = isForeign
      ? 'Load it with crossorigin="anonymous" from a server that allows it.'
      : "Replace it; training passes it over.";
    throw new PictureError(
      { what: `Cannot read ${id}:`, why: `${why}.`, next },
      { id, reason: why },
      {
        cause: error,
      },
    );
  }
}
