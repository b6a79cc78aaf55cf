import { groupBy } from "../core/group-by.ts";
import { sha256 } from "../core/hash.ts";
import { groupDuplicates } from "../data/duplicates.ts";
import { TooFewPicturesError } from "../data/errors.ts";
import { labelsOf } from "../data/labels.ts";
import { byCodePoint, someNames } from "../data/names.ts";
import type { Dataset, Part } from "../data/sample.ts";
import { type SplitOptions, splitSamples } from "../data/split.ts";
import { TrainingDataError } from "./errors.ts";
import type { Picture } from "./extract.ts";

/** Throws at once what the split of the pictures, could all be read, would throw after hours of reading them. */
export function rehearse(
  { classes, multiLabel, samples, path }: Dataset,
  { val, test, seed }: SplitOptions,
): void {
  // A single label of pictures that may have several is there or not: that can be learned.
  if (classes.length < (multiLabel ? 1 : 2)) {
    throw new TrainingDataError(
      {
        what: `${path} has ${classes.length === 1 ? `only the class '${classes[0]}'` : "no classes"}.`,
        why: "A classifier learns what tells classes apart.",
        next: multiLabel ? "Give some pictures labels." : "Add pictures of a second class.",
      },
      { rows: samples.length, width: 0, classes: classes.length },
    );
  }
  splitSamples(
    samples.map((sample, group) => ({ ...sample, hash: sample.id, group })),
    { val, test, seed },
  );
}

/** A class may lose all its pictures to bad files; training on would quietly forget it. */
export function refuseEmptyClasses(dataset: Dataset, pictures: readonly Picture[]): void {
  const present = new Set(pictures.flatMap(({ sample }) => labelsOf(sample)));
  const label = dataset.classes.find((name) => !present.has(name));
  if (label === undefined) return;
  throw new TooFewPicturesError(
    {
      what: `Class '${label}' has no picture that can be read.`,
      next: "Replace its files, or take the class out of the data.",
    },
    { label, pictures: 0, groups: 0, needed: 1 },
  );
}

/** The pictures of each part, and what is to be said of the split. */
export interface Shared {
  readonly of: Record<Part, Picture[]>;
  readonly twins: number;
  readonly parted: number;
  readonly warnings: readonly string[];
}

/** Shares the pictures out, twins together. */
export function share(pictures: readonly Picture[], { val, test, seed }: SplitOptions): Shared {
  const groups = groupDuplicates(pictures);
  const given = pictures.map(({ sample, hash }, i) => ({ ...sample, hash, group: groups[i]! }));
  const assigned = splitSamples(given, { val, test, seed });
  const of: Record<Part, Picture[]> = { train: [], val: [], test: [] };
  for (const [i, picture] of pictures.entries()) of[assigned[i]!].push(picture);

  const indices = pictures.map((_, i) => i);
  const twinned = [...groupBy(indices, (i) => groups[i]!).values()].filter((group) => group.length > 1);
  let [parted, leaked] = [0, 0];
  for (const group of twinned) {
    const parts = new Set(group.map((i) => assigned[i]!));
    if (parts.size > 1) parted += group.length;
    if (parts.has("train")) leaked += group.filter((i) => assigned[i] !== "train").length;
  }
  const contradicted = [...groupBy(pictures, ({ hash }) => hash).values()].filter(
    (same) => new Set(same.map(({ sample }) => sample.label)).size > 1,
  ).length;
  const warnings: string[] = [];
  if (leaked > 0) {
    warnings.push(
      `Validation and test pictures that have a twin in training, because the data came split that way: ${leaked}. The figures flatter.`,
    );
  }
  const multiLabel = pictures.some(({ sample }) => sample.labels !== undefined);
  if (contradicted > 0) {
    const what = multiLabel ? "have other labels elsewhere" : "stand in more than one class";
    warnings.push(`Pictures that ${what}, byte for byte: ${contradicted}.`);
  }
  if (multiLabel) warnings.push(...labelsNotMeasured(of));
  return { of, twins: twinned.flat().length, parted, warnings };
}

/** Labels that stand in too few pictures, or beside others too often, to be in each part that is there. */
function labelsNotMeasured(of: Readonly<Record<Part, readonly Picture[]>>): string[] {
  const labels = (part: Part): Set<string> => new Set(of[part].flatMap(({ sample }) => labelsOf(sample)));
  const trained = labels("train");
  return (["val", "test"] as const).flatMap((part) => {
    if (of[part].length === 0) return [];
    const present = labels(part);
    const missing = [...trained].filter((label) => !present.has(label)).sort(byCodePoint);
    return missing.length === 0 ? [] : [`Labels that no ${part} picture has: ${someNames(missing)}.`];
  });
}

/** sha256 over every picture's hash, class and part. */
export async function fingerprintOf(parts: Readonly<Record<Part, readonly Picture[]>>): Promise<string> {
  const lines = Object.entries(parts).flatMap(([part, pictures]) =>
    pictures.map(({ hash, sample: { label, labels } }) => {
      return `${hash} ${part} ${labels === undefined ? label : JSON.stringify(labels)}`;
    }),
  );
  return sha256(lines.sort().join("\n"));
}
