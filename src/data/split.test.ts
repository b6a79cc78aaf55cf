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

/** Parts of the first `count` of the pictures, before and after the others join them, in their own order and mixed. */
function grown(seed: number, count: number, more: number): Record<"before" | "after" | "mixed", Part[]> {
  const all = pictures(seed, count + more, ["a", "b", "c"]);
  const mixed = random(seed).shuffle(all.map((sample, i) => ({ sample, i })));
  const parts = splitSamples(
    mixed.map(({ sample }) => sample),
    shares,
  );
  return {
    before: splitSamples(all.slice(0, count), shares),
    after: splitSamples(all, shares).slice(0, count),
    mixed: mixed
      .flatMap(({ i }, at) => (i < count ? [{ i, part: parts[at] ?? "train" }] : []))
      .sort((a, b) => a.i - b.i)
      .map(({ part }) => part),
  };
}

// About 100 a class: one in forty of such classes needs repair, and what is moved for that may move back. The seed is one
// under which none does; the next test bounds what happens where one does.
test("adding pictures, or their order, moves none", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(400), (seed, more) => {
      const { before, after, mixed } = grown(seed, 300, more);
      expect(after).toEqual(before);
      expect(mixed).toEqual(before);
    }),
    { seed: 4, numRuns: 40 },
  );
});

test("in classes of 100, adding pictures moves but the few that repair had moved, and order none", () => {
  const runs = 300;
  let touched = 0;
  for (let seed = 0; seed < runs; seed++) {
    const { before, after, mixed } = grown(seed, 300, seed);
    expect(mixed, `seed ${seed}`).toEqual(after);
    const moved = before.filter((part, i) => part !== after[i]).length;
    if (moved > 0) touched++;
    expect(moved, `seed ${seed}`).toBeLessThanOrEqual(10);
  }
  // Three classes, each with one chance in forty, before and after.
  expect(touched / runs).toBeLessThan(0.15);
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

test("every class of 60 has from half to twice its due in val and in test", () => {
  const labels = ["a", "b", "c", "d"];
  for (let seed = 0; seed < 200; seed++) {
    const samples = labels.flatMap((label, n) =>
      pictures(seed * 4 + n, 60, [label]).map((sample, i) => ({ ...sample, group: n * 60 + i })),
    );
    const parts = splitSamples(samples, { ...shares, seed });
    for (const label of labels) {
      const own = parts.filter((_, i) => samples[i]?.label === label);
      for (const part of ["val", "test"] as const) {
        // 0.15 of 60 is 9; half of it 4.5, twice 18.
        expect(countOf(own, part), `seed ${seed}, ${label}, ${part}`).toBeGreaterThanOrEqual(5);
        expect(countOf(own, part), `seed ${seed}, ${label}, ${part}`).toBeLessThanOrEqual(18);
      }
    }
  }
});

test("whatever the shares and sizes, bounds hold and the order of the pictures is nothing", () => {
  const share = fc.double({ min: 0.02, max: 0.48, noNaN: true });
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 3, max: 80 }), share, share, (seed, count, val, test) => {
      const samples = pictures(seed, count, ["a"]);
      const parts = splitSamples(samples, { val, test, seed });
      for (const [part, due] of [
        ["val", val * count],
        ["test", test * count],
      ] as const) {
        expect(countOf(parts, part)).toBeGreaterThanOrEqual(Math.max(1, due / 2 - 0.5));
        expect(countOf(parts, part)).toBeLessThanOrEqual(Math.max(1, due * 2));
      }
      expect(countOf(parts, "train")).toBeGreaterThan(0);
      expect(splitSamples(samples.toReversed(), { val, test, seed }).reverse()).toEqual(parts);
    }),
    { seed: 12, numRuns: 500 },
  );
});

test("twins that are in two classes cannot push one of them out of its bounds", () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const samples = pictures(seed, 240, ["a", "b"], 2);
      const parts = splitSamples(samples, shares);
      for (const label of ["a", "b"]) {
        const groups = new Map<number, Part>();
        for (const [i, sample] of samples.entries())
          if (sample.label === label) groups.set(sample.group, parts[i] ?? "train");
        for (const part of ["val", "test"] as const) {
          const held = countOf([...groups.values()], part);
          expect(held).toBeGreaterThanOrEqual(Math.round((groups.size * 0.15) / 2));
          expect(held).toBeLessThanOrEqual(groups.size * 0.15 * 2);
        }
      }
    }),
    { seed: 13, numRuns: 200 },
  );
});

test("given parts that leave nothing, or one class nothing, to train on are refused", () => {
  const [a, b, c] = ["a", "a", "b"].map((label, i) => ({ label, hash: String(i), group: i }));
  const given = (...parts: Part[]): SplitSample[] =>
    [a, b, c].flatMap((sample, i) =>
      sample === undefined ? [] : [{ ...sample, part: parts[i] ?? "train" }],
    );
  const refusal = (...parts: Part[]) => expect(() => splitSamples(given(...parts), shares));
  refusal("test", "test", "val").toThrow(
    "Nothing is left to train on. All 3 pictures belong to val or test. Add pictures in train",
  );
  refusal("train", "val", "test").toThrow('The class "b" has no pictures to train on. All its pictures (1)');
  refusal("train", "val", "test").toThrow(
    expect.objectContaining({ evidence: { label: "b", pictures: 1, groups: 0, needed: 1 } }),
  );
  expect(splitSamples(given("train", "val", "train"), shares)).toEqual(["train", "val", "train"]);
  // A picture without a part follows its twin out of train.
  const twin = { label: "b", hash: "9", group: 2 };
  expect(() => splitSamples([...given("train", "val", "test"), twin], shares)).toThrow(/class "b"/);
});
