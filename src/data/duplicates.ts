import { assert } from "../core/assert.ts";
import { DisjointSets } from "./disjoint-sets.ts";
import { fingerprintBytes } from "./fingerprint.ts";

export interface DuplicateOptions {
  /** Bits of 128 in which two fingerprints of one picture may differ; 0 leaves only equal ones. */
  readonly maxDistance?: number;
}

/** One picture, by the sha-256 of its bytes in hex and what it looks like. */
export interface Twin {
  readonly hash: string;
  readonly fingerprint?: Uint8Array;
}

/**
 * Looked at by eye: up to 14, the pairs among 10,000 CIFAR pictures and 4,147 photographs show one subject in one pose,
 * but for five pairs of white airliners; from 20 on most do not. A photograph saved at quality 50, halved or brightened
 * by a tenth stays within 7 in 95 of 100 cases.
 */
export const defaultMaxDistance = 14;

/** Up to here comparing each with each is quicker than sorting into bands. */
const fewKinds = 2000;

/** Bits of one band; 128 bits make 8 of them. */
const bandBits = 16;
const bands = (fingerprintBytes * 8) / bandBits;

/**
 * Group index of each item: equal for pictures of the same bytes or with fingerprints no more than `maxDistance`
 * apart, also by way of others. Groups are numbered by their first item.
 *
 * Multi-index hashing (Norouzi, Punjani and Fleet 2012): of 8 bands, one differs in at most maxDistance / 8 bits, so
 * only pictures that share a band within that radius are compared.
 */
export function groupDuplicates(items: readonly Twin[], options: DuplicateOptions = {}): Int32Array {
  const maxDistance = options.maxDistance ?? defaultMaxDistance;
  const sets = new DisjointSets(items.length);
  joinEqual(items, (item) => item.hash, sets);
  const kinds = joinEqual(items, (item) => item.fingerprint && keyOf(item.fingerprint), sets);
  if (maxDistance > 0) joinNear(items, kinds, maxDistance, sets);
  return sets.numbered();
}

/** Bits in which two fingerprints differ, 0 to 128. */
export function hammingDistance(a: Uint8Array, b: Uint8Array): number {
  let distance = 0;
  for (let i = 0; i < a.length; i++) distance += ones[(a[i] ?? 0) ^ (b[i] ?? 0)] ?? 0;
  return distance;
}

const ones = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll("0", "").length);

function keyOf(fingerprint: Uint8Array): string {
  assert(fingerprint.length === fingerprintBytes, `a fingerprint has ${fingerprint.length} bytes`);
  return String.fromCharCode(...fingerprint);
}

/** Joins items of one key, and returns the first of each: those that nothing equals need comparing only once. */
function joinEqual(
  items: readonly Twin[],
  key: (item: Twin) => string | undefined,
  sets: DisjointSets,
): number[] {
  const first = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    const value = key(item);
    if (value === undefined) continue;
    const earlier = first.get(value);
    if (earlier === undefined) first.set(value, index);
    else sets.join(earlier, index);
  }
  return [...first.values()];
}

function joinNear(
  items: readonly Twin[],
  kinds: readonly number[],
  maxDistance: number,
  sets: DisjointSets,
): void {
  const words = new Uint32Array(kinds.length * 4);
  for (const [row, index] of kinds.entries()) {
    const bytes = items[index]?.fingerprint;
    assert(bytes !== undefined, "a kind without a fingerprint");
    for (let i = 0; i < 4; i++) words[row * 4 + i] = wordOf(bytes, i * 4);
  }
  if (kinds.length < fewKinds) {
    for (let row = 0; row < kinds.length; row++) {
      for (let other = 0; other < row; other++) {
        if (distance(words, row, other) <= maxDistance) sets.join(kinds[row]!, kinds[other]!);
      }
    }
    return;
  }
  const keys = new Uint16Array(kinds.length);
  const probes = masksWithin(Math.floor(maxDistance / bands));
  for (let band = 0; band < bands; band++) {
    for (let row = 0; row < kinds.length; row++) keys[row] = bandOf(words, row, band);
    const { starts, rows } = bucketsOf(keys);
    for (let row = 0; row < kinds.length; row++) {
      const own = keys[row] ?? 0;
      for (const mask of probes) {
        const bucket = own ^ mask;
        const end = starts[bucket + 1] ?? 0;
        for (let i = starts[bucket] ?? 0; i < end; i++) {
          const other = rows[i] ?? 0;
          if (other < row && distance(words, row, other) <= maxDistance)
            sets.join(kinds[row] ?? 0, kinds[other] ?? 0);
        }
      }
    }
  }
}

function wordOf(bytes: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(at, at + 4);
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}

/**
 * Every eighth bit, so that neighbouring bits, which often agree between unlike pictures, fall into different bands
 * and the buckets stay small.
 */
function bandOf(words: Uint32Array, row: number, band: number): number {
  let key = 0;
  for (let i = 0; i < bandBits; i++) {
    const bit = i * bands + ((band + i * 3) % bands);
    key = (key << 1) | (((words[row * 4 + (bit >> 5)] ?? 0) >>> (bit & 31)) & 1);
  }
  return key;
}

/** Rows sorted by key (counting sort): those of key k stand at rows[starts[k]] to rows[starts[k + 1] - 1]. */
function bucketsOf(keys: Uint16Array): { starts: Uint32Array; rows: Uint32Array } {
  const starts = new Uint32Array(2 ** bandBits + 1);
  for (const key of keys) starts[key + 1] = (starts[key + 1] ?? 0) + 1;
  for (let key = 0; key < 2 ** bandBits; key++) starts[key + 1] = (starts[key + 1] ?? 0) + (starts[key] ?? 0);
  const next = starts.slice();
  const rows = new Uint32Array(keys.length);
  for (const [row, key] of keys.entries()) {
    const place = next[key] ?? 0;
    rows[place] = row;
    next[key] = place + 1;
  }
  return { starts, rows };
}

/** Every mask of `bandBits` bits with at most `radius` of them set. */
function masksWithin(radius: number): number[] {
  let masks = [0];
  for (let i = 0; i < radius; i++) {
    const wider = new Set(masks);
    for (const mask of masks) for (let bit = 0; bit < bandBits; bit++) wider.add(mask | (1 << bit));
    masks = [...wider];
  }
  return masks;
}

function distance(words: Uint32Array, a: number, b: number): number {
  let sum = 0;
  for (let i = 0; i < 4; i++) sum += popCount((words[a * 4 + i] ?? 0) ^ (words[b * 4 + i] ?? 0));
  return sum;
}

/** Number of ones in 32 bits, by summing pairs, nibbles and bytes side by side (Hacker's Delight, 5-1). */
function popCount(bits: number): number {
  let x = bits - ((bits >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  x = (x + (x >>> 4)) & 0x0f0f0f0f;
  return Math.imul(x, 0x01010101) >>> 24;
}
