import { expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { cholesky, forward } from "./cholesky.ts";
import { gram, zeroMatrix } from "./gram.ts";

test("by hand: [[4, 2], [2, 5]] = L·Lᵀ with L = [[2, 0], [1, 2]], and L⁻¹·[2, 5] = [1, 2]", () => {
  const factor = cholesky(Float64Array.of(4, 2, 2, 5), 2);
  expect([factor.lower[0], factor.lower[2], factor.lower[3]]).toEqual([2, 1, 2]);
  expect([...forward(factor, Float64Array.of(2, 5))]).toEqual([1, 2]);
});

test.each([1, 2, 3, 4, 5, 7, 8, 13, 30])(
  "size %i: products of rows as summed one by one, and L·Lᵀ gives them back",
  (size) => {
    const seed = 40 + size;
    const rng = random(seed);
    const width = size + 3;
    const rows = zeroMatrix(size, width);
    for (let i = 0; i < size * width; i++) rows.data[i] = rng.normal();
    const product = gram(rows);
    const { lower } = cholesky(product.slice(), size);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        let [direct, back] = [0, 0];
        for (let k = 0; k < width; k++) direct += rows.data[i * width + k]! * rows.data[j * width + k]!;
        for (let k = 0; k <= Math.min(i, j); k++) back += lower[i * size + k]! * lower[j * size + k]!;
        expect(product[i * size + j], `seed ${seed}, ${i}, ${j}`).toBeCloseTo(direct, 10);
        expect(back, `seed ${seed}, ${i}, ${j}`).toBeCloseTo(direct, 10);
      }
    }
  },
);

test("what is not positive definite is refused", () => {
  expect(() => cholesky(Float64Array.of(1, 2, 2, 1), 2)).toThrow(/not positive definite at 1 of 2/);
});
