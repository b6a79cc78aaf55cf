import { expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { exponentialMean, longestFall, type RangePoint, suggestRate, whyNone } from "./rate-suggestion.ts";

test("the mean of a constant is that constant from the first value on", () => {
  const mean = exponentialMean(0.9);
  for (let i = 0; i < 5; i++) expect(mean(3)).toBeCloseTo(3, 12);
});

test("two values: (0.9·0.1·a + 0.1·b) / 0.19, by hand", () => {
  const mean = exponentialMean(0.9);
  mean(2);
  expect(mean(4)).toBeCloseTo((0.09 * 2 + 0.1 * 4) / 0.19, 12);
});

test("the longest fall is the best of all subsequences, by trying every one", () => {
  for (let seed = 0; seed < 40; seed++) {
    const rng = random(seed);
    const values = Array.from({ length: 9 }, () => rng.int(6));
    let most = 0;
    for (let chosen = 1; chosen < 2 ** values.length; chosen++) {
      const picked = values.filter((_, i) => chosen & (1 << i));
      if (picked.every((value, i) => i === 0 || value < picked[i - 1]!)) most = Math.max(most, picked.length);
    }
    const places = longestFall(values);
    expect(places, `seed ${seed}`).toHaveLength(most);
    for (const [i, place] of places.slice(1).entries()) {
      expect(place, `seed ${seed}`).toBeGreaterThan(places[i]!);
      expect(values[place], `seed ${seed}`).toBeLessThan(values[places[i]!]!);
    }
  }
  expect(longestFall([])).toEqual([]);
});

/** Losses at 61 rates from 1e-6 to 1, ten a decade; nothing is smoothed. */
function curve(loss: (decade: number) => number): RangePoint[] {
  return Array.from({ length: 61 }, (_, i) => {
    const value = loss(-6 + i / 10);
    return { rate: 10 ** (-6 + i / 10), loss: value, smoothed: value };
  });
}

/** Level at 1 to 1e-4, then down along half a cosine to 0.2 at 1e-2, and up without bounds. */
const textbook = curve((decade) => {
  if (decade <= -4) return 1;
  if (decade <= -2) return 0.6 + 0.4 * Math.cos((Math.PI * (decade + 4)) / 2);
  return 0.2 + 2.1 * (decade + 2);
});

test("a textbook curve: valley and steepest descent are in the middle of the fall", () => {
  const suggestion = suggestRate(textbook);
  expect(suggestion?.valley).toBe(1e-3);
  expect(suggestion?.steepest).toBeGreaterThanOrEqual(0.79e-3);
  expect(suggestion?.steepest).toBeLessThanOrEqual(1.3e-3);
  expect(suggestion?.fall?.to).toBeCloseTo(1e-2, 10);
  expect(suggestion?.fall?.by).toBeCloseTo(0.8, 10);
  // 0.2 + 2.1·0.3 = 0.83 at 10^-1.7 = 0.02, the last point that is not above the start's level; the next has 1.04.
  expect(suggestion?.highest).toBe(0.02);
  // √(10^-3 · 10^-1.7) = 10^-2.35
  expect(suggestion?.rate).toBe(0.0045);
});

test("noise of a tenth of the fall does not move the valley by half a decade", () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const rng = random(seed);
    const noisy = textbook.map((point) => ({ ...point, smoothed: point.smoothed + 0.08 * rng.normal() }));
    const valley = suggestRate(noisy)?.valley ?? 0;
    expect(Math.abs(Math.log10(valley / 1e-3)), `seed ${seed}`).toBeLessThan(0.5);
  }
});

test("where the loss only rises there is no valley, and half a decade below the highest rate is suggested", () => {
  const suggestion = suggestRate(curve((decade) => (decade < -3 ? 1 + decade / 1e6 : 1 + (decade + 3))));
  expect(suggestion?.valley).toBeUndefined();
  expect(suggestion?.steepest).toBeUndefined();
  expect(suggestion?.rate).toBeCloseTo((suggestion?.highest ?? 0) / 10 ** 0.5, 4);
  expect(suggestion?.highest).toBeLessThan(2e-3);
});

test("nothing is suggested of nothing; one point is no valley", () => {
  expect(suggestRate([])).toBeUndefined();
  expect(suggestRate([{ rate: 1e-6, loss: 1, smoothed: 1 }])).toMatchObject({
    valley: undefined,
    highest: 1e-6,
  });
});

test("few points, or a loss that falls by no more than its noise, tell nothing; a fall does", () => {
  expect(whyNone(textbook, suggestRate(textbook)!)).toBeUndefined();
  expect(whyNone(textbook.slice(0, 9), suggestRate(textbook)!)).toMatch(/^9 updates are too few/);
  const rises = curve((decade) => 7 + decade);
  expect(whyNone(rises, suggestRate(rises)!)).toMatch(/never falls by more than its noise/);
  // 0.4·√(0.1 / 1.9) = 0.092
  const fall = { from: 1e-4, to: 1e-2 };
  expect(whyNone(textbook, { fall: { ...fall, by: 0.09 }, scatter: 0.4 })).toMatch(/noise, 0\.092/);
  expect(whyNone(textbook, { fall: { ...fall, by: 0.1 }, scatter: 0.4 })).toBeUndefined();
});
