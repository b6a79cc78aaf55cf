/** Rows handled side by side, so that a number read serves several products; the last rows may be padding. */
const tile = 4;

/** Numbers as a matrix whose rows are padded with zeros to whole tiles. */
export interface Matrix {
  readonly rows: number;
  readonly width: number;
  /** At least rows x width; what stands behind is zero. */
  readonly data: Float64Array;
}

export function zeroMatrix(rows: number, width: number): Matrix {
  return { rows, width, data: new Float64Array(Math.ceil(rows / tile) * tile * width) };
}

/** A·Aᵀ, symmetric, rows x rows: the scalar products of all rows with each other. */
export function gram({ rows, width, data }: Matrix): Float64Array {
  const product = new Float64Array(rows * rows);
  const put = (i: number, j: number, value: number): void => {
    if (i >= rows || j >= rows) return;
    product[i * rows + j] = value;
    product[j * rows + i] = value;
  };
  for (let i = 0; i < rows; i += 2) {
    const [i0, i1] = [i * width, (i + 1) * width];
    for (let j = 0; j <= i + 1; j += tile) {
      const [j0, j1, j2, j3] = [j * width, (j + 1) * width, (j + 2) * width, (j + 3) * width];
      let [a0, a1, a2, a3, b0, b1, b2, b3] = [0, 0, 0, 0, 0, 0, 0, 0];
      for (let k = 0; k < width; k++) {
        const x = data[i0 + k]!;
        const y = data[i1 + k]!;
        const p = data[j0 + k]!;
        const q = data[j1 + k]!;
        const r = data[j2 + k]!;
        const s = data[j3 + k]!;
        a0 += x * p;
        a1 += x * q;
        a2 += x * r;
        a3 += x * s;
        b0 += y * p;
        b1 += y * q;
        b2 += y * r;
        b3 += y * s;
      }
      put(i, j, a0);
      put(i, j + 1, a1);
      put(i, j + 2, a2);
      put(i, j + 3, a3);
      put(i + 1, j, b0);
      put(i + 1, j + 1, b1);
      put(i + 1, j + 2, b2);
      put(i + 1, j + 3, b3);
    }
  }
  return product;
}
