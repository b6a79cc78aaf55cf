import { assert } from "../../core/assert.ts";

/** The lower triangle L of A = L·Lᵀ, size x size, row by row. */
export interface Factor {
  readonly size: number;
  readonly lower: Float64Array;
}

/**
 * A = L·Lᵀ for a symmetric positive definite A (size x size; its upper triangle is not read), in place.
 *
 * Lᵢⱼ = (Aᵢⱼ - Σₖ Lᵢₖ·Lⱼₖ) / Lⱼⱼ for j < i, Lᵢᵢ = √(Aᵢᵢ - Σₖ Lᵢₖ²), four rows at once so that what is read of L serves four.
 */
export function cholesky(matrix: Float64Array, size: number): Factor {
  const lower = matrix;
  for (let top = 0; top < size; top += 4) {
    const end = Math.min(top + 4, size);
    // Rows of the panel against all finished rows; a panel cut short does its last row more than once.
    const at = (row: number): number => Math.min(top + row, size - 1) * size;
    const [r0, r1, r2, r3] = [at(0), at(1), at(2), at(3)];
    for (let j = 0; j < top; j++) {
      const own = j * size;
      let s0 = lower[r0 + j]!;
      let s1 = lower[r1 + j]!;
      let s2 = lower[r2 + j]!;
      let s3 = lower[r3 + j]!;
      for (let k = 0; k < j; k++) {
        const l = lower[own + k]!;
        s0 -= lower[r0 + k]! * l;
        s1 -= lower[r1 + k]! * l;
        s2 -= lower[r2 + k]! * l;
        s3 -= lower[r3 + k]! * l;
      }
      const pivot = lower[own + j]!;
      lower[r0 + j] = s0 / pivot;
      lower[r1 + j] = s1 / pivot;
      lower[r2 + j] = s2 / pivot;
      lower[r3 + j] = s3 / pivot;
    }
    for (let i = top; i < end; i++) {
      for (let j = top; j <= i; j++) {
        let sum = lower[i * size + j]!;
        for (let k = 0; k < j; k++) sum -= lower[i * size + k]! * lower[j * size + k]!;
        if (i === j) assert(sum > 0, `the matrix is not positive definite at ${i} of ${size}`);
        lower[i * size + j] = i === j ? Math.sqrt(sum) : sum / lower[j * size + j]!;
      }
    }
  }
  return { size, lower };
}

/** L⁻¹·x, in place. */
export function forward({ size, lower }: Factor, vector: Float64Array): Float64Array {
  for (let i = 0; i < size; i++) {
    let sum = vector[i]!;
    const own = i * size;
    for (let k = 0; k < i; k++) sum -= lower[own + k]! * vector[k]!;
    vector[i] = sum / lower[own + i]!;
  }
  return vector;
}
