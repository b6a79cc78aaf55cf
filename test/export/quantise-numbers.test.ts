import fc from "fast-check";
import { expect, test } from "vitest";
import { random } from "../../src/core/random.ts";
import { float32, floats, integers, sizeOf, type Tensor } from "../../src/core/tensor.ts";
import { gridOf, largestPair, storeLayer, throughGrid } from "../../src/export/quantise/numbers.ts";

const seed = 31;

function normal(shape: readonly number[]): Tensor {
  const from = random(seed);
  return float32(
    Float32Array.from({ length: sizeOf(shape) }, () => from.normal()),
    shape,
  );
}

test("a number within the range errs by at most half a step, and zero by nothing", () => {
  const bounds = fc.tuple(
    fc.double({ min: -1e4, max: 1e4, noNaN: true }),
    fc.double({ min: -1e4, max: 1e4, noNaN: true }),
  );
  fc.assert(
    fc.property(
      bounds,
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }),
      ([a, b], shares) => {
        const range = { low: Math.min(a, b), high: Math.max(a, b) };
        const grid = gridOf(range);
        const [from, to] = [-grid.zero * grid.scale, (255 - grid.zero) * grid.scale];
        const values = Float32Array.from(shares, (share) => from + share * (to - from));
        for (const [i, value] of throughGrid(values, grid).entries())
          expect(Math.abs(value - values[i]!)).toBeLessThanOrEqual(grid.scale * 0.5001);
        expect(throughGrid(Float32Array.of(0), grid)[0]).toBe(0);
        // The ends that zero's place moves are moved by less than a step.
        expect(from).toBeLessThanOrEqual(Math.min(range.low, 0) + grid.scale);
        expect(to).toBeGreaterThanOrEqual(Math.max(range.high, 0) - grid.scale);
      },
    ),
    { seed },
  );
});

const dense = { axis: 0, wide: false };

/** The int8 numbers of stored weights. */
const bytesOf = ({ bytes }: Tensor): Int8Array => new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);

test("weights come back within half a step of their channel, biases within one of theirs", () => {
  const loud = Float32Array.from({ length: 6 }, (_, i) => 10 ** (i - 3));
  const weight = normal([6, 4, 3, 3]);
  const scaled = float32(
    floats(weight).map((value, i) => value * loud[Math.floor(i / 36)]!),
    weight.shape,
  );
  const bias = float32([0, 1, -2, 3, -4, 5]);
  const stored = storeLayer(dense, { weight: scaled, bias, inputScale: 0.02 });
  const [scales, biasScales] = [floats(stored.scales), floats(stored.biasScales)];
  const whole = bytesOf(stored.weight);
  for (const [i, value] of floats(scaled).entries()) {
    const scale = scales[Math.floor(i / 36)]!;
    expect(Math.abs(whole[i]! * scale - value), `seed ${seed}`).toBeLessThanOrEqual(scale * 0.5001);
  }
  expect(stored.scales.shape).toEqual([6]);
  for (const [channel, value] of integers(stored.bias!).entries()) {
    expect(biasScales[channel]).toBe(Math.fround(scales[channel]! * 0.02));
    const error = Math.abs(value * biasScales[channel]! - floats(bias)[channel]!);
    expect(error).toBeLessThanOrEqual(biasScales[channel]! * 0.5 + 1e-6);
  }
});

test("no two neighbours exceed what 16 bits hold, in whichever order they are read; depthwise weights use all 8 bits", () => {
  fc.assert(
    fc.property(
      fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 24, maxLength: 24 }),
      (list) => {
        const weight = float32(list, [2, 3, 2, 2]);
        const whole = bytesOf(storeLayer(dense, { weight, inputScale: 1 }).weight);
        for (const row of [whole.subarray(0, 12), whole.subarray(12)])
          expect(largestPair(row, 4) * 255).toBeLessThanOrEqual(32_767);
      },
    ),
    { seed },
  );
  const flat = float32(new Float32Array(18).fill(0.5), [2, 1, 3, 3]);
  expect(new Set(bytesOf(storeLayer(dense, { weight: flat, inputScale: 1 }).weight))).toEqual(new Set([64]));
  const depthwise = storeLayer({ ...dense, wide: true }, { weight: flat, inputScale: 1 });
  expect(new Set(bytesOf(depthwise.weight))).toEqual(new Set([127]));
  // Stored as [kh, kw, in] pairs: neighbours over input channels count as those over positions do.
  expect(largestPair([1, 0, 0, 5, 0, 0], 3)).toBe(6);
});

test("a dead channel with a large bias stays within int32", () => {
  const weight = float32(new Float32Array(4).fill(1e-20), [1, 4, 1, 1]);
  const { bias, biasScales } = storeLayer(dense, { weight, bias: float32([3]), inputScale: 0.01 });
  const [whole = 0] = integers(bias!);
  expect(Math.abs(whole)).toBeLessThanOrEqual(2 ** 30);
  expect(whole * floats(biasScales)[0]!).toBeCloseTo(3, 5);
  const zeros = storeLayer(dense, { weight: float32(new Float32Array(4), [1, 4, 1, 1]), inputScale: 0.01 });
  expect([...bytesOf(zeros.weight)]).toEqual([0, 0, 0, 0]);
});
