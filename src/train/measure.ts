import { finish } from "../core/async.ts";
import type { Labelling } from "../data/labelling.ts";
import { memoryRows } from "../data/row-store.ts";
import type { Part, Sample } from "../data/sample.ts";
import { evaluateAny } from "../evaluate/label-report.ts";
import type { Runtime } from "../runtime/session.ts";
import type { Backbone } from "./backbone.ts";
import type { Picture, SkippedEvent, SkippedPicture } from "./extract.ts";
import { FeatureExtractor } from "./extract.ts";
import { apply } from "./feature-head.ts";
import type { FeatureSet } from "./features.ts";
import type { Measured, TrainParts, TrainSettings } from "./run.ts";
import { enoughKnown, evenRows } from "./second-opinion/even-rows.ts";
import { type Judged, judge } from "./second-opinion/second-opinion.ts";
import type { OpinionSets } from "./second-opinion/strangers.ts";
import type { TrainedHead } from "./trained-head.ts";

type Parts<T> = Readonly<Record<Part, T>>;
export type MeasuredParts = Readonly<Partial<Record<Part, Measured>>>;

/** What a head says of the held-out pictures, by their features. */
export async function measure(
  head: TrainedHead,
  of: Parts<readonly Picture[]>,
  sets: Pick<OpinionSets, "val" | "test">,
  classes: readonly string[],
  runtime: Runtime,
): Promise<MeasuredParts> {
  const measured: Partial<Record<Part, Measured>> = {};
  for (const part of ["val", "test"] as const) {
    if (sets[part].rows === 0) continue;
    const probabilities = await apply(head.model, sets[part], classes.length, runtime);
    const { labels, targets } = sets[part];
    const evaluation = evaluateAny({ probabilities, labels, targets, classes });
    measured[part] = { pictures: of[part], probabilities, evaluation };
  }
  return measured;
}

/** A trained base with its head, and the pictures that it is measured on. */
export interface TrainedNetwork {
  readonly backbone: Backbone;
  readonly head: TrainedHead;
  readonly of: Parts<readonly Picture[]>;
  /** Pictures that are none of the classes. */
  readonly outliers: readonly Picture[];
  readonly labelling: Labelling;
}

/**
 * What the trained base and its head say of the held-out pictures, by the very graph that is exported, and its second
 * opinion. A file that became unreadable, or another picture, while hours of training went by is passed over unless
 * `strict` is asked for.
 */
export async function* measureNetwork(
  parts: TrainParts & Pick<TrainSettings, "strict">,
  { backbone, head, of, outliers, labelling }: TrainedNetwork,
  settings: Pick<TrainSettings, "opinion">,
): AsyncGenerator<
  SkippedEvent,
  { readonly judged: Judged; readonly measured: MeasuredParts; readonly lost: readonly SkippedPicture[] }
> {
  const { dataset, runtime } = parts;
  const extractor = await FeatureExtractor.open({ ...parts, backbone, openStore: memoryRows });
  try {
    const held = [...of.val, ...of.test];
    const all = [...held, ...knownOf(of.train, labelling), ...outliers];
    const { pictures, skipped } = await finish(extractor.extract(all.map(({ sample }) => sample)));
    const hashes = new Map(pictures.map(({ sample, hash }) => [sample, hash]));
    const isSame = ({ sample, hash }: Picture): boolean => hashes.get(sample) === hash;
    const lost = lostOf(held, hashes, skipped, isSame);
    for (const each of lost) yield { type: "skipped", ...each };
    const rest = { ...of, val: of.val.filter(isSame), test: of.test.filter(isSame) };
    const gather = (some: readonly Picture[]): FeatureSet => extractor.gather(some, labelling);
    const sets: OpinionSets = {
      train: gather(all.slice(held.length, all.length - outliers.length).filter(isSame)),
      val: gather(rest.val),
      test: gather(rest.test),
      ...(outliers.length > 0 && { outliers: gather(outliers.filter(isSame)) }),
    };
    const judged = await judge(head, sets, dataset.classes, settings.opinion, runtime);
    return { judged, measured: await measure(judged.head, rest, sets, dataset.classes, runtime), lost };
  } finally {
    await extractor.close();
  }
}

/** Of held-out pictures, those that cannot be read any more, and those that are others now. */
function lostOf(
  held: readonly Picture[],
  hashes: ReadonlyMap<Sample, string>,
  skipped: readonly SkippedPicture[],
  isSame: (picture: Picture) => boolean,
): SkippedPicture[] {
  const ids = new Set(held.map(({ sample }) => sample.id));
  const changed = held.filter((picture) => hashes.has(picture.sample) && !isSame(picture));
  return [
    ...skipped.filter(({ file }) => ids.has(file)),
    ...changed.map(({ sample }) => ({
      file: sample.id,
      reason: "it is another picture than when training began",
    })),
  ];
}

/** Training pictures of every class, enough to say what known ones look like: their features must be computed anew. */
function knownOf(train: readonly Picture[], { classes, multiLabel, numbersOf }: Labelling): Picture[] {
  const labels = Int32Array.from(train, ({ sample }) => (multiLabel ? 0 : (numbersOf(sample)[0] ?? 0)));
  const rows = evenRows(labels, multiLabel ? 1 : classes, enoughKnown);
  return rows.map((row) => train[row]!);
}
