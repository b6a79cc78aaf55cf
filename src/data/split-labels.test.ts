import fc from "fast-check";
import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import type { Part } from "./sample.ts";
import { type SplitSample, splitSamples } from "./split.ts";

const shares = { val: 0.15, test: 0.15, seed: 7 };

/** Pictures, each its own group, that have each label with its own probability. */
function pictures(seed: number, count: number, odds: Readonly<Record<string, number>>): SplitSample[] {
  const rng = random(seed);
  return Array.from({ length: count }, (_, group) => {
    const labels = Object.keys(odds).filter((label) => rng.next() < odds[label]!);
    const hash = Array.from({ length: 64 }, () => rng.int(16).toString(16)).join("");
    return { label: labels.join("|"), labels, hash, group };
  });
}

function countsOf(samples: readonly SplitSample[], parts: readonly Part[], label: string) {
  const counts = { train: 0, val: 0, test: 0 };
  for (const [i, { labels }] of samples.entries()) if (labels?.includes(label)) counts[parts[i]!]++;
  return counts;
}

test("labels that overlap have from half to twice their due in each part", () => {
  const odds = { a: 0.7, b: 0.5, c: 0.3, d: 0.1 };
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const samples = pictures(seed, 300, odds);
    const parts = splitSamples(samples, { ...shares, seed });
    for (const label of Object.keys(odds)) {
      const { train, val, test: tested } = countsOf(samples, parts, label);
      const due = 0.15 * (train + val + tested);
      for (const count of [val, tested]) {
        expect(count, `seed ${seed}, ${label}`).toBeGreaterThanOrEqual(Math.round(due / 2));
        expect(count, `seed ${seed}, ${label}`).toBeLessThanOrEqual(Math.max(1, 2 * due));
      }
    }
  }
});

test("a rare label is in train first, then in test, then in val, and stops nothing", () => {
  for (const seed of Array.from({ length: 30 }, (_, i) => i)) {
    const samples = pictures(seed, 60, { a: 0.5, b: 0.5 }).map((sample, i) => {
      const labels = [
        ...sample.labels!,
        ...(i < 1 ? ["once"] : []),
        ...(i < 2 ? ["twice"] : []),
        ...(i < 3 ? ["thrice"] : []),
      ];
      return { ...sample, labels };
    });
    const parts = splitSamples(samples, { ...shares, seed });
    expect(countsOf(samples, parts, "once"), `seed ${seed}`).toEqual({ train: 1, val: 0, test: 0 });
    expect(countsOf(samples, parts, "twice").train, `seed ${seed}`).toBeGreaterThanOrEqual(1);
    expect(countsOf(samples, parts, "thrice").train, `seed ${seed}`).toBeGreaterThanOrEqual(1);
  }
  const two = pictures(1, 40, {}).map((sample, i) => ({ ...sample, labels: i < 2 ? ["twice"] : [] }));
  expect(countsOf(two, splitSamples(two, shares), "twice")).toEqual({ train: 1, val: 0, test: 1 });
});

test("whatever the labels, each is trained on, and the order of the pictures is nothing", () => {
  const cases = fc.record({
    seed: fc.nat(1000),
    count: fc.integer({ min: 3, max: 40 }),
    odds: fc.array(fc.double({ min: 0.02, max: 1, noNaN: true }), { minLength: 1, maxLength: 5 }),
  });
  fc.assert(
    fc.property(cases, ({ seed, count, odds }) => {
      const named = Object.fromEntries(odds.map((odd, i) => [`l${i}`, odd]));
      const samples = pictures(seed, count, named);
      const parts = splitSamples(samples, shares);
      for (const label of new Set(samples.flatMap(({ labels }) => labels ?? [])))
        expect(countsOf(samples, parts, label).train, label).toBeGreaterThanOrEqual(1);
      const mixed = random(seed).shuffle(samples.map((_, i) => i));
      const other = splitSamples(
        mixed.map((i) => samples[i]!),
        shares,
      );
      expect(mixed.map((i) => parts[i])).toEqual(other);
    }),
    { seed: 31, numRuns: 200 },
  );
});

test("pictures with no label at all are shared out like the others", () => {
  const samples = pictures(3, 400, { a: 0.2 });
  const parts = splitSamples(samples, shares);
  const none = parts.filter((_, i) => samples[i]!.labels?.length === 0);
  for (const part of ["val", "test"] as const)
    expect(none.filter((one) => one === part).length / none.length).toBeCloseTo(0.15, 1);
});
