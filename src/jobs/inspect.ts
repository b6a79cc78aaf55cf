import { mapConcurrent } from "../core/async.ts";
import { groupBy } from "../core/group-by.ts";
import { decode, describePicture } from "../data/decode-sharp.ts";
import { groupDuplicates } from "../data/duplicates.ts";
import { labelsOf } from "../data/labels.ts";
import { openDataset } from "../data/open.ts";
import type { Dataset, Part, Sample } from "../data/sample.ts";
import { nodeRuntime } from "../runtime/node.ts";
import {
  decodePicture,
  fingerprintPicture,
  type LoadedPicture,
  loadPicture,
  orSkipped,
  plainSight,
  type SkippedPicture,
} from "../train/picture.ts";

export interface InspectOptions {
  /** A folder, zip archive or list of labelled pictures. */
  readonly data: string;
  readonly layout?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface InspectingEvent {
  readonly type: "inspecting";
  readonly done: number;
  readonly total: number;
}

export interface ClassCount {
  readonly name: string;
  readonly pictures: number;
  /** By part, where the data comes ready split. */
  readonly parts: Readonly<Partial<Record<Part, number>>>;
}

/** Pictures that show the same, by content or to the eye. */
export interface TwinGroup {
  readonly files: readonly string[];
  /** Byte for byte. */
  readonly exact: boolean;
  readonly acrossParts: boolean;
  readonly acrossClasses: boolean;
}

export interface Inspection {
  readonly path: string;
  readonly layout: string;
  readonly pictures: number;
  readonly classes: readonly ClassCount[];
  /** Of pictures that may have several labels at once: how many they have on average, and how many have none. */
  readonly labels?: { readonly mean: number; readonly none: number };
  /** Shorter and longer side in pixels over the pictures that decode. */
  readonly sides: { readonly shortest: number; readonly median: number; readonly longest: number } | null;
  readonly unreadable: readonly SkippedPicture[];
  readonly ignored: Dataset["ignored"];
  readonly twins: readonly TwinGroup[];
}

interface Seen {
  readonly sample: Sample;
  readonly hash: string;
  readonly fingerprint: Uint8Array;
  readonly sides: readonly [number, number];
}

/** Reads every picture of a dataset and tells what is in it, before anything is trained on it. */
export async function* inspect(options: InspectOptions): AsyncGenerator<InspectingEvent, Inspection> {
  const { layout, signal } = options;
  const dataset = await openDataset(options.data, {
    ...(layout !== undefined && { layout }),
    ...(signal && { signal }),
  });
  try {
    const seen: Seen[] = [];
    const unreadable: SkippedPicture[] = [];
    let done = 0;
    const results = mapConcurrent(dataset.samples, 2 * nodeRuntime().concurrency, async (sample) => {
      signal?.throwIfAborted();
      return orSkipped(sample.id, () => look(sample));
    });
    for await (const result of results) {
      if ("reason" in result) unreadable.push(result);
      else seen.push(result);
      yield { type: "inspecting", done: ++done, total: dataset.samples.length };
    }
    return {
      path: dataset.path,
      layout: dataset.layout,
      pictures: dataset.samples.length,
      classes: dataset.classes.map((name) => count(name, dataset.samples)),
      ...(dataset.multiLabel && { labels: labelsPerPicture(dataset.samples) }),
      sides: sidesOf(seen),
      unreadable,
      ignored: dataset.ignored,
      twins: twinsOf(seen),
    };
  } finally {
    await dataset.close();
  }
}

/** The same hash, fingerprint and verdict as training's: what is told here is what happens there. */
async function look(sample: Sample): Promise<Seen> {
  const picture = await loadPicture(sample.id, sample.content);
  const { width, height } = await sizeOf(picture);
  const pixels = await decodePicture(picture, plainSight, decode);
  const fingerprint = await fingerprintPicture(picture, pixels, plainSight, decode);
  return { sample, hash: picture.hash, fingerprint, sides: [width, height] };
}

/** Width and height as stored: a large JPEG is decoded smaller than it is. */
async function sizeOf({ id, content, bytes }: LoadedPicture): Promise<{ width: number; height: number }> {
  return content.kind === "pixels" ? content : describePicture(bytes, id);
}

function labelsPerPicture(samples: readonly Sample[]): NonNullable<Inspection["labels"]> {
  const counts = samples.map((sample) => labelsOf(sample).length);
  return {
    mean: counts.reduce((sum, own) => sum + own, 0) / counts.length,
    none: counts.filter((own) => own === 0).length,
  };
}

function count(name: string, samples: readonly Sample[]): ClassCount {
  const own = samples.filter((sample) => labelsOf(sample).includes(name));
  const parts: Partial<Record<Part, number>> = {};
  for (const { part } of own) if (part !== undefined) parts[part] = (parts[part] ?? 0) + 1;
  return { name, pictures: own.length, parts };
}

function sidesOf(seen: readonly Seen[]): Inspection["sides"] {
  const sides = seen.flatMap((picture) => picture.sides).sort((a, b) => a - b);
  if (sides.length === 0) return null;
  return { shortest: sides[0]!, median: sides[sides.length >> 1]!, longest: sides.at(-1)! };
}

function twinsOf(seen: readonly Seen[]): TwinGroup[] {
  const group = groupDuplicates(seen);
  const indices = seen.map((_, i) => i);
  const several = (of: (picture: Seen) => unknown, members: readonly Seen[]): boolean =>
    new Set(members.map(of)).size > 1;
  return [...groupBy(indices, (i) => group[i]!).values()]
    .filter((members) => members.length > 1)
    .map((members) => members.map((i) => seen[i]!))
    .map((members) => ({
      files: members.map(({ sample }) => sample.id),
      exact: !several(({ hash }) => hash, members),
      acrossParts: several(({ sample }) => sample.part, members),
      acrossClasses: several(({ sample }) => sample.label, members),
    }));
}
