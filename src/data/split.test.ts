import fc from "fast-check";
import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import type { Part } from "./sample.ts";
import { type SplitSample, splitSamples } from "./split.ts";

const shares = { val: 0.15, test: 0.15, seed: 7 };

/** Labelled pictures with hashes drawn from a seed, each its own group unless `twins` says how many share one. */
function pictures(seed: number, count: number, labels: readonly string[], twins = 1): SplitSample[] {
  const rng = random(seed);
  const hex = (): string => Array.from({ length: 64 }, () => rng.int(16).toString(16)).join("");
  return Array.from({ length: count }, (_, i) => {
    return {
      label: labels[rng.int(labels.length)] ?? "",
      hash: hex(),
      group: Math.floor(i / (1 + rng.int(twins))),
    };
  });
}

const countOf = (parts: readonly Part[], part: Part): number => parts.filter((one) => one === part).length;

test("shares are met within binomial bounds", () => {
  const count = 4000;
  for (const seed of [1, 2, 3, 4, 5]) {
    const parts = splitSamples(pictures(seed, count, ["a", "b"]), { val: 0.1, test: 0.25, seed });
    for (const [part, share] of [
      ["val", 0.1],
      ["test", 0.25],
      ["train", 0.65],
    ] as const) {
      const deviation = Math.sqrt(count * share * (1 - share));
      const off = Math.abs(countOf(parts, part) - count * share);
      expect(off, `seed ${seed}, ${part}`).toBeLessThan(4.5 * deviation);
    }
  }
});

test("a seed repeats its split, another gives another", () => {
  const samples = pictures(1, 500, ["a", "b"]);
  expect(splitSamples(samples, shares)).toEqual(splitSamples(samples, shares));
  const other = splitSamples(samples, { ...shares, seed: 8 });
  const moved = splitSamples(samples, shares).filter((part, i) => part !== other[i]).length;
  expect(moved).toBeGreaterThan(100);
});

test("adding pictures, or their order, moves none", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(400), (seed, more) => {
      const all = pictures(seed, 300 + more, ["a", "b", "c"]);
      const before = splitSamples(all.slice(0, 300), shares);
      expect(splitSamples(all, shares).slice(0, 300)).toEqual(before);
      const mixed = random(seed).shuffle(all.map((sample, i) => ({ sample, i })));
      const parts = splitSamples(
        mixed.map(({ sample }) => sample),
        shares,
      );
      for (const [at, { i }] of mixed.entries()) if (i < 300) expect(parts[at]).toBe(before[i]);
    }),
    { seed: 4, numRuns: 40 },
  );
});

test("a group stays together, across classes too, and every class is everywhere", () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 40, max: 200 }),
      (seed, twins, count) => {
        const samples = pictures(seed, count, ["a", "b", "c"], twins);
        const parts = splitSamples(samples, { val: 0.05, test: 0.05, seed });
        const held = new Map<number, Part>();
        const seen = new Set<string>();
        for (const [i, { group, label }] of samples.entries()) {
          const part = parts[i] ?? "train";
          expect(held.get(group) ?? part).toBe(part);
          held.set(group, part);
          seen.add(`${label} ${part}`);
        }
        expect(seen.size).toBe(9);
      },
    ),
    { seed: 9, numRuns: 100 },
  );
});

test("three pictures of a class are enough, two are not", () => {
  for (let seed = 0; seed < 50; seed++) {
    const few = pictures(seed, 3, ["rare"]).map((sample, i) => ({ ...sample, group: 1000 + i }));
    const samples = [...pictures(seed + 1, 100, ["a"]), ...few];
    expect(
      splitSamples(samples, { ...shares, seed })
        .slice(100)
        .sort(),
      `seed ${seed}`,
    ).toEqual(["test", "train", "val"]);
    const alike = few.map((sample, i) => ({ ...sample, group: 1000 + Math.floor(i / 2) }));
    const fail = () => splitSamples([...samples.slice(0, 100), ...alike], { ...shares, seed });
    expect(fail, `seed ${seed}`).toThrow(
      'The class "rare" has 3 pictures (2 to share out: near-duplicates count once). It takes 3 to have one in each of train, val, test',
    );
  }
});

test("without a test share two are enough, and nothing is made", () => {
  const samples = pictures(3, 2, ["a"]);
  expect(splitSamples(samples, { val: 0.15, test: 0, seed: 1 }).sort()).toEqual(["train", "val"]);
  expect(splitSamples(samples, { val: 0, test: 0, seed: 1 })).toEqual(["train", "train"]);
});

test("given parts stay; val is carved from train, test is not", () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const rng = random(seed);
      const samples = pictures(seed, 300, ["a", "b"], 3).map((sample) => {
        const part: Part = rng.int(4) === 0 ? "test" : "train";
        return { ...sample, part };
      });
      const parts = splitSamples(samples, shares);
      const tested = new Set(samples.filter(({ part }) => part === "test").map(({ group }) => group));
      for (const [i, { part, group }] of samples.entries()) {
        if (part === "test") expect(parts[i]).toBe("test");
        else expect(tested.has(group) ? ["train"] : ["train", "val"]).toContain(parts[i]);
      }
      expect(countOf(parts, "val")).toBeGreaterThan(0);
      const withVal = samples.map((sample, i) => (i === 0 ? { ...sample, part: "val" as const } : sample));
      expect(splitSamples(withVal, shares)).toEqual(withVal.map(({ part }) => part));
      const trainOnly = samples.map((sample) => ({ ...sample, part: "train" as const }));
      expect(splitSamples(trainOnly, shares)).not.toContain("test");
    }),
    { seed: 6, numRuns: 40 },
  );
});

test("a picture without a part goes with its duplicate that has one", () => {
  const samples: SplitSample[] = [
    { label: "a", hash: "1", group: 0, part: "test" },
    { label: "a", hash: "2", group: 0 },
    { label: "a", hash: "3", group: 1, part: "val" },
    { label: "a", hash: "4", group: 2 },
  ];
  expect(splitSamples(samples, shares)).toEqual(["test", "test", "val", "train"]);
});

test("shares that leave nothing are refused", () => {
  expect(() => splitSamples([], { val: 0.5, test: 0.5, seed: 1 })).toThrow(/leave nothing to train on/);
  for (const val of [-0.1, 1, Number.NaN])
    expect(() => splitSamples([], { val, test: 0, seed: 1 })).toThrow(/share val/);
  expect(splitSamples([], shares)).toEqual([]);
});

test("a small class has half its due in every part, whatever chance gave it", () => {
  for (let seed = 0; seed < 200; seed++) {
    const samples = Array.from({ length: 3 }, (_, label) =>
      pictures(seed * 3 + label, 24, [`class ${label}`]),
    )
      .flat()
      .map((sample, group) => ({ ...sample, group }));
    const parts = splitSamples(samples, { ...shares, seed });
    for (let label = 0; label < 3; label++) {
      const own = parts.filter((_, i) => samples[i]?.label === `class ${label}`);
      // 0.15 of 24 is 3.6, half of it 1.8.
      for (const part of ["val", "test"] as const) {
        expect(countOf(own, part), `seed ${seed}`).toBeGreaterThanOrEqual(2);
      }
      expect(countOf(own, "train"), `seed ${seed}`).toBeGreaterThanOrEqual(8);
    }
  }
});
