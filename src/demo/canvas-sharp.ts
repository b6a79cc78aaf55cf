import sharp from "sharp";
import { type LineStyle, renderLine } from "./text-sharp.ts";

interface Layer {
  readonly input: Buffer;
  readonly left: number;
  readonly top: number;
}

/** Colours of the sheets on white; red and green have a contrast above 5 : 1 with it, and a mark each beside. */
export const ink = { text: "#1f2328", muted: "#59636e", right: "#1a7f37", wrong: "#cf222e" } as const;

/** A white sheet to which shapes, pictures and lines of text are added: shapes below, the rest in its order. */
export class Canvas {
  readonly #width: number;
  readonly #height: number;
  readonly #shapes: string[] = [];
  readonly #layers: Promise<Layer>[] = [];

  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
  }

  /** Elements of an SVG in pixels from the top left. */
  shape(svg: string): void {
    this.#shapes.push(svg);
  }

  /** An encoded picture, as a square. */
  picture(file: string | Uint8Array, left: number, top: number, side: number): void {
    const input = sharp(file).resize(side, side).png().toBuffer();
    this.#add(input.then((bytes) => ({ input: bytes, left, top })));
  }

  /** A line whose first letter begins at `left`. */
  text(text: string, left: number, top: number, style: LineStyle): void {
    const drawn = renderLine(text, style);
    this.#add(drawn.then(({ png, lead }) => ({ input: png, left: left - lead, top })));
  }

  /** The sheet as the bytes of a PNG file. Throws what a picture that does not decode throws. */
  async png(): Promise<Uint8Array> {
    const size = `width="${this.#width}" height="${this.#height}"`;
    const ground = `<svg xmlns="http://www.w3.org/2000/svg" ${size}><rect ${size} fill="#fff"/>${this.#shapes.join("")}</svg>`;
    return sharp(new TextEncoder().encode(ground))
      .flatten()
      .composite(await Promise.all(this.#layers))
      .png({ compressionLevel: 9 })
      .toBuffer();
  }

  #add(layer: Promise<Layer>): void {
    // Its failure is met when the sheet is made; until then it must not count as unhandled.
    layer.catch(() => {});
    this.#layers.push(layer);
  }
}
