import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { type Random, random } from "../../src/core/random.ts";

/** Fills a tile of this side in one colour; the tile repeats over the picture, turned and scaled. */
type Draw = (side: number, colour: string) => string;

/** Patterns that a small backbone tells apart, in random colours, sizes and angles, no two alike. */
const patterns: Readonly<Record<string, Draw>> = {
  dots: (side, colour) => `<circle cx="${side / 2}" cy="${side / 2}" r="${side * 0.3}" fill="${colour}"/>`,
  stripes: (side, colour) => `<rect width="${side}" height="${side * 0.45}" fill="${colour}"/>`,
  checks: (side, colour) => {
    const half = side / 2;
    return `<path d="M0 0h${half}v${half}h${-half}z M${half} ${half}h${half}v${half}h${-half}z" fill="${colour}"/>`;
  },
  // Class names come in any script.
  波: (side, colour) => {
    const [middle, swing, width] = [side / 2, side * 0.75, side * 0.22];
    return `<path d="M0 ${middle} q${side / 4} ${-swing} ${middle} 0 t${middle} 0" fill="none" stroke="${colour}" stroke-width="${width}"/>`;
  },
};

export const patternClasses = Object.keys(patterns);

function picture(draw: Draw, rng: Random): string {
  const [width, height] = [110 + rng.int(60), 110 + rng.int(60)];
  const hue = rng.int(360);
  const ground = `hsl(${hue} ${30 + rng.int(60)}% ${20 + rng.int(60)}%)`;
  const colour = `hsl(${hue + 90 + rng.int(180)} ${30 + rng.int(60)}% ${20 + rng.int(60)}%)`;
  const side = 18 + rng.int(30);
  const turn = `rotate(${rng.int(180)}) translate(${rng.int(side)} ${rng.int(side)})`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <pattern id="p" width="${side}" height="${side}" patternUnits="userSpaceOnUse" patternTransform="${turn}">${draw(side, colour)}</pattern>
    <rect width="100%" height="100%" fill="${ground}"/><rect width="100%" height="100%" fill="url(#p)"/></svg>`;
}

/** Draws `count` pictures a class as JPEG files `folder/CLASS/INDEX.jpg`, numbered from `from`; answers their paths. */
export async function drawPatterns(folder: string, count: number, seed: number, from = 0): Promise<string[]> {
  const rng = random(seed);
  const files: string[] = [];
  for (const [name, draw] of Object.entries(patterns)) {
    for (let i = from; i < from + count; i++) {
      const path = join(folder, name, `${i}.jpg`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(
        path,
        await sharp(Buffer.from(picture(draw, rng)))
          .jpeg({ quality: 85 })
          .toBuffer(),
      );
      files.push(path);
    }
  }
  return files;
}
