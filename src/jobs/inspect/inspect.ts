import { mapConcurrent } from "../../core/async.ts";
import { groupBy } from "../../core/group-by.ts";
import { decode, describePicture } from "../../data/decode-sharp.ts";
import { groupDuplicates } from "../../data/duplicates.ts";
import { fingerprint } from "../../data/fingerprint.ts";
import { labelsOf } from "../../data/labels.ts";
import { openDataset } from "../../data/open.ts";
import type { Dataset, Part, Sample } from "../../data/sample.ts";
import type { MeasuredCurve } from "../../doctor/curve.ts";
import { type Examined, findings } from "../../doctor/examine.ts";
import type { DataFinding, FindingKind } from "../../doctor/finding.ts";
import { greyOf, lookAt, mirrored } from "../../doctor/look.ts";
import { qualityBounds } from "../../doctor/quality.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import type { FeaturesEvent, Picture, SkippedEvent } from "../../train/extract.ts";
import {
  decodePicture,
  fingerprintPicture,
  type LoadedPicture,
  loadPicture,
  orSkipped,
  plainSight,
  type SkippedPicture,
} from "../../train/picture.ts";
import { declareOutliers } from "../outliers.ts";
import { type FeatureChecks, type FeatureOptions, featureChecks, type HeadsEvent } from "./features.ts";
import { type InspectFiles, InspectionFiles } from "./files-node.ts";

export interface InspectOptions extends FeatureOptions, InspectFiles {
  /** A folder, zip archive or list of labelled pictures. */
  readonly data: string;
  readonly layout?: string | undefined;
  /** The class whose pictures are none of the others: it is not held to what a class is held to. */
  readonly outliers?: string | undefined;
  /** Looks at features too, those of the backbone in the box where no `base` is named; a `base` asks for them itself. */
  readonly features?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface InspectingEvent {
  readonly type: "inspecting";
  readonly done: number;
  readonly total: number;
}

export type InspectEvent = InspectingEvent | FeaturesEvent | SkippedEvent | HeadsEvent;

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
  /** What may be wrong, the gravest kinds first; without features some kinds cannot be found. */
  readonly findings: readonly DataFinding[];
  /** The base whose features were looked at; null where none were. */
  readonly base: string | null;
  /** Where it was asked for. */
  readonly learningCurve?: MeasuredCurve;
  /** Files that were written, and how many pictures a cleaned list leaves out. */
  readonly written: readonly string[];
  readonly left?: { readonly kept: number; readonly dropped: number; readonly kinds: readonly FindingKind[] };
}

interface Seen extends Examined {
  readonly sample: Sample;
  readonly hash: string;
  readonly fingerprint: Uint8Array;
}

/**
 * Reads every picture of a dataset and tells what is in it, before anything is trained on it: classes, sizes, and what
 * may be wrong. Duplicates, blank, dark, blurred and tiny pictures and imbalance need no network; suspected labels,
 * outliers, classes that look alike and crops need features. Throws what opening data and bases throws, UsageError.
 */
export async function* inspect(options: InspectOptions): AsyncGenerator<InspectEvent, Inspection> {
  const { layout, signal } = options;
  const files = await InspectionFiles.create(options);
  try {
    const dataset = await openDataset(options.data, {
      ...(layout !== undefined && { layout }),
      ...(signal && { signal }),
    });
    try {
      files.check(dataset);
      // Refuses what cannot be declared.
      declareOutliers(dataset, options.outliers);
      const { seen, unreadable } = yield* lookAtAll(dataset, signal);
      const wantsFeatures =
        options.features === true || options.base !== undefined || options.learningCurve === true;
      const checks = wantsFeatures ? yield* withFeatures(dataset, seen, options) : undefined;
      const found = findings(checks ? checks.seen : seen, {
        classes: dataset.classes,
        multiLabel: dataset.multiLabel,
        outliers: options.outliers,
        unreadable,
        ...(checks && { features: checks.of }),
      });
      const curve = checks?.of.curve;
      const result = {
        path: dataset.path,
        layout: dataset.layout,
        pictures: dataset.samples.length,
        classes: dataset.classes.map((name) => count(name, dataset.samples)),
        ...(dataset.multiLabel && { labels: labelsPerPicture(dataset.samples) }),
        sides: sidesOf(seen),
        unreadable,
        ignored: dataset.ignored,
        twins: twinsOf(seen),
        findings: found,
        base: checks?.of.base ?? null,
        ...(curve && { learningCurve: curve }),
      };
      return { ...result, ...(await files.write(dataset.samples, result)) };
    } finally {
      await dataset.close();
    }
  } finally {
    await files.close();
  }
}

async function* lookAtAll(
  { samples }: Dataset,
  signal: AbortSignal | undefined,
): AsyncGenerator<InspectingEvent, { seen: Seen[]; unreadable: SkippedPicture[] }> {
  const seen: Seen[] = [];
  const unreadable: SkippedPicture[] = [];
  let done = 0;
  const results = mapConcurrent(samples, 2 * nodeRuntime().concurrency, async (sample) => {
    signal?.throwIfAborted();
    return orSkipped(sample.id, () => look(sample));
  });
  for await (const result of results) {
    if ("reason" in result) unreadable.push(result);
    else seen.push(result);
    yield { type: "inspecting", done: ++done, total: samples.length };
  }
  return { seen, unreadable };
}

/** Those pictures that a base takes as well, in its order: what is told of them stands row by row beside the features. */
async function* withFeatures(
  dataset: Dataset,
  seen: readonly Seen[],
  options: InspectOptions,
): AsyncGenerator<InspectEvent, { seen: Seen[]; of: FeatureChecks }> {
  const own = new Map(seen.map((picture) => [picture.sample, picture]));
  const readable = { ...dataset, samples: seen.map(({ sample }) => sample) };
  const twins = (pictures: readonly Picture[]): Int32Array => groupDuplicates(pictures);
  const of = yield* featureChecks(readable, twins, options);
  return { seen: of.pictures.map(({ sample }) => own.get(sample)!), of };
}

/** The same hash, fingerprint and verdict as training's: what is told here is what happens there. */
async function look(sample: Sample): Promise<Seen> {
  const picture = await loadPicture(sample.id, sample.content);
  const { width, height } = await sizeOf(picture);
  const pixels = await decodePicture(picture, plainSight, decode);
  const seen = await fingerprintPicture(picture, pixels, plainSight, decode);
  const grey = greyOf(pixels);
  const own = lookAt(grey, pixels);
  return {
    sample,
    file: sample.id,
    label: sample.label,
    part: sample.part,
    hash: picture.hash,
    fingerprint: seen,
    // A blank picture's fingerprint is its colour, which grey has lost; and it is its own mirror.
    ...(own.contrast >= qualityBounds.blankContrast && { mirrored: fingerprint(mirrored(grey)) }),
    sides: [Math.min(width, height), Math.max(width, height)],
    look: own,
  };
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
