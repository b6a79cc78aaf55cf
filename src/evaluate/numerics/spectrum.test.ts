import { expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { spectrum } from "./spectrum.ts";

test("by hand: [[2, 1], [1, 2]] has 1 along (1, -1) and 3 along (1, 1)", () => {
  const { values, projections } = spectrum(Float64Array.of(2, 1, 1, 2), 2, Float64Array.of(4, 2), 1);
  const found = [...values].map((value, i) => [value, projections[i]! ** 2]).sort((a, b) => a[0]! - b[0]!);
  // (4 - 2)²/2 and (4 + 2)²/2
  expect(found[0]![0]).toBeCloseTo(1, 12);
  expect(found[0]![1]).toBeCloseTo(2, 12);
  expect(found[1]![0]).toBeCloseTo(3, 12);
  expect(found[1]![1]).toBeCloseTo(18, 12);
});

test("the second difference of 30 points: 2 - 2·cos(kπ/31)", () => {
  const size = 30;
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    matrix[i * size + i] = 2;
    if (i > 0) matrix[i * size + i - 1] = -1;
  }
  const { values } = spectrum(matrix, size, new Float64Array(size), 1);
  for (const [i, value] of values.sort().entries()) {
    expect(value).toBeCloseTo(2 - 2 * Math.cos(((i + 1) * Math.PI) / 31), 12);
  }
});

test.each([1, 2, 3, 6, 25])("size %i: bᵀ·A^m·b = Σ λ^m·(vᵀb)² for m = 0 to 3, rank lost or not", (size) => {
  for (const rank of [size, Math.ceil(size / 2)]) {
    const seed = 10 * size + rank;
    const rng = random(seed);
    const factors = Array.from({ length: rank }, () =>
      Float64Array.from({ length: size }, () => rng.normal()),
    );
    const matrix = Float64Array.from({ length: size * size }, (_, at) =>
      factors.reduce((sum, row) => sum + row[Math.floor(at / size)]! * row[at % size]!, 0),
    );
    const b = Float64Array.from({ length: size * 2 }, () => rng.normal());
    const { values, projections } = spectrum(matrix.slice(), size, b.slice(), 2);
    for (const column of [0, 1]) {
      let power = Float64Array.from({ length: size }, (_, i) => b[2 * i + column]!);
      const start = power;
      for (let m = 0; m <= 3; m++) {
        const direct = power.reduce((sum, value, i) => sum + value * start[i]!, 0);
        const through = values.reduce(
          (sum, value, i) => sum + value ** m * projections[2 * i + column]! ** 2,
          0,
        );
        expect(through / Math.max(1, direct), `seed ${seed}, m ${m}`).toBeCloseTo(
          direct / Math.max(1, direct),
          9,
        );
        const last = power;
        power = last.map((_, i) => last.reduce((sum, value, j) => sum + matrix[i * size + j]! * value, 0));
      }
    }
  }
});

test("a matrix of zeros, and a multiple of the identity", () => {
  expect([...spectrum(new Float64Array(9), 3, Float64Array.of(1, 2, 3), 1).values]).toEqual([0, 0, 0]);
  const { values, projections } = spectrum(
    Float64Array.of(5, 0, 0, 0, 5, 0, 0, 0, 5),
    3,
    Float64Array.of(1, 2, 2),
    1,
  );
  expect([...values]).toEqual([5, 5, 5]);
  expect(projections.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(9, 12);
});
