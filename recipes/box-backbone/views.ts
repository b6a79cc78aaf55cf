import { readFile } from "node:fs/promises";
import sharp, { type Region, type Sharp } from "sharp";
import { mapConcurrent } from "../../src/core/async.ts";
import { derived, type Random } from "../../src/core/random.ts";

/** A picture on disk; `label` is -1 where the class is of no use. */
export interface Source {
  readonly file: string;
  readonly label: number;
}

/** How a set of pictures is looked at: every picture `crops` times, by student and teacher through the same window. */
export interface View {
  readonly name: string;
  readonly pictures: "tiny" | "photos";
  /** Side of what the student sees, in pixels. */
  readonly side: number;
  /** Side of what the teacher sees: twice that, its places being twice as far apart. */
  readonly teacherSide: number;
  /** Bounds of the window's share of the picture's area. */
  readonly area: readonly [number, number];
  /** Share of windows of which the student sees a version of 24 to 40 pixels, stretched: small pictures are like that. */
  readonly blurred: number;
  readonly crops: number;
}

/** What is seen through one window, RGB bytes row by row. */
export interface Seen {
  readonly label: number;
  readonly student: Uint8Array;
  readonly teacher: Uint8Array;
}

/** Number `index` of a view's windows, the same on every run. Throws what sharp throws on files that are no pictures. */
async function seen(view: View, sources: readonly Source[], index: number, seed: number): Promise<Seen> {
  const source = sources[index % sources.length]!;
  const random = derived(seed, index);
  const picture = sharp(await readFile(source.file))
    .toColourspace("srgb")
    .flatten({ background: "#ffffff" });
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const raw = { raw: { width, height, channels } } as const;
  const window = windowIn(width, height, view.area, random);
  const resized = (side: number): Promise<Uint8Array> =>
    bytes(sharp(data, raw).extract(window).resize(side, side, { fit: "fill" }), channels);
  const teacher = await resized(view.teacherSide);
  if (random.next() >= view.blurred)
    return { label: source.label, student: await resized(view.side), teacher };
  const small = 24 + random.int(17);
  const { side } = view;
  const shrunk = await resized(small);
  const student = await bytes(
    sharp(shrunk, { raw: { width: small, height: small, channels: 3 } }).resize(side, side, { fit: "fill" }),
    3,
  );
  return { label: source.label, student, teacher };
}

async function bytes(picture: Sharp, channels: number): Promise<Uint8Array> {
  return await (channels === 1 ? picture.toColourspace("srgb") : picture).raw().toBuffer();
}

/** A window of that share of the picture's area, its sides in a ratio of 3:4 to 4:3 (Szegedy et al. 2015). */
function windowIn(width: number, height: number, [least, most]: View["area"], random: Random): Region {
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = width * height * (least + (most - least) * random.next());
    const ratio = Math.exp((2 * random.next() - 1) * Math.log(4 / 3));
    const [w, h] = [Math.round(Math.sqrt(area * ratio)), Math.round(Math.sqrt(area / ratio))];
    if (w > width || h > height) continue;
    return { left: random.int(width - w + 1), top: random.int(height - h + 1), width: w, height: h };
  }
  const side = Math.min(width, height);
  return { left: (width - side) >> 1, top: (height - side) >> 1, width: side, height: side };
}

/** The windows of a view from `from` to before `to`, in order; those of files that cannot be read are left out. */
export async function* windows(
  view: View,
  sources: readonly Source[],
  [from, to]: readonly [number, number],
  seed: number,
): AsyncGenerator<Seen> {
  const indices = Array.from({ length: to - from }, (_, i) => from + i);
  const look = (index: number): Promise<Seen | undefined> =>
    seen(view, sources, index, seed).catch((error: unknown) => {
      console.error(`${sources[index % sources.length]?.file}: ${String(error)}`);
      return undefined;
    });
  for await (const one of mapConcurrent(indices, 8, look)) if (one) yield one;
}
