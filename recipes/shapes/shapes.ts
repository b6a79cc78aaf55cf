import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { random } from "../../src/core/random.ts";

/** Shapes that a small backbone tells apart, drawn on noisy grounds, no two alike. */
const shapes: Readonly<Record<string, (x: number, y: number, r: number, colour: string) => string>> = {
  circle: (x, y, r, colour) => `<circle cx="${x}" cy="${y}" r="${r}" fill="${colour}"/>`,
  square: (x, y, r, colour) =>
    `<rect x="${x - r}" y="${y - r}" width="${2 * r}" height="${2 * r}" fill="${colour}"/>`,
  triangle: (x, y, r, colour) =>
    `<polygon points="${x},${y - r} ${x - r},${y + r} ${x + r},${y + r}" fill="${colour}"/>`,
  // Class names come in any script.
  星: (x, y, r, colour) => `<polygon points="${corners(x, y, r)}" fill="${colour}"/>`,
};

export const shapeClasses = Object.keys(shapes);

/** Ten corners, every other one close to the centre. */
function corners(x: number, y: number, r: number): string {
  return Array.from({ length: 10 }, (_, i) => {
    const [angle, length] = [(Math.PI * i) / 5 - Math.PI / 2, i % 2 === 0 ? r * 1.2 : r / 2];
    return `${(x + length * Math.cos(angle)).toFixed(1)},${(y + length * Math.sin(angle)).toFixed(1)}`;
  }).join(" ");
}

/** Draws `count` pictures a class as JPEG files `folder/CLASS/INDEX.jpg`, numbered from `from`; answers their paths. */
export async function drawShapes(folder: string, count: number, seed: number, from = 0): Promise<string[]> {
  const rng = random(seed);
  const files: string[] = [];
  for (const [name, draw] of Object.entries(shapes)) {
    for (let i = from; i < from + count; i++) {
      const [width, height] = [110 + rng.int(60), 110 + rng.int(60)];
      const colour = (): string => `hsl(${rng.int(360)} ${40 + rng.int(60)}% ${30 + rng.int(40)}%)`;
      const dots = Array.from(
        { length: 3 },
        () =>
          `<circle cx="${rng.int(width)}" cy="${rng.int(height)}" r="${2 + rng.int(5)}" fill="${colour()}"/>`,
      );
      const shape = draw(52 + rng.int(width - 103), 52 + rng.int(height - 103), 32 + rng.int(14), colour());
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="${colour()}"/>${dots.join("")}${shape}</svg>`;
      const path = join(folder, name, `${i}.jpg`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, await sharp(Buffer.from(svg)).jpeg({ quality: 90 }).toBuffer());
      files.push(path);
    }
  }
  return files;
}
