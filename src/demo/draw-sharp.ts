import sharp from "sharp";
import { pictureSvg } from "./picture.ts";
import type { Planned } from "./plan.ts";

/** Pixels of a picture's side. */
const side = 160;

/** The text that a planned picture is drawn from. */
export function planSvg({ drawing, from }: Pick<Planned, "drawing" | "from">): string {
  return pictureSvg(drawing, side, from);
}

/** A planned picture as the bytes of a JPEG file, 160 pixels square. */
export async function drawJpeg(planned: Pick<Planned, "drawing" | "from">): Promise<Uint8Array> {
  return sharp(new TextEncoder().encode(planSvg(planned)))
    .jpeg({ quality: 88 })
    .toBuffer();
}
