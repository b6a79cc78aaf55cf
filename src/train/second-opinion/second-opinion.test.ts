import { expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { float32 } from "../../core/tensor.ts";
import { fitTemperature } from "../../evaluate/calibration/temperature.ts";
import { softmax } from "../../evaluate/numerics/softmax.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import { headGraph, initialWeights } from "../../surgery/head-graph.ts";
import type { FeatureSet } from "../features.ts";
import { parseHead } from "../head.ts";
import type { TrainedHead } from "../trained-head.ts";
import { type LogitSet, logitsOf } from "./calibrate.ts";
import { evenRows } from "./even-rows.ts";
import { judge } from "./second-opinion.ts";
import { findSets } from "./sets.ts";

const runtime = nodeRuntime();
const [width, classes, seed] = [12, 3, 9];
const names = ["a", "b", "c"];
const choices = { calibrate: true, falseRejections: 0.05, coverage: 0.9 };

/**
 * Rows whose truth is drawn from softmax of the first three features: a head that reads twice those is twice as sure. The
 * last six hardly vary.
 */
function drawn(rows: number, from: number): FeatureSet {
  const rng = random(from);
  const features = Float32Array.from(
    { length: rows * width },
    (_, i) => (i % width < 6 ? 1.5 : 0.1) * rng.normal(),
  );
  const logits = Float32Array.from(
    { length: rows * classes },
    (_, i) => features[Math.floor(i / classes) * width + (i % classes)]!,
  );
  const p = softmax(logits, classes);
  const labels = Int32Array.from({ length: rows }, (_, row) => {
    const u = rng.next();
    return u < p[row * 3]! ? 0 : u < p[row * 3]! + p[row * 3 + 1]! ? 1 : 2;
  });
  return { rows, width, features, labels };
}

/** A head of logits `scale` times the true ones. */
function headOf(scale: number): TrainedHead {
  const weight = new Float32Array(width * classes);
  for (let i = 0; i < classes; i++) weight[i * classes + i] = scale;
  const weights = new Map([
    ["head.0.weight", float32(weight, [width, classes])],
    ["head.0.bias", float32(new Float32Array(classes), [classes])],
  ]);
  return { model: headGraph([], { width, classes }, { weights }), history: [] };
}

const sets = { train: drawn(300, 1), val: drawn(400, 2), test: drawn(400, 3) };

test("a head that is twice as sure as it may be gets T = 2, in its weights; its answers stay", async () => {
  const { head, opinion } = await judge(headOf(2), sets, names, choices, runtime);
  const { temperature, verdict, interval, test: tested, val } = opinion.calibration;
  expect(verdict).toBe("fitted");
  expect(interval![0]).toBeLessThan(2);
  expect(interval![1]).toBeGreaterThan(2);
  expect(tested!.after.ece, "seeds 2 and 3").toBeLessThan(tested!.before.ece / 2);
  expect(tested!.after.ece).toBeLessThanOrEqual(tested!.after.faultless[1]);
  expect(val!.before.ece).toBeGreaterThan(0.08);

  const [before, after] = [headOf(2), head].map(({ model }) =>
    logitsOf(model, [sets.test], classes, runtime),
  );
  const [raw, divided] = [(await before!)[0]!.logits, (await after!)[0]!.logits];
  for (const [i, logit] of raw.entries())
    expect(Math.abs(divided[i]! - logit / temperature)).toBeLessThan(1e-5);
  expect(fitTemperature({ logits: divided, labels: sets.test.labels, classes }).temperature).toBeCloseTo(
    1,
    0,
  );
});

test("an honest head, few pictures, no validation part and --no-calibrate leave T at 1, each said so", async () => {
  const small = { ...sets, val: drawn(29, 4) };
  const none = { ...sets, val: drawn(0, 4) };
  const verdicts = [
    [headOf(1), sets, choices, "honest already"],
    [headOf(2), small, choices, "too few validation pictures"],
    [headOf(2), none, choices, "no validation part"],
    [headOf(2), sets, { ...choices, calibrate: false }, "turned off"],
  ] as const;
  for (const [given, of, how, verdict] of verdicts) {
    const { head, opinion } = await judge(given, of, names, how, runtime);
    expect(opinion.calibration).toMatchObject({ verdict, temperature: 1 });
    expect(opinion.calibration.test!.after).toEqual(opinion.calibration.test!.before);
    expect(head.model).toBe(given.model);
  }
  const { opinion, strangeness } = await judge(headOf(1), none, names, choices, runtime);
  expect(opinion.unknown).toMatchObject({ threshold: null, rows: 0, needed: 19, test: null });
  expect(opinion.sets).toEqual({ coverage: 0.9, rows: 0, needed: 9, rules: [], test: null });
  expect(strangeness).toBeUndefined();
});

test("a head with hidden layers is divided in its last layer alone", async () => {
  const spec = parseHead("dense:8:gelu,dropout:0.5");
  const size = { width, classes };
  const drawnWeights = initialWeights(spec, size, random(seed));
  const weights = new Map(drawnWeights);
  const last = weights.get("head.1.weight")!;
  weights.set("head.1.weight", { ...last, bytes: sharper(last.bytes) });
  const model = headGraph(spec, size, { weights });
  const { head, opinion } = await judge({ model, history: [] }, sets, names, choices, runtime);
  expect(opinion.calibration.temperature, `seed ${seed}`).toBeGreaterThan(2);
  const changed = [...model.graph.initializers].filter(
    ([name, tensor]) => head.model.graph.initializers.get(name) !== tensor,
  );
  expect(changed.map(([name]) => name)).toEqual(["head.1.weight", "head.1.bias"]);
});

function sharper(bytes: Uint8Array): Uint8Array {
  const values = new Float32Array(bytes.slice().buffer).map((value) => 20 * value);
  return new Uint8Array(values.buffer);
}

test("of several labels at once the temperature is of the sigmoids, all classes are one, and a set holds all labels", async () => {
  const several = (set: FeatureSet, from: number): FeatureSet => {
    const rng = random(from);
    const targets = Float32Array.from({ length: set.rows * classes }, (_, i) => {
      const logit = set.features[Math.floor(i / classes) * width + (i % classes)]!;
      return rng.next() < 1 / (1 + Math.exp(-logit)) ? 1 : 0;
    });
    return { ...set, labels: new Int32Array(), targets };
  };
  const of = { train: several(sets.train, 11), val: several(sets.val, 12), test: several(sets.test, 13) };
  const { opinion, strangeness } = await judge(headOf(3), of, names, choices, runtime);
  expect(opinion.calibration.temperature).toBeGreaterThan(2.4);
  expect(opinion.calibration.temperature).toBeLessThan(3.6);
  expect(opinion.calibration.test!.after.ece).toBeLessThan(opinion.calibration.test!.before.ece / 2);
  const { rules, test: tested } = opinion.sets;
  expect(rules.map(({ coverage }) => coverage)).toEqual([0.8, 0.9, 0.95, 0.99]);
  expect(tested!.interval[0], "seeds 11 to 13").toBeLessThan(0.9);
  expect(tested!.interval[1], "seeds 11 to 13").toBeGreaterThan(0.9);
  expect(tested!.meanSize).toBeLessThan(classes);
  expect(strangeness?.graph.outputs.map(({ name }) => name)).toEqual(["strangeness", "unknown"]);
});

test("about as many known pictures are turned away as asked for, and nearly all that lie elsewhere", async () => {
  const outliers = drawn(200, 8);
  outliers.features.forEach((value, i) => {
    // Along a feature that the classes never used.
    outliers.features[i] = i % width === 11 ? 60 : value;
  });
  const { opinion } = await judge(headOf(1), { ...sets, outliers }, names, choices, runtime);
  const { test: own, outliers: foreign } = opinion.unknown;
  // Threshold and rate are of 400 pictures each: together 0.05 with a standard deviation of 0.0154, three of them here.
  expect(own!.rate, "seeds 1 to 3").toBeLessThan(0.096);
  expect(own!.rate, "seeds 1 to 3").toBeGreaterThan(0.004);
  expect(foreign).toMatchObject({ n: 200 });
  expect(foreign!.rate).toBeGreaterThan(0.9);
});

test("prediction sets hold the truth as often as asked; a coverage beyond the validation part has no rule", async () => {
  const { opinion } = await judge(headOf(1), sets, names, choices, runtime);
  const { rules, test: tested } = opinion.sets;
  expect(rules.map(({ coverage }) => coverage)).toEqual([0.8, 0.9, 0.95, 0.99]);
  expect(tested!.interval[0], "seeds 1 to 3").toBeLessThan(0.9);
  expect(tested!.interval[1]).toBeGreaterThan(0.9);

  const logits = Float32Array.of(2, 0, 0, 0, 2, 0, 0, 0, 2);
  const three: LogitSet = { rows: 3, labels: Int32Array.of(0, 1, 2), logits, classes };
  const found = findSets(three, three, 1, 0.7, names)!;
  // ⌈4 x 0.7⌉ = 3 of 3 scores are enough for 70 %, none for 80 %; all three have 1 - e²/(e² + 2).
  expect(found.rules).toHaveLength(1);
  expect(found.rules[0]!.threshold).toBeCloseTo(1 - Math.exp(2) / (Math.exp(2) + 2), 6);
  expect(findSets(three, three, 1, 0.95, names)).toMatchObject({
    rules: [],
    needed: 19,
    rows: 3,
    test: null,
  });
});

test("rows spread evenly: each class its share, all rows where they are few enough", () => {
  const labels = Int32Array.from({ length: 1000 }, (_, i) => (i < 900 ? 0 : i < 990 ? 1 : 2));
  const rows = evenRows(labels, 3, { most: 150, leastOfClass: 8 });
  const own = (label: number): number[] => rows.filter((row) => labels[row] === label);
  expect([0, 1, 2].map((label) => own(label).length)).toEqual([50, 50, 10]);
  expect(own(0)).toEqual(Array.from({ length: 50 }, (_, i) => 18 * i + 17));
  expect(evenRows(labels, 3, { most: 3, leastOfClass: 8 })).toHaveLength(24);
  expect(evenRows(labels, 3, { most: 1000, leastOfClass: 1 })).toHaveLength(1000);
});
