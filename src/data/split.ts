import { assert } from "../core/assert.ts";
import { UsageError } from "../core/errors.ts";
import { TooFewPicturesError } from "./errors.ts";
import { labelsOf } from "./labels.ts";
import { byCodePoint } from "./names.ts";
import type { Part } from "./sample.ts";
import { type Group, repair, type Wanted } from "./split-repair.ts";

/** What a split needs to know of a sample. */
export interface SplitSample {
  readonly label: string;
  /** All its labels, where it may have several or none. */
  readonly labels?: readonly string[];
  /** sha-256 of the picture's bytes, in hex. */
  readonly hash: string;
  /** Near-duplicates share a group: `groupDuplicates`. */
  readonly group: number;
  /** The part that the dataset itself gives. */
  readonly part?: Part;
}

export interface SplitOptions {
  /** Share of pictures for validation, 0 to 1. */
  readonly val: number;
  /** Share of pictures for testing, 0 to 1. */
  readonly test: number;
  readonly seed: number;
}

/**
 * A part for each sample, the same whatever their order. Each group is placed in [0, 1) by a hash of the seed and its
 * smallest content hash. So a picture's part does not depend on the others, and adding pictures moves none, but for
 *
 * - classes that chance left with less than half or more than twice their due in val or test (in whole
 *   pictures; near-duplicates count once). The groups nearest the threshold make good what is missing or too much, and
 *   which these are changes with the class. At shares of 0.15 that befalls one in twelve classes of 60, one in
 *   forty of 100, next to none of 300 (binomial tails);
 * - a new near-twin with a smaller hash, which takes its whole group along to its own place.
 *
 * Guaranteed is that near-duplicates without a part go together, and that every class has a picture in each part that
 * is made. Its bounds a class can miss only where groups that it shares with other classes stand in the way.
 *
 * Of several labels at once each counts as a class, with this difference: they overlap, and some are rare, so a label
 * that cannot be in every part is in train first, then in test, then in val, as far as its pictures go.
 *
 * Parts that are given stay. Where a dataset comes with parts but without val, val is carved from train; a test part
 * it does not have is not made, and pictures without a part count as train or follow their duplicates.
 *
 * Throws UsageError for shares that leave nothing to train on, TooFewPicturesError for a class that is too small or
 * has no picture to train on.
 */
export function splitSamples(samples: readonly SplitSample[], options: SplitOptions): Part[] {
  checkShares(options);
  const given = new Set(samples.map((sample) => sample.part).filter((part) => part !== undefined));
  const shares = {
    val: given.has("val") ? 0 : options.val,
    test: given.size > 0 ? 0 : options.test,
  };
  const ready = readyParts(samples);
  checkTrain(samples, ready);
  const groups = groupsOf(samples, ready, shares, options.seed);
  const wanted = wantedParts(shares);
  const overlapping = samples.some(({ labels }) => labels !== undefined);
  const short = repair(settledInTrain(samples, ready), [...groups.values()], wanted, { overlapping });
  if (short !== undefined) throw tooFew(samples, short.label, short.groups, wanted);
  return samples.map((sample, i) => {
    const part = ready[i] ?? groups.get(sample.group)?.part;
    assert(part !== undefined, "a sample without a group");
    return part;
  });
}

function checkShares({ val, test }: SplitOptions): void {
  for (const [option, value] of Object.entries({ val, test })) {
    if (value >= 0 && value < 1) continue;
    const parts = {
      what: `The share ${option} is ${value}.`,
      next: "Give a number from 0 up to, but not, 1.",
    };
    throw new UsageError(parts, { option, value });
  }
  if (val + test < 1) return;
  const what = `The shares val ${val} and test ${test} leave nothing to train on.`;
  throw new UsageError(
    { what, next: "Make them smaller, for instance 0.15 each." },
    { option: "val", value: val },
  );
}

/** The part already settled for each sample, undefined for those to be shared out. */
function readyParts(samples: readonly SplitSample[]): (Part | undefined)[] {
  const held = new Map<number, Part>();
  for (const { group, part } of samples) {
    if (part === "test" || (part === "val" && held.get(group) !== "test")) held.set(group, part);
  }
  return samples.map(({ group, part }) => {
    if (part === "val" || part === "test") return part;
    // Given to train, or no part: a duplicate of a held-out picture may not be trained on unless the dataset says so.
    return part === undefined ? held.get(group) : held.has(group) ? "train" : undefined;
  });
}

/** Each class needs a picture that is in train already or may be put there. */
function checkTrain(samples: readonly SplitSample[], ready: readonly (Part | undefined)[]): void {
  const trained = new Set<string>();
  for (const [i, sample] of samples.entries()) {
    if (ready[i] !== undefined && ready[i] !== "train") continue;
    for (const label of labelsOf(sample)) trained.add(label);
  }
  const label = [...new Set(samples.flatMap(labelsOf))].sort(byCodePoint).find((name) => !trained.has(name));
  if (label === undefined) return;
  const pictures = samples.filter((sample) => labelsOf(sample).includes(label)).length;
  const message =
    trained.size === 0
      ? {
          what: "Nothing is left to train on.",
          why: `All ${samples.length} pictures belong to val or test.`,
          next: "Add pictures in train, or name the data without its parts.",
        }
      : {
          what: `The class ${JSON.stringify(label)} has no pictures to train on.`,
          why: `All its pictures (${pictures}) belong to val or test.`,
          next: "Give it pictures in train, or take it out.",
        };
  throw new TooFewPicturesError(message, { label, pictures, groups: 0, needed: 1 });
}

/** How many of each class's pictures are in train whatever is shared out. */
function settledInTrain(
  samples: readonly SplitSample[],
  ready: readonly (Part | undefined)[],
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [i, sample] of samples.entries()) {
    for (const label of labelsOf(sample))
      counts.set(label, (counts.get(label) ?? 0) + (ready[i] === "train" ? 1 : 0));
  }
  return counts;
}

function groupsOf(
  samples: readonly SplitSample[],
  ready: readonly (Part | undefined)[],
  shares: { val: number; test: number },
  seed: number,
): Map<number, Group> {
  const smallest = new Map<number, string>();
  for (const [i, { group, hash }] of samples.entries()) {
    const least = smallest.get(group);
    if (ready[i] === undefined && (least === undefined || byCodePoint(hash, least) < 0))
      smallest.set(group, hash);
  }
  const groups = new Map<number, Group>();
  for (const [group, hash] of smallest) {
    const place = placeOf(seed, hash);
    const part = place < shares.test ? "test" : place < shares.test + shares.val ? "val" : "train";
    groups.set(group, { place, hash, labels: new Set(), part });
  }
  for (const [i, sample] of samples.entries()) {
    if (ready[i] !== undefined) continue;
    for (const label of labelsOf(sample)) groups.get(sample.group)?.labels.add(label);
  }
  return groups;
}

/** FNV-1a over the hash's characters, begun from the seed, then MurmurHash3's finaliser: uniform in [0, 1). */
function placeOf(seed: number, hash: string): number {
  let h = Math.imul(seed ^ 0x811c9dc5, 0x01000193);
  for (let i = 0; i < hash.length; i++) h = Math.imul(h ^ hash.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

/** The parts that every class must have. */
function wantedParts({ val, test }: { val: number; test: number }): Wanted[] {
  const all: Wanted[] = [
    { part: "train", from: test + val, to: 1 },
    { part: "val", from: test, to: test + val },
    { part: "test", from: 0, to: test },
  ];
  return all.filter(({ from, to }) => to > from);
}

function tooFew(
  samples: readonly SplitSample[],
  label: string,
  groups: number,
  wanted: readonly Wanted[],
): TooFewPicturesError {
  const pictures = samples.filter((sample) => labelsOf(sample).includes(label)).length;
  const parts = wanted.map(({ part }) => part).join(", ");
  const distinct = groups < pictures ? ` (${groups} to share out: near-duplicates count once)` : "";
  return new TooFewPicturesError(
    {
      what: `The class ${JSON.stringify(label)} has ${pictures} picture${pictures === 1 ? "" : "s"}${distinct}.`,
      why: `It takes ${wanted.length} to have one in each of ${parts}, and none shared with another class.`,
      next: "Add pictures, take the class out, or ask for fewer parts (test 0).",
    },
    { label, pictures, groups, needed: wanted.length },
  );
}
