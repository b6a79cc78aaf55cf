import { Canvas, ink } from "./canvas-sharp.ts";

/** A vendor's row: who drew, what for, and some pictures. */
export interface VendorRow {
  readonly title: string;
  /** "to train on" */
  readonly use: string;
  /** By whom, and the licence. */
  readonly notes: readonly string[];
  /** Files of encoded pictures. */
  readonly pictures: readonly string[];
}

/** Pixels. */
const [width, margin, gap, column, headTop, top] = [1000, 24, 12, 190, 22, 74];
const [titleSize, noteSize, noteStep] = [15, 12, 17];

/** Pictures of each vendor in a row behind its name, as a PNG of 1,000 pixels' width. */
export async function vendorsPng(heading: string, rows: readonly VendorRow[]): Promise<Uint8Array> {
  const most = Math.max(...rows.map(({ pictures }) => pictures.length));
  const side = Math.floor((width - 2 * margin - column - (most - 1) * gap) / most);
  const canvas = new Canvas(width, top + rows.length * (side + gap) - gap + margin);
  canvas.text(heading, margin, headTop, { size: 24, colour: ink.text });
  for (const [i, { title, use, notes, pictures }] of rows.entries()) {
    const y = top + i * (side + gap);
    canvas.text(title, margin, y + 4, { size: titleSize, colour: ink.text });
    canvas.text(use, margin, y + 26, { size: noteSize, colour: ink.text });
    for (const [j, note] of notes.entries()) {
      const noteTop = y + 26 + (j + 1) * noteStep;
      canvas.text(note, margin, noteTop, { size: noteSize, colour: ink.muted, weight: "regular" });
    }
    for (const [j, file] of pictures.entries())
      canvas.picture(file, margin + column + j * (side + gap), y, side);
  }
  return canvas.png();
}
