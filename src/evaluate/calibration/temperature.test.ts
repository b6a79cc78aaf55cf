import { expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { softmax } from "../numerics/softmax.ts";
import { bellLogits, Congruential } from "../testing/congruential.ts";
import { fitLabelTemperature } from "./label-temperature.ts";
import { temperatureBounds } from "./scale-fit.ts";
import { fitTemperature } from "./temperature.ts";

test("120 rows: T, its interval and both losses as scipy finds them", () => {
  // scipy 1.17.1: minimize_scalar of the loss by 1/T, brentq for where it has risen by chi2.ppf(0.95, 1)/2.
  const fitted = fitTemperature(bellLogits());
  expect(fitted.verdict).toBe("fitted");
  expect(fitted.temperature).toBeCloseTo(1.7269278313, 6);
  expect(fitted.interval[0]).toBeCloseTo(1.3587247891926038, 6);
  expect(fitted.interval[1]).toBeCloseTo(2.2810766327884306, 6);
  expect(fitted.before).toBeCloseTo(1.1230034168660263, 9);
  expect(fitted.after).toBeCloseTo(1.0266177866656896, 9);
});

test("several labels at once: 200 sigmoids, as scipy finds them", () => {
  const draw = new Congruential(102);
  const [logits, targets] = [new Float32Array(200), new Float32Array(200)];
  for (let i = 0; i < 200; i++) {
    const logit = draw.bell() * 4;
    logits[i] = logit;
    targets[i] = draw.next() < 1 / (1 + Math.exp(-logit / 2.5)) ? 1 : 0;
  }
  const fitted = fitLabelTemperature({ logits, targets, classes: 4 });
  expect(fitted.temperature).toBeCloseTo(3.13089867, 5);
  expect(fitted.interval[0]).toBeCloseTo(2.160187245030805, 5);
  expect(fitted.interval[1]).toBeCloseTo(5.347291563388723, 5);
  expect(fitted.before).toBeCloseTo(0.7895455196956587, 9);
  expect(fitted.after).toBeCloseTo(0.6323495279808293, 9);
});

test("by hand: logits ±1, three of four right, so σ(2/T) = 3/4 and T = 2/ln 3", () => {
  const logits = Float32Array.of(1, -1, 1, -1, 1, -1, 1, -1);
  const { temperature } = fitTemperature({ logits, labels: Int32Array.of(0, 0, 0, 1), classes: 2 });
  expect(temperature).toBeCloseTo(2 / Math.log(3), 8);
});

test("log-probabilities serve as logits", () => {
  const { logits, labels, classes } = bellLogits();
  const shifted = softmax(logits, classes).map(Math.log);
  expect(fitTemperature({ logits: shifted, labels, classes }).temperature).toBeCloseTo(1.7269278313, 4);
});

test("logits sharpened by 3 are found out: T within its interval of 3 in nearly all draws", () => {
  let held = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const rng = random(seed);
    const honest = Float32Array.from({ length: 150 * 3 }, () => 1.5 * rng.normal());
    const p = softmax(honest, 3);
    const labels = Int32Array.from({ length: 150 }, (_, row) => {
      const at = rng.next();
      return at < p[row * 3]! ? 0 : at < p[row * 3]! + p[row * 3 + 1]! ? 1 : 2;
    });
    const { interval } = fitTemperature({ logits: honest.map((z) => 3 * z), labels, classes: 3 });
    if (interval[0] <= 3 && interval[1] >= 3) held++;
  }
  // 95 % of 60 is 57; fewer than 51 has a chance of 1 in 1,000.
  expect(held, "seeds 1 to 60").toBeGreaterThanOrEqual(51);
});

test("few rows, all right: no minimum, T stays 1", () => {
  const logits = Float32Array.of(2, 0, 0, 3, 1, -1);
  const fitted = fitTemperature({ logits, labels: Int32Array.of(0, 1, 0), classes: 2 });
  expect(fitted).toMatchObject({ temperature: 1, verdict: "open" });
  expect(fitted.interval[0]).toBeCloseTo(temperatureBounds[0], 12);
  expect(fitted.interval[1]).toBeGreaterThan(1);
});

test("many rows, all right by a little: T goes down only as far as they insist", () => {
  const rows = 1000;
  const logits = Float32Array.from({ length: 2 * rows }, (_, i) => (i % 2 === 0 ? 0.5 : 0));
  const { temperature, verdict } = fitTemperature({ logits, labels: new Int32Array(rows), classes: 2 });
  expect(verdict).toBe("open");
  // 1000·ln(1 + exp(-1/2T)) may lie 1.92 above its value at T = 0.05.
  const limit = 1.920729410347062 / rows + Math.log1p(Math.exp(-10));
  expect(temperature).toBeCloseTo(-0.5 / Math.log(Math.expm1(limit)), 6);
});

test("one wrong row, or logits that say nothing: T stays 1 and within bounds", () => {
  const wrong = fitTemperature({ logits: Float32Array.of(9, 0), labels: Int32Array.of(1), classes: 2 });
  expect(wrong.verdict).toBe("open");
  expect(wrong.temperature).toBeGreaterThanOrEqual(1);
  expect(wrong.temperature).toBeLessThanOrEqual(temperatureBounds[1]);
  const flat = fitTemperature({
    logits: new Float32Array(6),
    labels: Int32Array.of(0, 1, 2).subarray(0, 2),
    classes: 3,
  });
  expect(flat.temperature).toBe(1);
});

test("huge logits do not overflow", () => {
  const logits = Float32Array.of(3e4, 0, 0, 3e4, 3e4, 0);
  const { temperature, after } = fitTemperature({ logits, labels: Int32Array.of(0, 1, 1), classes: 2 });
  expect(temperature).toBeGreaterThan(19);
  expect(temperature).toBeLessThanOrEqual(temperatureBounds[1]);
  expect(Number.isFinite(after)).toBe(true);
});

test("NaN, infinities, foreign labels and wrong sizes are refused", () => {
  const logits = Float32Array.of(1, 2, 3, 4);
  const labels = Int32Array.of(0, 1);
  const refused = (change: object) => () => fitTemperature({ logits, labels, classes: 2, ...change });
  expect(refused({ logits: logits.with(3, Number.NEGATIVE_INFINITY) })).toThrow(
    /Row 1 .* holds -Infinity among its logits/,
  );
  expect(refused({ labels: Int32Array.of(0, 2) })).toThrow(/Row 1 .* label 2, but the 2 classes are 0 to 1/);
  expect(refused({ labels: Int32Array.of(0) })).toThrow(/4 logits do not make a table of 1 rows x 2/);
  expect(refused({ labels: new Int32Array() })).toThrow(/No logits to measure/);
});
