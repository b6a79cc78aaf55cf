import { createRequire } from "node:module";
import sharp from "sharp";

/** One line of text as a picture, and how it is to be placed. */
export interface Line {
  /** A PNG, transparent but for the letters. */
  readonly png: Buffer;
  readonly width: number;
  /** The same for every line of a size, whatever letters stand in it: lines of one top have one baseline. */
  readonly height: number;
  /** Pixels before the first letter. */
  readonly lead: number;
}

export interface LineStyle {
  /** Height of the letters, in pixels of the font's em. */
  readonly size: number;
  readonly colour: string;
  readonly weight?: "bold" | "regular";
}

const require = createRequire(import.meta.url);

const faces = {
  bold: {
    font: "DejaVu Sans Condensed Bold",
    fontfile: () => require.resolve("dejavu-fonts-ttf/ttf/DejaVuSansCondensed-Bold.ttf"),
  },
  regular: {
    font: "DejaVu Sans Condensed",
    fontfile: () => require.resolve("dejavu-fonts-ttf/ttf/DejaVuSansCondensed.ttf"),
  },
} as const;

/**
 * Pango crops a line to its ink, so "rock" would stand higher than "paper". An invisible bar, as tall as all but
 * accented capitals, at both ends gives lines one height; in DejaVu it takes this share of an em before what follows.
 */
const [strut, strutWidth] = ['<span alpha="1">|</span>', 0.25];

/** Draws a line in the font that comes with Tsugiki: a bare machine has none, and every machine draws the same. */
export async function renderLine(text: string, { size, colour, weight = "bold" }: LineStyle): Promise<Line> {
  const { font, fontfile } = faces[weight];
  const marked = `<span foreground="${colour}">${strut}${escaped(text)}${strut}</span>`;
  // At 72 dots an inch a point is a pixel.
  const drawn = sharp({
    text: { text: marked, font: `${font} ${size}`, fontfile: fontfile(), rgba: true, dpi: 72 },
  });
  const { data, info } = await drawn.png().toBuffer({ resolveWithObject: true });
  return { png: data, width: info.width, height: info.height, lead: Math.round(strutWidth * size) };
}

/** Text as Pango's markup has it. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
