import { expect, test } from "vitest";
import { muon } from "../../recipes/box-backbone/muon.ts";
import { float32, floats, scalar } from "../../src/core/tensor.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import { writeModel } from "../../src/onnx/write.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";

/** Rotations in the plane and in space, whose columns are the directions of a matrix made of them. */
const [u, v] = [
  [
    [0.8, -0.6],
    [0.6, 0.8],
  ],
  [
    [2 / 3, -1 / 3, 2 / 3],
    [2 / 3, 2 / 3, -1 / 3],
    [-1 / 3, 2 / 3, 2 / 3],
  ],
] as const;

/** The first step of a weight [rows, columns, 1, 1] from 0 along this gradient, at the rate 1. */
async function firstStep(gradient: readonly number[], rows: number, columns: number): Promise<number[]> {
  const shape = [rows, columns, 1, 1];
  const optimizer = muon({ matrices: new Map([["weight", shape]]), momentum: 0.95, weightDecay: 0.1 });
  const b = new GraphBuilder({ opset: 18 });
  for (const name of ["weight", "gradient", ...optimizer.slots]) b.input(name, "float32", shape);
  for (const name of ["rate", "step"]) b.input(name, "float32", []);
  const site = { weight: "weight", gradient: "gradient", shape, rate: "rate", step: "step", decays: true };
  const update = optimizer.update(b, { ...site, state: optimizer.slots });
  b.output(update.weight, "float32", shape);
  const session = await nodeRuntime().load(writeModel(b.model()));
  const nothing = float32(new Float32Array(rows * columns), shape);
  const feeds = { weight: nothing, gradient: float32(gradient, shape), rate: scalar(1), step: scalar(1) };
  const known = Object.fromEntries(optimizer.slots.map((slot) => [slot, nothing]));
  const taken = Object.fromEntries(
    Object.entries({ ...feeds, ...known }).filter(([name]) => session.inputs.includes(name)),
  );
  const answer = await session.run(taken);
  await session.release();
  return [...floats(answer[update.weight]!)];
}

test.each([
  [2, 3],
  [3, 2],
])(
  "a step of %i x %i goes along all directions of the gradient alike, however strong they are in it",
  async (rows, columns) => {
    const strengths = [5, 0.5];
    const wide = (i: number, j: number): number =>
      strengths.reduce((sum, strength, k) => sum + strength * u[i]![k]! * v[j]![k]!, 0);
    const gradient = Array.from({ length: 6 }, (_, at) => {
      const [i, j] = [Math.floor(at / columns), at % columns];
      return rows === 2 ? wide(i, j) : wide(j, i);
    });
    const step = await firstStep(gradient, rows, columns);
    const at = (i: number, j: number): number =>
      rows === 2 ? step[i * columns + j]! : step[j * columns + i]!;
    // uᵀ·step·v: off its diagonal nothing, and on it what five rounds make of 1, by the sides' scale.
    for (const k of [0, 1]) {
      for (const l of [0, 1, 2]) {
        let along = 0;
        for (const i of [0, 1]) for (const j of [0, 1, 2]) along -= u[i]![k]! * at(i, j) * v[j]![l]!;
        along /= 0.2 * Math.sqrt(3);
        if (k !== l) expect(along).toBeCloseTo(0, 4);
        else {
          expect(along).toBeGreaterThan(0.6);
          expect(along).toBeLessThan(1.3);
        }
      }
    }
  },
);
