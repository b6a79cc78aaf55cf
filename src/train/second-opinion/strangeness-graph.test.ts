import { expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { float32, floats } from "../../core/tensor.ts";
import { unitRows } from "../../evaluate/numerics/unit-rows.ts";
import { auroc } from "../../evaluate/unknown/auroc.ts";
import { nearestStrangeness, neighbourhood } from "../../evaluate/unknown/nearest-strangeness.ts";
import { writeModel } from "../../onnx/write.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import { type CompactNeighbours, fitCompactNeighbours } from "./compact-neighbours.ts";
import { strangenessGraph } from "./strangeness-graph.ts";

const runtime = nodeRuntime();
const width = 60;
const classes = 3;
const seed = 5;

interface Known {
  readonly rows: number;
  readonly width: number;
  readonly features: Float32Array;
}

/** Rows of three classes that vary in six directions widely and in all others a little; `spread` times as far. */
function drawn(rows: number, from: number, spread = 1): Known {
  const shape = random(seed);
  const directions = Array.from({ length: 6 * width }, () => shape.normal() / Math.sqrt(width));
  const centres = Array.from({ length: classes * width }, () => 1.5 + shape.normal() / 3);
  const rng = random(from);
  const features = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const label = row % classes;
    const along = Array.from({ length: 6 }, () => 2 * rng.normal());
    for (let i = 0; i < width; i++) {
      const wide = along.reduce((sum, length, j) => sum + length * directions[j * width + i]!, 0);
      features[row * width + i] = centres[label * width + i]! + spread * (wide + 0.1 * rng.normal());
    }
  }
  return { rows, width, features };
}

async function run(neighbours: CompactNeighbours, features: Float32Array, threshold?: number) {
  const session = await runtime.load(writeModel(strangenessGraph(neighbours, threshold)));
  const answer = await session.run({ features: float32(features, [features.length / width, width]) });
  await session.release();
  const { strangeness, unknown } = answer;
  return { scores: floats(strangeness!), unknown: unknown?.bytes, shape: strangeness!.shape };
}

/** ‖u - uᵢ‖² in double precision, but that only what lies in the basis is common to two vectors; the k-th least. */
function byHand(neighbours: CompactNeighbours, train: Float32Array, features: Float32Array): number[] {
  const { kept, mean, basis, k } = neighbours;
  const rowsOf = (of: Float32Array): number[][] => {
    const units = unitRows(of, width);
    return Array.from({ length: of.length / width }, (_, row) =>
      Array.from(mean, (centre, i) => units[row * width + i]! - centre),
    );
  };
  const inside = (c: readonly number[]): number[] =>
    Array.from({ length: kept }, (_, j) => c.reduce((sum, v, i) => sum + v * basis[j * width + i]!, 0));
  const square = (of: readonly number[]): number => of.reduce((sum, v) => sum + v * v, 0);
  const known = rowsOf(train).map((c) => ({ z: inside(c), outside: square(c) - square(inside(c)) }));
  return rowsOf(features).map((c) => {
    const own = inside(c);
    const outside = square(c) - square(own);
    const squares = known.map((one) => square(own.map((v, j) => v - one.z[j]!)) + outside + one.outside);
    return squares.sort((a, b) => a - b)[k - 1]!;
  });
}

test("the graph computes its formula, and unknown is what lies above the threshold", async () => {
  const train = drawn(120, 1);
  const known = (await fitCompactNeighbours(train, classes, runtime))!;
  expect(known.k).toBe(10);
  const { features } = drawn(40, 2, 1.5);
  const expected = byHand(known, train.features, features);
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
  const { basis, kept, known, squares } = (await fitCompactNeighbours(drawn(240, 3), classes, runtime))!;
  for (let a = 0; a < kept; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += basis[a * width + i]! * basis[b * width + i]!;
      expect(sum, `rows ${a} and ${b}`).toBeCloseTo(a === b ? 1 : 0, 5);
    }
  }
  // At length 1 the small variation is of 0.01 / ‖x‖², ‖x‖² about 60 x (2.25 + 1/9) + 6 x 4: 6e-5 in each other direction.
  const total = squares.reduce((sum, square) => sum + square, 0);
  const left = (total - known.reduce((sum, value) => sum + value * value, 0)) / squares.length;
  expect(left / (width - kept)).toBeGreaterThan(3e-5);
  expect(left / (width - kept)).toBeLessThan(9e-5);
});

test("its order is that of whole vectors, of known pictures and of strangers", async () => {
  const train = drawn(300, 6);
  const compact = (await fitCompactNeighbours(train, classes, runtime))!;
  const whole = neighbourhood(train.features, width);
  const strangers = Float32Array.from({ length: 80 * width }, (_, i) => 1.5 + 1.5 * Math.sin(i * i));
  const fresh = drawn(80, 7).features;
  const [near, far] = [(await run(compact, fresh)).scores, (await run(compact, strangers)).scores];
  const reference = auroc(nearestStrangeness(whole, strangers), nearestStrangeness(whole, fresh));
  expect(reference).toBeGreaterThan(0.95);
  expect(auroc(far, near), `seed ${seed}`).toBeGreaterThan(reference - 0.02);
});

test("too few rows or features give none; rows that are all alike, and of zeros, do no harm", async () => {
  const few = (rows: number, of: number) =>
    fitCompactNeighbours({ rows, width: of, features: new Float32Array(rows * of).fill(1) }, 2, runtime);
  expect(await few(7, 8)).toBeUndefined();
  expect(await few(50, 1)).toBeUndefined();
  expect(await few(8, 8)).toMatchObject({ k: 1, kept: 2 });
  const { scores } = await run(
    (await few(50, width))!,
    Float32Array.from({ length: 2 * width }, (_, i) => (i < width ? 1 : 0)),
  );
  expect(scores[0]).toBeCloseTo(0, 5);
  // A row of zeros stays where it is: as far from vectors of length 1 as these are long.
  expect(scores[1]).toBeCloseTo(1, 5);
});
