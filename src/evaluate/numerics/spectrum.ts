import { InternalError } from "../../core/assert.ts";

/** A = V·diag(values)·Vᵀ, seen from some vectors: `projections` is Vᵀ·B, size x columns, its rows in the order of `values`. */
export interface Spectrum {
  readonly values: Float64Array;
  readonly projections: Float64Array;
}

/**
 * Eigenvalues of a symmetric A (size x size, its lower triangle; overwritten), in no order, and B (size x columns;
 * overwritten) in the coordinates of its eigenvectors. The eigenvectors themselves, most of the work, are never formed:
 * every reflection and rotation is applied to B alone.
 */
export function spectrum(matrix: Float64Array, size: number, b: Float64Array, columns: number): Spectrum {
  const { diagonal, beside } = tridiagonal(matrix, size, b, columns);
  implicitQl(diagonal, beside, b, columns);
  return { values: diagonal, projections: b };
}

/** Householder's reduction (A. S. Householder 1958): H·A·H with H = I - 2vvᵀ, column after column. */
function tridiagonal(a: Float64Array, size: number, b: Float64Array, columns: number) {
  const [diagonal, beside] = [new Float64Array(size), new Float64Array(size)];
  const [v, w] = [new Float64Array(size), new Float64Array(size)];
  for (let k = 0; k < size; k++) {
    diagonal[k] = a[k * size + k]!;
    if (k + 1 === size) break;
    let square = 0;
    for (let i = k + 1; i < size; i++) {
      v[i] = a[i * size + k]!;
      square += v[i]! ** 2;
    }
    const length = v[k + 1]! > 0 ? -Math.sqrt(square) : Math.sqrt(square);
    beside[k] = length;
    // ‖x - length·e₁‖² = 2·(‖x‖² - length·x₁); zero where the column is zero already.
    const norm = Math.sqrt(2 * (square - length * v[k + 1]!));
    if (norm === 0) continue;
    v[k + 1]! -= length;
    for (let i = k + 1; i < size; i++) v[i]! /= norm;
    reflectMatrix(a, size, k + 1, v, w);
    reflectRows(b, columns, k + 1, v);
  }
  return { diagonal, beside };
}

/** A - v·wᵀ - w·vᵀ with w = 2·(A·v - (vᵀA·v)·v), on the lower triangle from `from` on. */
function reflectMatrix(a: Float64Array, size: number, from: number, v: Float64Array, w: Float64Array): void {
  w.fill(0, from);
  for (let i = from; i < size; i++) {
    const row = i * size;
    const vi = v[i]!;
    let sum = a[row + i]! * vi;
    for (let j = from; j < i; j++) {
      const value = a[row + j]!;
      sum += value * v[j]!;
      w[j]! += value * vi;
    }
    w[i]! += sum;
  }
  let inner = 0;
  for (let i = from; i < size; i++) inner += v[i]! * w[i]!;
  for (let i = from; i < size; i++) w[i] = 2 * (w[i]! - inner * v[i]!);
  for (let i = from; i < size; i++) {
    const row = i * size;
    const vi = v[i]!;
    const wi = w[i]!;
    for (let j = from; j <= i; j++) a[row + j]! -= vi * w[j]! + wi * v[j]!;
  }
}

/** B - 2·v·(vᵀB), on the rows from `from` on. */
function reflectRows(b: Float64Array, columns: number, from: number, v: Float64Array): void {
  const rows = b.length / columns;
  const sums = new Float64Array(columns);
  for (let i = from; i < rows; i++) for (let c = 0; c < columns; c++) sums[c]! += v[i]! * b[i * columns + c]!;
  for (let i = from; i < rows; i++)
    for (let c = 0; c < columns; c++) b[i * columns + c]! -= 2 * v[i]! * sums[c]!;
}

/**
 * QL steps with Wilkinson's implicit shift until nothing stands beside the diagonal (H. Bowdler, R. S. Martin,
 * C. Reinsch, J. H. Wilkinson, Numerische Mathematik 11, 1968); each rotation turns two rows of B as well.
 */
function implicitQl(d: Float64Array, e: Float64Array, b: Float64Array, columns: number): void {
  const size = d.length;
  for (let l = 0; l < size; l++) {
    for (let step = 0; ; step++) {
      const m = splitAfter(d, e, l);
      if (m === l) break;
      if (step === 60) throw new InternalError(`eigenvalue ${l} of ${size} did not converge`);
      // Wilkinson's shift, from the leading 2 x 2 block.
      const half = (d[l + 1]! - d[l]!) / (2 * e[l]!);
      const root = Math.hypot(half, 1);
      let g = d[m]! - d[l]! + e[l]! / (half + (half < 0 ? -root : root));
      let [s, c, p] = [1, 1, 0];
      let i = m - 1;
      for (; i >= l; i--) {
        const f = s * e[i]!;
        const h = c * e[i]!;
        const r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1]! -= p;
          break;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1]! - p;
        const t = (d[i]! - g) * s + 2 * c * h;
        p = s * t;
        d[i + 1] = g + p;
        g = c * t - h;
        rotateRows(b, columns, i, s, c);
      }
      if (i < l) {
        d[l]! -= p;
        e[l] = g;
      }
      e[m] = 0;
    }
  }
}

/** The first place from `l` on where what stands beside the diagonal is as good as nothing. */
function splitAfter(d: Float64Array, e: Float64Array, l: number): number {
  let m = l;
  for (; m + 1 < d.length; m++) {
    const scale = Math.abs(d[m]!) + Math.abs(d[m + 1]!);
    if (Math.abs(e[m]!) <= Number.EPSILON * scale) break;
  }
  return m;
}

function rotateRows(b: Float64Array, columns: number, i: number, s: number, c: number): void {
  for (let k = i * columns; k < (i + 1) * columns; k++) {
    const below = b[k + columns]!;
    b[k + columns] = s * b[k]! + c * below;
    b[k] = c * b[k]! - s * below;
  }
}
