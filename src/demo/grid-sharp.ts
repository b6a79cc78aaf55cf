import { Canvas, ink } from "./canvas-sharp.ts";

/** A picture, what was said of it, and what it is. */
export interface Answer {
  /** The picture's file. */
  readonly file: string;
  readonly predicted: string;
  readonly probability: number;
  readonly label: string;
}

export interface GridText {
  readonly heading: string;
  readonly notes: readonly string[];
}

/** Pixels. A tile is a framed picture with two lines under it. */
const [width, margin, gap, frame] = [1000, 24, 12, 5];
const [headTop, headSize, noteSize, noteStep, titleSize] = [22, 24, 14, 22, 12];
const [titleTop, titleStep, titles] = [6, 15, 40];

/** Where the tiles begin, their side and the sheet's height. */
export function gridLayout(tiles: number, notes: number, columns = 8) {
  const side = Math.floor((width - 2 * margin - (columns - 1) * gap) / columns);
  const top = headTop + headSize + 14 + notes * noteStep + 12;
  const rows = Math.ceil(tiles / columns);
  const at = (tile: number) => ({
    left: margin + (tile % columns) * (side + gap),
    top: top + Math.floor(tile / columns) * (side + titles),
  });
  return { width, height: top + rows * (side + titles) + 12, side, frame, at };
}

/**
 * Pictures with their answers as titles, in a green frame with a tick where they are right and a red one with a cross
 * where they are wrong, as a PNG of 1,000 pixels' width. Throws where a picture does not decode.
 */
export async function gridPng(answers: readonly Answer[], { heading, notes }: GridText): Promise<Uint8Array> {
  const { height, side, at } = gridLayout(answers.length, notes.length);
  const canvas = new Canvas(width, height);
  canvas.text(heading, margin, headTop, { size: headSize, colour: ink.text });
  for (const [i, note] of notes.entries()) {
    const top = headTop + headSize + 14 + i * noteStep;
    canvas.text(note, margin, top, { size: noteSize, colour: ink.muted, weight: "regular" });
  }
  for (const [i, answer] of answers.entries()) tile(canvas, answer, { ...at(i), side });
  return canvas.png();
}

interface Square {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

function tile(
  canvas: Canvas,
  { file, predicted, probability, label }: Answer,
  { left, top, side }: Square,
): void {
  const isRight = predicted === label;
  const colour = isRight ? ink.right : ink.wrong;
  canvas.shape(`<rect x="${left}" y="${top}" width="${side}" height="${side}" rx="6" fill="${colour}"/>`);
  canvas.picture(file, left + frame, top + frame, side - 2 * frame);
  const titled = top + side + titleTop;
  canvas.shape(mark(isRight, left + 7, titled + 7, colour));
  canvas.text(`${predicted} ${percent(probability)}`, left + 19, titled, { size: titleSize, colour });
  if (isRight) return;
  canvas.text(`is ${label}`, left + 19, titled + titleStep, { size: titleSize, colour: ink.text });
}

/** A disc with a white tick or cross, its middle at x, y: told apart without colours, too. */
function mark(isRight: boolean, x: number, y: number, colour: string): string {
  const path = isRight ? "M-3.2 0.2l2.3 2.4l4.2-4.8" : "M-2.6-2.6l5.2 5.2M2.6-2.6l-5.2 5.2";
  return (
    `<g transform="translate(${x},${y})"><circle r="7" fill="${colour}"/>` +
    `<path d="${path}" fill="none" stroke="#fff" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/></g>`
  );
}

/** A whole number of percent; only what is certain is 100 %. */
function percent(probability: number): string {
  const rounded = Math.round(100 * probability);
  return `${probability < 1 ? Math.min(99, rounded) : 100} %`;
}
