import { expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { float32, floats } from "../../core/tensor.ts";
import type { LabelledFeatures } from "../../evaluate/numerics/class-means.ts";
import { unitRows } from "../../evaluate/numerics/unit-rows.ts";
import { auroc } from "../../evaluate/unknown/auroc.ts";
import { fitGaussians, mahalanobisStrangeness } from "../../evaluate/unknown/mahalanobis-strangeness.ts";
import { writeModel } from "../../onnx/write.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import { type CompactGaussians, fitCompactGaussians } from "./compact-gaussians.ts";
import { strangenessGraph } from "./strangeness-graph.ts";

const runtime = nodeRuntime();
const width = 60;
const classes = 3;
const seed = 5;

/** Rows of three classes that vary in six directions widely and in all others a little; `spread` times as far. */
function drawn(rows: number, from: number, spread = 1): LabelledFeatures {
  const shape = random(seed);
  const directions = Array.from({ length: 6 * width }, () => shape.normal() / Math.sqrt(width));
  const centres = Array.from({ length: classes * width }, () => 1.5 + shape.normal() / 3);
  const rng = random(from);
  const labels = Int32Array.from({ length: rows }, (_, row) => row % classes);
  const features = new Float32Array(rows * width);
  for (const [row, label] of labels.entries()) {
    const along = Array.from({ length: 6 }, () => 2 * rng.normal());
    for (let i = 0; i < width; i++) {
      const wide = along.reduce((sum, length, j) => sum + length * directions[j * width + i]!, 0);
      features[row * width + i] = centres[label * width + i]! + spread * (wide + 0.1 * rng.normal());
    }
  }
  return { features, width, labels, classes };
}

async function run(known: CompactGaussians, features: Float32Array, threshold?: number) {
  const session = await runtime.load(writeModel(strangenessGraph(known, threshold)));
  const answer = await session.run({ features: float32(features, [features.length / width, width]) });
  await session.release();
  const { strangeness, unknown } = answer;
  return { scores: floats(strangeness!), unknown: unknown?.bytes, shape: strangeness!.shape };
}

/** The formula of the graph's comment in double precision, class by class. */
function byHand(known: CompactGaussians, features: Float32Array): number[] {
  const { kept, mean, basis, whiten, centres, rest } = known;
  const units = unitRows(features, width);
  return Array.from({ length: features.length / width }, (_, row) => {
    const c = Array.from(mean, (centre, i) => units[row * width + i]! - centre);
    const z = Array.from({ length: kept }, (_, k) => c.reduce((s, v, i) => s + v * basis[k * width + i]!, 0));
    const y = z.map((_, k) => z.reduce((s, v, i) => s + v * whiten[i * kept + k]!, 0));
    const squares = (of: readonly number[]): number => of.reduce((s, v) => s + v * v, 0);
    const near = Array.from({ length: centres.length / kept }, (_, label) =>
      squares(y.map((v, k) => v - centres[label * kept + k]!)),
    );
    return Math.min(...near) + (squares(c) - squares(z)) / rest;
  });
}

test("the graph computes its formula, and unknown is what lies above the threshold", async () => {
  const known = (await fitCompactGaussians(drawn(120, 1), runtime))!;
  const { features } = drawn(40, 2, 1.5);
  const expected = byHand(known, features);
  const threshold = [...expected].sort((a, b) => a - b)[20]! + 1e-3;
  const { scores, unknown, shape } = await run(known, features, threshold);
  expect(shape).toEqual([40]);
  for (const [row, score] of scores.entries()) {
    expect(Math.abs(score / expected[row]! - 1), `seed ${seed}, row ${row}`).toBeLessThan(1e-4);
    expect(unknown![row] === 1).toBe(score > Math.fround(threshold));
  }
  expect((await run(known, features)).unknown).toBeUndefined();
});

test("the basis is orthonormal and holds the six wide directions", async () => {
  const known = (await fitCompactGaussians(drawn(240, 3), runtime))!;
  const { basis, kept } = known;
  for (let a = 0; a < kept; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += basis[a * width + i]! * basis[b * width + i]!;
      expect(sum, `rows ${a} and ${b}`).toBeCloseTo(a === b ? 1 : 0, 5);
    }
  }
  // At length 1 the small variation is of 0.01 / ‖x‖², ‖x‖² about 60 x (2.25 + 1/9) + 6 x 4: 6e-5 a direction.
  expect(known.rest).toBeGreaterThan(3e-5);
  expect(known.rest).toBeLessThan(9e-5);
});

test("its order is that of whole covariances, of known pictures and of strangers", async () => {
  const train = drawn(300, 6);
  const compact = (await fitCompactGaussians(train, runtime))!;
  const whole = fitGaussians(train);
  const strangers = Float32Array.from({ length: 80 * width }, (_, i) => 1.5 + Math.sin(i * i) / 2);
  const fresh = drawn(80, 7).features;
  const [near, far] = [(await run(compact, fresh)).scores, (await run(compact, strangers)).scores];
  const reference = auroc(mahalanobisStrangeness(whole, strangers), mahalanobisStrangeness(whole, fresh));
  expect(reference).toBeGreaterThan(0.95);
  expect(auroc(far, near), `seed ${seed}`).toBeGreaterThan(reference - 0.02);
});

test("too few rows or features give none; rows that are all alike, and of zeros, do no harm", async () => {
  const few = (rows: number, of: number): LabelledFeatures => ({
    features: new Float32Array(rows * of).fill(1),
    width: of,
    labels: Int32Array.from({ length: rows }, (_, row) => row % 2),
    classes: 2,
  });
  expect(await fitCompactGaussians(few(5, 8), runtime)).toBeUndefined();
  expect(await fitCompactGaussians(few(50, 1), runtime)).toBeUndefined();
  const same = (await fitCompactGaussians(few(50, width), runtime))!;
  const { scores } = await run(
    same,
    Float32Array.from({ length: 2 * width }, (_, i) => (i < width ? 1 : 0)),
  );
  expect(scores[0]).toBeCloseTo(0, 3);
  expect(scores[1]).toBeGreaterThan(1000);
});
