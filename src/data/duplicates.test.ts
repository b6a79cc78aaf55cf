import fc from "fast-check";
import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import { groupDuplicates, hammingDistance, type Twin } from "./duplicates.ts";

/** The same by comparing all pairs and walking from each item over its neighbours. */
function byAllPairs(items: readonly Twin[], maxDistance: number): number[] {
  const groups = items.map(() => -1);
  let next = 0;
  const near = (a: Twin, b: Twin): boolean =>
    a.hash === b.hash ||
    (a.fingerprint !== undefined &&
      b.fingerprint !== undefined &&
      hammingDistance(a.fingerprint, b.fingerprint) <= maxDistance);
  for (const start of items.keys()) {
    if (groups[start] !== -1) continue;
    const open = [start];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      groups[at] = next;
      for (const [other, item] of items.entries()) {
        const from = items[at];
        if (groups[other] === -1 && from !== undefined && near(from, item)) open.push(other);
      }
    }
    next++;
  }
  return groups;
}

/** Prints that are each some bits away from an earlier one, so that many pairs lie about the limit. */
function crowd(seed: number, count: number, flips: number): Twin[] {
  const rng = random(seed);
  const items: Twin[] = [];
  for (let i = 0; i < count; i++) {
    const near = items[rng.int(items.length + 3)]?.fingerprint;
    const fingerprint = near?.slice() ?? Uint8Array.from({ length: 16 }, () => rng.int(256));
    for (let n = near === undefined ? 0 : rng.int(flips); n > 0; n--) {
      const bit = rng.int(128);
      fingerprint[bit >> 3] = (fingerprint[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    }
    const hash = String(rng.int(count * 4));
    items.push(rng.int(10) === 0 ? { hash } : { hash, fingerprint });
  }
  return items;
}

test("bits are counted", () => {
  expect(hammingDistance(Uint8Array.of(0xff, 0x00, 0x0f), Uint8Array.of(0x00, 0x01, 0x0f))).toBe(9);
});

test("groups are those of comparing all pairs", () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 0, max: 24 }), (seed, maxDistance) => {
      const items = crowd(seed, 60, 40);
      expect(Array.from(groupDuplicates(items, { maxDistance }))).toEqual(byAllPairs(items, maxDistance));
    }),
    { seed: 11, numRuns: 150 },
  );
});

test("without fingerprints, equal bytes alone count", () => {
  expect(Array.from(groupDuplicates([{ hash: "a" }, { hash: "b" }, { hash: "a" }]))).toEqual([0, 1, 0]);
  expect(groupDuplicates([]).length).toBe(0);
});

test("100,000 pictures take seconds, also where half of them are one", () => {
  const rng = random(1);
  const same = Uint8Array.from({ length: 16 }, () => rng.int(256));
  const items = Array.from({ length: 100_000 }, (_, i) => {
    return {
      hash: String(i),
      fingerprint: i % 2 === 0 ? same : Uint8Array.from({ length: 16 }, () => rng.int(256)),
    };
  });
  const start = performance.now();
  expect(new Set(groupDuplicates(items)).size).toBe(50_001);
  expect(performance.now() - start).toBeLessThan(20_000);
});
