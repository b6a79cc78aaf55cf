import sharp from "sharp";
import type { Pixels } from "./sample.ts";

/** 8-bit RGB pixels as the bytes of a PNG file. */
export async function encodePng({ width, height, data }: Pixels): Promise<Uint8Array> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** Pixels of a PNG for each unit of the SVG: sharp on the screens of today. */
const scale = 2;

/** An SVG as the bytes of a PNG file, two pixels a unit. */
export async function rasterise(svg: string): Promise<Uint8Array> {
  // 72 dots an inch is one pixel a unit.
  return sharp(new TextEncoder().encode(svg), { density: 72 * scale })
    .png()
    .toBuffer();
}
