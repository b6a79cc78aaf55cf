import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { random } from "../../src/core/random.ts";

/** Three things that a drawn picture can be, each by itself: any of them, all, or none. */
export const shapeLabels = ["dark", "red", "round"] as const;

/** A shape on a ground: red or blue, a disc or a square, on dark or on light; place, size and shade are drawn. */
export function drawShape(labels: ReadonlySet<string>, rng: { next(): number }): Promise<Buffer> {
  const side = 96;
  const between = (from: number, to: number): number => Math.round(from + (to - from) * rng.next());
  const r = between(16, 30);
  const [x, y] = [between(r, side - r), between(r, side - r)];
  const shade = between(150, 255);
  const colour = labels.has("red") ? `rgb(${shade},40,30)` : `rgb(30,60,${shade})`;
  const ground = labels.has("dark") ? between(0, 50) : between(190, 250);
  const shape = labels.has("round")
    ? `<circle cx="${x}" cy="${y}" r="${r}" fill="${colour}"/>`
    : `<rect x="${x - r}" y="${y - r}" width="${2 * r}" height="${2 * r}" fill="${colour}"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}">
    <rect width="100%" height="100%" fill="rgb(${ground},${ground},${ground})"/>${shape}</svg>`;
  return sharp(Buffer.from(svg)).png().toBuffer();
}

/** Writes `count` pictures and the list `labels.csv` that names their labels; answers the list's path. */
export async function drawShapes(folder: string, count: number, seed: number): Promise<string> {
  const rng = random(seed);
  mkdirSync(folder, { recursive: true });
  const rows = ["path,labels"];
  for (let i = 0; i < count; i++) {
    const labels = shapeLabels.filter(() => rng.next() < 0.5);
    writeFileSync(join(folder, `${i}.png`), await drawShape(new Set(labels), rng));
    rows.push(`${i}.png,${labels.join("|") || "|"}`);
  }
  const list = join(folder, "labels.csv");
  writeFileSync(list, `${rows.join("\n")}\n`);
  return list;
}
