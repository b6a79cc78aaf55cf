import fc from "fast-check";
import { expect, test } from "vitest";
import { UsageError } from "../core/errors.ts";
import { type ScheduleKind, type ScheduleOptions, schedule } from "./schedule.ts";

const kinds: readonly ScheduleKind[] = ["constant", "cosine", "linear", "one-cycle"];

function rates(options: ScheduleOptions): number[] {
  const rate = schedule(options);
  return Array.from({ length: options.steps }, (_, i) => rate(i + 1));
}

function close(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i]!, 12);
}

test("constant: a linear warm-up, then the peak", () =>
  close(rates({ kind: "constant", steps: 6, peak: 0.4, warmup: 4 }), [0.1, 0.2, 0.3, 0.4, 0.4, 0.4]));

test("linear: from the peak at the first update to the floor at the last", () => {
  close(rates({ kind: "linear", steps: 5, peak: 1, floor: 0.2 }), [1, 0.8, 0.6, 0.4, 0.2]);
  close(rates({ kind: "linear", steps: 6, peak: 1, warmup: 2 }), [0.5, 1, 0.75, 0.5, 0.25, 0]);
});

test("cosine: (1 + cos πt) / 2 is 1, 0.853553, 1/2, 0.146447, 0 at quarters", () => {
  const quarters = [1, (2 + Math.SQRT2) / 4, 0.5, (2 - Math.SQRT2) / 4, 0];
  close(rates({ kind: "cosine", steps: 5, peak: 1 }), quarters);
  const risen = quarters.map((share) => 0.1 + 0.4 * share);
  close(rates({ kind: "cosine", steps: 7, peak: 0.5, floor: 0.1, warmup: 3 }), [0.5 / 3, 1 / 3, ...risen]);
});

test("one-cycle: PyTorch's OneCycleLR(max_lr=0.1, total_steps=10, pct_start=0.3)", () => {
  // lr = end + (start - end)/2·(1 + cos πt): 0.004 to 0.1 over indices 0 to 2, then to 4e-7 over indices 2 to 9.
  const fall = (i: number): number => 4e-7 + ((0.1 - 4e-7) / 2) * (1 + Math.cos((Math.PI * i) / 7));
  const expected = [0.004, 0.052, 0.1, ...[1, 2, 3, 4, 5, 6, 7].map(fall)];
  close(rates({ kind: "one-cycle", steps: 10, peak: 0.1 }), expected);
  expect(expected[9]).toBe(4e-7);
});

test("after the last update the rate stays where it is", () => {
  const later = kinds.map((kind) => schedule({ kind, steps: 4, peak: 1, floor: 0.25 })(9));
  expect(later).toEqual([1, 0.25, 0.25, 0.25]);
});

test("a single update has the peak", () => {
  for (const kind of kinds) expect(rates({ kind, steps: 1, peak: 0.3 }), kind).toEqual([0.3]);
});

const seed = 2018;
const anyOptions = fc
  .record({
    kind: fc.constantFrom(...kinds),
    steps: fc.integer({ min: 1, max: 300 }),
    peak: fc.double({ min: 1e-8, max: 10, noNaN: true }),
    warmupShare: fc.double({ min: 0, max: 1, noNaN: true }),
    floorShare: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ kind, steps, peak, warmupShare, floorShare }) => {
    const warmup = Math.floor(warmupShare * steps);
    return { kind, steps, peak, warmup, floor: floorShare * peak };
  });

test("rates are never negative nor above the peak, reach it, rise up to it and fall after it", () => {
  fc.assert(
    fc.property(anyOptions, (options) => {
      const all = rates(options);
      const top = Math.max(options.warmup, 1) - 1;
      expect(all.every((rate) => rate >= 0 && rate <= options.peak)).toBe(true);
      expect(all[top]).toBe(options.peak);
      for (let i = 1; i < all.length; i++) {
        if (i <= top) expect(all[i]).toBeGreaterThan(all[i - 1]!);
        else expect(all[i]).toBeLessThanOrEqual(all[i - 1]!);
      }
    }),
    { seed, numRuns: 300 },
  );
});

test("the warm-up is linear, and the last update has the floor", () => {
  fc.assert(
    fc.property(anyOptions, ({ kind, ...options }) => {
      fc.pre(kind !== "one-cycle");
      const all = rates({ kind, ...options });
      for (let i = 0; i < options.warmup; i++) {
        expect(all[i]! / options.peak).toBeCloseTo((i + 1) / options.warmup, 12);
      }
      const falls = kind !== "constant" && options.steps > Math.max(options.warmup, 1);
      expect(all.at(-1)).toBe(falls ? options.floor : options.peak);
    }),
    { seed, numRuns: 300 },
  );
});

test.each([
  ["steps", { steps: 0 }],
  ["steps", { steps: 2.5 }],
  ["peak", { peak: 0 }],
  ["peak", { peak: Number.POSITIVE_INFINITY }],
  ["warmup", { warmup: 11 }],
  ["warmup", { warmup: -1 }],
  ["floor", { floor: 0.2 }],
  ["floor", { floor: Number.NaN }],
] as const)("%s out of range: %j", (option, wrong) => {
  const make = () => schedule({ kind: "cosine", steps: 10, peak: 0.1, ...wrong });
  expect(make).toThrow(UsageError);
  expect(make).toThrow(`The schedule's ${option} is ${Object.values(wrong)[0]};`);
});
