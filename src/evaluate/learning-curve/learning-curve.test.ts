import { expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { learningCurve } from "./learning-curve.ts";
import { type CurvePoint, errorAt, fitPowerLaw } from "./power-law.ts";

const sizes = [50, 100, 200, 400, 800];
const measured = [173, 140, 101, 80, 66].map((errors, i) => ({ n: sizes[i]!, errors, trials: 500 }));

/** Test rows that came out wrong where the true error is a + b·n^-c. */
function drawn(
  law: { a: number; b: number; c: number },
  seed: number,
  repeats = 1,
  trials = 750,
): CurvePoint[] {
  const rng = random(seed);
  return Array.from({ length: repeats }, () => sizes)
    .flat()
    .map((n) => {
      let errors = 0;
      for (let i = 0; i < trials; i++) errors += rng.next() < errorAt(law, n) ? 1 : 0;
      return { n, errors, trials };
    });
}

test("five points: scipy's curve_fit with the same weights and bounds", () => {
  const fit = fitPowerLaw(measured);
  expect(fit.a).toBeCloseTo(0.03192637, 4);
  expect(fit.b).toBeCloseTo(1.68933963, 2);
  expect(fit.c).toBeCloseTo(0.42668491, 4);
  expect(fit.chiSquare).toBeCloseTo(0.5310947723735467, 8);
  expect(errorAt(fit, 1600)).toBeCloseTo(0.10446466535160465, 5);
});

test("errors without chance give back their law", () => {
  // 0.1 + 0.8·n^-½ at squares is a whole number of ten thousandths.
  const points = [16, 64, 256, 1600].map((n) => ({
    n,
    errors: (0.1 + 0.8 / Math.sqrt(n)) * 1e4,
    trials: 1e4,
  }));
  const { a, b, c, chiSquare } = fitPowerLaw(points);
  expect(a).toBeCloseTo(0.1, 6);
  expect(b).toBeCloseTo(0.8, 5);
  expect(c).toBeCloseTo(0.5, 5);
  expect(chiSquare).toBeLessThan(1e-8);
});

test("a and b stay at 0 or above: errors that rise are a constant, ones that vanish have no floor", () => {
  const rising = fitPowerLaw(sizes.map((n, i) => ({ n, errors: 20 + 5 * i, trials: 200 })));
  expect(rising.b).toBe(0);
  expect(rising.a).toBeGreaterThan(0.1);
  const vanishing = fitPowerLaw(sizes.map((n, i) => ({ n, errors: Math.round(100 / 3 ** i), trials: 200 })));
  expect(vanishing.a).toBe(0);
  expect(vanishing.b).toBeGreaterThan(0);
});

test("twice the data: the truth lies in the interval in nearly all of 60 cases", () => {
  const law = { a: 0.04, b: 1.6, c: 0.5 };
  let held = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const { interval, verdict, to } = learningCurve(drawn(law, seed), { seed, draws: 200 });
    expect([verdict, to], `seed ${seed}`).toEqual(["likely", 1600]);
    if (interval[0] <= errorAt(law, 1600) && errorAt(law, 1600) <= interval[1]) held++;
  }
  expect(held, "seeds 1 to 60").toBeGreaterThanOrEqual(51);
});

test("more repeats narrow the interval, more scatter widens it", () => {
  const width = (points: CurvePoint[]): number => {
    const { interval } = learningCurve(points, { draws: 200 });
    return interval[1] - interval[0];
  };
  const law = { a: 0.04, b: 1.6, c: 0.5 };
  expect(width(drawn(law, 5, 6))).toBeLessThan(0.75 * width(drawn(law, 5)));
  const scattered = drawn(law, 5, 2).map((point, i) => ({
    ...point,
    errors: point.errors + (i % 2 ? 30 : -30),
  }));
  expect(width(scattered)).toBeGreaterThan(1.5 * width(drawn(law, 5, 2)));
});

test("it says when nothing can be said", () => {
  const verdict = (points: CurvePoint[]): string => learningCurve(points, { draws: 20 }).verdict;
  expect(verdict(measured)).toBe("likely");
  expect(verdict([...measured.slice(0, 3), ...measured.slice(0, 3)])).toBe("few-sizes");
  expect(verdict([50, 60, 70, 80].map((n) => ({ n, errors: Math.round(4000 / n), trials: 200 })))).toBe(
    "narrow",
  );
  expect(verdict(sizes.map((n) => ({ n, errors: 20, trials: 200 })))).toBe("no-trend");
  expect(verdict(sizes.map((n) => ({ n, errors: 0, trials: 200 })))).toBe("no-trend");
});

test("the same seed gives the same interval; senseless points are refused", () => {
  const of = (seed: number) => learningCurve(measured, { seed, draws: 100 });
  expect(of(4)).toEqual(of(4));
  expect(of(4).interval).not.toEqual(of(5).interval);
  expect(of(4).gain).toBeCloseTo(errorAt(of(4).law, 800) - of(4).error, 12);
  expect(() => learningCurve([])).toThrow(/no points/);
  expect(() => learningCurve([{ n: 10, errors: 6, trials: 5 }])).toThrow(
    /6 errors of 5 after training on 10 pictures/,
  );
});
