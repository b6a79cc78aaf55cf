import { readFile } from "node:fs/promises";
import sharp, { type Region, type Sharp } from "sharp";
import { mapConcurrent } from "../../src/core/async.ts";
import { derived, type Random } from "../../src/core/random.ts";

/** A picture on disk; `label` is -1 where the class is of no use. */
export interface Source {
  readonly file: string;
  readonly label: number;
}

export type Sources = Readonly<Record<"tiny" | "photos", readonly Source[]>>;

/** How a set of pictures is looked at: every picture through so many windows, the same for student and teacher. */
export interface View {
  readonly name: string;
  readonly pictures: keyof Sources;
  /** Bounds of the window's share of the picture's area; [1, 1] is the whole picture. */
  readonly area: readonly [number, number];
  readonly windows: number;
  /** Pictures looked at: the first of them, all where it is left out. */
  readonly most?: number;
  /** Side in pixels to which the student's picture is made small before it is stretched: the teacher sees more. */
  readonly through?: number;
}

/** Sides of what the student and the teacher see, in pixels. */
export interface Sides {
  readonly student: number;
  readonly teacher: number;
}

/** What is seen through one window, RGB bytes row by row. */
export interface Seen {
  readonly label: number;
  readonly student: Uint8Array;
  readonly teacher: Uint8Array;
}

/** Number `index` of a view's windows, the same on every run. Throws what sharp throws on files that are no pictures. */
async function seen(
  view: View,
  sides: Sides,
  sources: readonly Source[],
  index: number,
  seed: number,
): Promise<Seen> {
  const source = sources[index % sources.length]!;
  const picture = sharp(await readFile(source.file))
    .toColourspace("srgb")
    .flatten({ background: "#ffffff" });
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const raw = { raw: { width, height, channels } } as const;
  const window = windowIn(width, height, view.area, derived(seed, index));
  const resized = (to: number): Sharp => sharp(data, raw).extract(window).resize(to, to, { fit: "fill" });
  const small = view.through;
  const student =
    small === undefined ? resized(sides.student) : await stretched(resized(small), small, sides.student);
  return {
    label: source.label,
    student: await bytes(student, channels),
    teacher: await bytes(resized(sides.teacher), channels),
  };
}

/** A picture of side `from` brought to side `to`. */
async function stretched(picture: Sharp, from: number, to: number): Promise<Sharp> {
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  const raw = { raw: { width: from, height: from, channels: info.channels } } as const;
  return sharp(data, raw).resize(to, to, { fit: "fill" });
}

async function bytes(picture: Sharp, channels: number): Promise<Uint8Array> {
  return await (channels === 1 ? picture.toColourspace("srgb") : picture).raw().toBuffer();
}

/** A window of that share of the picture's area, its sides in a ratio of 3:4 to 4:3 (Szegedy et al. 2015). */
function windowIn(width: number, height: number, [least, most]: View["area"], random: Random): Region {
  if (least === 1) return { left: 0, top: 0, width, height };
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = width * height * (least + (most - least) * random.next());
    const ratio = Math.exp((2 * random.next() - 1) * Math.log(4 / 3));
    const [w, h] = [Math.round(Math.sqrt(area * ratio)), Math.round(Math.sqrt(area / ratio))];
    if (w > width || h > height) continue;
    return { left: random.int(width - w + 1), top: random.int(height - h + 1), width: w, height: h };
  }
  const square = Math.min(width, height);
  return { left: (width - square) >> 1, top: (height - square) >> 1, width: square, height: square };
}

/** The pictures that a view looks at. */
export function picturesOf({ pictures, most }: View, sources: Sources): readonly Source[] {
  return sources[pictures].slice(0, most);
}

/** The windows of a view from `from` to before `to`, in order; those of files that cannot be read are left out. */
export async function* windows(
  view: View,
  sides: Sides,
  sources: readonly Source[],
  [from, to]: readonly [number, number],
  seed: number,
): AsyncGenerator<Seen> {
  const indices = Array.from({ length: to - from }, (_, i) => from + i);
  const look = (index: number): Promise<Seen | undefined> =>
    seen(view, sides, sources, index, seed).catch((error: unknown) => {
      console.error(`${sources[index % sources.length]?.file}: ${String(error)}`);
      return undefined;
    });
  for await (const one of mapConcurrent(indices, 8, look)) if (one) yield one;
}
