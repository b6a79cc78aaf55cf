import { assert } from "../core/assert.ts";
import { UsageError } from "../core/errors.ts";
import { TooFewPicturesError } from "./errors.ts";
import { byCodePoint } from "./names.ts";
import type { Part } from "./sample.ts";

/** What a split needs to know of a sample. */
export interface SplitSample {
  readonly label: string;
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

/** Near-duplicates that go together. */
interface Group {
  /** Where it falls in [0, 1): test first, then val, then train. */
  readonly place: number;
  readonly labels: Set<string>;
  part: Part;
}

/**
 * A part for each sample. Each group is placed in [0, 1) by a hash of the seed and its smallest content hash, so adding
 * pictures moves no other; only a class left with less than half its due in a part takes over the groups that lie nearest.
 *
 * Parts that are given stay. Where a dataset comes with parts but without val, val is carved from train; a test part
 * it does not have is not made, and pictures without a part count as train or follow their duplicates.
 *
 * Throws UsageError for shares that leave nothing to train on, TooFewPicturesError for a class that is too small.
 */
export function splitSamples(samples: readonly SplitSample[], options: SplitOptions): Part[] {
  checkShares(options);
  const given = new Set(samples.map((sample) => sample.part).filter((part) => part !== undefined));
  const shares = {
    val: given.has("val") ? 0 : options.val,
    test: given.size > 0 ? 0 : options.test,
  };
  const ready = readyParts(samples);
  const groups = groupsOf(samples, ready, shares, options.seed);
  repair(samples, ready, [...groups.values()], wantedParts(shares));
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
    groups.set(group, { place, labels: new Set(), part });
  }
  for (const [i, { group, label }] of samples.entries()) {
    if (ready[i] === undefined) groups.get(group)?.labels.add(label);
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

/** The parts that every class must have, each with its place in [0, 1). */
interface Wanted {
  readonly part: Part;
  readonly from: number;
  readonly to: number;
}

function wantedParts({ val, test }: { val: number; test: number }): Wanted[] {
  const all: Wanted[] = [
    { part: "train", from: test + val, to: 1 },
    { part: "val", from: test, to: test + val },
    { part: "test", from: 0, to: test },
  ];
  return all.filter(({ from, to }) => to > from);
}

/** The share of its due that a class has at least in every part; what it has beyond that is left to chance. */
const leastOfDue = 0.5;

/**
 * Moves groups until each class has half its due in each part, and one at the very least: where a class is small, chance
 * alone would leave parts nearly empty. A move never takes a class below that elsewhere.
 */
function repair(
  samples: readonly SplitSample[],
  ready: readonly (Part | undefined)[],
  groups: readonly Group[],
  wanted: readonly Wanted[],
): void {
  if (wanted.length < 2) return;
  const classes = new Map<string, { own: Group[]; counts: Record<Part, number> }>();
  for (const { label } of samples) classes.set(label, { own: [], counts: { train: 0, val: 0, test: 0 } });
  const add = (label: string, part: Part, change: number): void => {
    const counts = classes.get(label)?.counts;
    if (counts !== undefined) counts[part] += change;
  };
  for (const [i, { label }] of samples.entries()) {
    const part = ready[i];
    if (part !== undefined) add(label, part, 1);
  }
  for (const group of groups) {
    for (const label of group.labels) {
      add(label, group.part, 1);
      classes.get(label)?.own.push(group);
    }
  }
  const least = (label: string, part: Part): number => {
    const { from = 0, to = 0 } = wanted.find((one) => one.part === part) ?? {};
    const { train = 0, val = 0, test = 0 } = classes.get(label)?.counts ?? {};
    return Math.max(1, Math.round(leastOfDue * (to - from) * (train + val + test)));
  };
  const mayLeave = ({ labels, part }: Group): boolean =>
    [...labels].every((label) => (classes.get(label)?.counts[part] ?? 0) > least(label, part));

  for (const [label, { own, counts }] of [...classes].sort(([a], [b]) => byCodePoint(a, b))) {
    for (const { part, from, to } of wanted) {
      const away = ({ place }: Group): number => Math.max(from - place, place - to, 0);
      while (counts[part] < least(label, part)) {
        const others = own.filter((group) => group.part !== part && mayLeave(group));
        const nearest = others.sort((a, b) => away(a) - away(b) || a.place - b.place)[0];
        if (nearest === undefined && counts[part] > 0) break;
        if (nearest === undefined) throw tooFew(samples, label, own.length, wanted);
        for (const other of nearest.labels) add(other, nearest.part, -1);
        nearest.part = part;
        for (const other of nearest.labels) add(other, part, 1);
      }
    }
  }
}

function tooFew(
  samples: readonly SplitSample[],
  label: string,
  groups: number,
  wanted: readonly Wanted[],
): TooFewPicturesError {
  const pictures = samples.filter((sample) => sample.label === label).length;
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
