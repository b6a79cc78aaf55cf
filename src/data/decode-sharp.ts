import sharp, { type Sharp } from "sharp";
import { reason } from "../core/errors.ts";
import { PictureError } from "./errors.ts";
import { isDecoded, jpegSides, type PictureFormat, sniff } from "./picture-format.ts";
import type { Content, Pixels } from "./sample.ts";

export interface DecodeOptions {
  /** Stands in errors: the sample's id. */
  readonly id?: string;
  /**
   * A JPEG whose shorter side is at least three times this many pixels is decoded smaller, its shorter side still at
   * least this. Pass twice what the network sees and the network's own resize has all it needs.
   */
  readonly shrinkTo?: number;
  /** Pictures with more pixels than this are refused before they are decoded. */
  readonly limitPixels?: number;
  /** Whole seconds that decoding may take; a JPEG of thousands of scans would otherwise take hours. Default 120. */
  readonly limitSeconds?: number;
}

/** What a header says; width and height are those seen, orientation applied. */
export interface PictureInfo {
  readonly format: PictureFormat;
  readonly width: number;
  readonly height: number;
}

/** Name and version of what decodes, for keys of what is kept: another version may round otherwise. */
export const decoderName = `sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}`;

/** 16,383 squared, sharp's own limit: 805 MB of RGB. */
const defaultLimitPixels = 16_383 ** 2;

/** Shrinking more than this gains nothing: libjpeg itself goes no further than 8. */
const maxShrink = 16;

const defaultLimitSeconds = 120;

/**
 * Pixels of a picture as a viewer shows it: orientation applied, 8-bit sRGB, transparency on white, the first frame of
 * an animation. The same bytes and options give the same pixels. Throws PictureError for anything that does not decode.
 */
export async function decode(content: Content, options: DecodeOptions = {}): Promise<Pixels> {
  const id = options.id ?? "picture";
  const bytes = await content.read().catch((error: unknown) => {
    throw pictureError(id, reason(error), { cause: error });
  });
  if (content.kind === "file") return decodeBytes(bytes, options);
  const { width, height } = content;
  if (bytes.length !== width * height * 3) {
    throw pictureError(id, `it has ${bytes.length} bytes where ${width} x ${height} x 3 were expected`);
  }
  return { width, height, data: bytes };
}

/** As `decode`, for the bytes of an encoded picture that are in memory already. */
export async function decodeBytes(bytes: Uint8Array, options: DecodeOptions = {}): Promise<Pixels> {
  const id = options.id ?? "picture";
  formatOf(bytes, id);
  try {
    return await render(bytes, "warning", options);
  } catch (error) {
    if (!isHarmless(reason(error))) throw pictureError(id, oneLine(reason(error)), { cause: error });
  }
  try {
    return await render(bytes, "error", options);
  } catch (error) {
    throw pictureError(id, oneLine(reason(error)), { cause: error });
  }
}

/** Format, width and height from the header alone, orientation applied. Throws PictureError. */
export async function describePicture(bytes: Uint8Array, id = "picture"): Promise<PictureInfo> {
  const format = formatOf(bytes, id);
  try {
    const { autoOrient } = await sharp(bytes, { limitInputPixels: false }).metadata();
    return { format, width: autoOrient.width, height: autoOrient.height };
  } catch (error) {
    throw pictureError(id, oneLine(reason(error)), { cause: error });
  }
}

async function render(
  bytes: Uint8Array,
  failOn: "warning" | "error",
  options: DecodeOptions,
): Promise<Pixels> {
  const limitInputPixels = options.limitPixels ?? defaultLimitPixels;
  // The orientation stands among the input's options: as a later step it would rule out decoding a JPEG smaller.
  const picture = sharp(bytes, { failOn, limitInputPixels, autoOrient: true });
  const stored = jpegSides(bytes);
  const isSmall = stored !== undefined && shrinkOf(stored.width, stored.height, options.shrinkTo) === 1;
  if (!isSmall) await prepare(picture, options.shrinkTo);
  picture.flatten({ background: "#ffffff" }).toColourspace("srgb");
  const { data, info } = await picture
    .timeout({ seconds: options.limitSeconds ?? defaultLimitSeconds })
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  const pixels = info.width * info.height;
  if (data.length !== pixels * info.channels) throw new Error(`it decodes to ${data.length} bytes`);
  return { width: info.width, height: info.height, data: toRgb(data, pixels, info.channels) };
}

/** What depends on the header: decoding a large JPEG smaller, and the colours of 16-bit pictures. */
async function prepare(picture: Sharp, shrinkTo: number | undefined): Promise<void> {
  const header = await picture.metadata();
  const { width, height } = header.autoOrient;
  const shrink = header.format === "jpeg" ? shrinkOf(width, height, shrinkTo) : 1;
  if (shrink > 1) {
    // Both sides rounded down: sharp lets libjpeg shrink by 2, 4, 8 only where the whole factor exceeds it.
    const [w, h] = [Math.floor(width / shrink), Math.floor(height / shrink)];
    picture.resize(w, h, { fit: "fill", kernel: "cubic", fastShrinkOnLoad: true });
  }
  // sharp brings 16-bit pictures with a profile to Display P3, all others to sRGB.
  if (header.depth === "ushort" && header.icc !== undefined && header.space.startsWith("rgb")) {
    picture.withIccProfile("srgb", { attach: false });
  }
}

/** The whole factor, at least 3, that leaves the shorter side `shrinkTo` pixels; 1 where there is none. */
function shrinkOf(width: number, height: number, shrinkTo: number | undefined): number {
  if (shrinkTo === undefined || shrinkTo < 1) return 1;
  const factor = Math.min(maxShrink, Math.floor(Math.min(width, height) / shrinkTo));
  return factor < 3 ? 1 : factor;
}

function toRgb(data: Uint8Array, pixels: number, channels: number): Uint8Array {
  if (channels === 3) return new Uint8Array(data.buffer, data.byteOffset, data.length);
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = data[i * channels + (channels === 1 ? 0 : c)] ?? 0;
  }
  return rgb;
}

/** Warnings that leave every pixel as it was meant: filler between a JPEG's segments, an unknown colour profile. */
function isHarmless(why: string): boolean {
  return /extraneous bytes before marker|iCCP|sRGB profile|ICC profile|exif/i.test(why);
}

const remedy: Record<string, string> = {
  bmp: "it is a BMP picture: convert it to PNG",
  heic: "it is a HEIC picture: convert it to JPEG",
  svg: "it is an SVG drawing: draw it to PNG at the size that fits",
  pdf: "it is a PDF document: save its picture as PNG",
  jxl: "it is a JPEG XL picture: convert it to JPEG or PNG",
  zip: "it is an archive, not a picture",
  gzip: "it is a compressed file, not a picture",
  html: "it is a web page, perhaps an error page saved under a picture's name",
};

/** Only formats named here reach the decoder: no drawing, no document, no script is ever interpreted. */
function formatOf(bytes: Uint8Array, id: string): PictureFormat {
  const format = sniff(bytes);
  if (isDecoded(format)) return format;
  if (bytes.length === 0) throw pictureError(id, "the file is empty");
  throw pictureError(
    id,
    (format && remedy[format]) ?? "its first bytes are those of no picture format that is read",
  );
}

function oneLine(text: string): string {
  return text
    .trim()
    .replace(/\s*\n\s*/g, "; ")
    .slice(0, 200);
}

function pictureError(id: string, why: string, options?: ErrorOptions): PictureError {
  const parts = {
    what: `Cannot decode ${id}:`,
    why: `${why}.`,
    next: "Replace or remove the file; it is passed over otherwise.",
  };
  return new PictureError(parts, { id, reason: why }, options);
}
