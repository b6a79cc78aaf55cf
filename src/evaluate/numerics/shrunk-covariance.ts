import { gram, type Matrix } from "./gram.ts";

/** A covariance matrix drawn towards a multiple of the identity, so that it can be inverted. */
export interface ShrunkCovariance {
  /** width x width. */
  readonly covariance: Float64Array;
  /** 0 keeps the sample's covariance, 1 leaves nothing of it. */
  readonly shrinkage: number;
}

/**
 * (1 - ρ)·S + ρ·μ·I,  S = X·Xᵀ/n,  μ = tr S / width,  ρ = min(β, δ)/δ
 * with δ = ‖S - μI‖²/width and β = (1/n²)·Σᵢ‖xᵢxᵢᵀ - S‖²/width
 *
 * The shrinkage of least expected squared error (O. Ledoit, M. Wolf, Journal of Multivariate Analysis 88, 2004), as
 * scikit-learn's `ledoit_wolf` has it. It needs no data beyond the rows, and stays invertible with fewer rows than
 * features. `columns` is width x rows and centred already.
 */
export function shrunkCovariance(columns: Matrix): ShrunkCovariance {
  const { rows: width, width: n } = columns;
  const covariance = gram(columns).map((sum) => sum / n);
  let [trace, square] = [0, 0];
  for (let i = 0; i < width; i++) trace += covariance[i * width + i]!;
  for (const value of covariance) square += value * value;
  const mu = trace / width;
  const delta = (square - trace * mu) / width;
  const beta = (fourthPower(columns) / n - square) / (n * width);
  const shrinkage = delta <= 0 ? 1 : Math.min(Math.max(beta, 0), delta) / delta;
  for (let i = 0; i < covariance.length; i++) covariance[i]! *= 1 - shrinkage;
  // Rounding may leave a zero eigenvalue below zero: a trace of the mean variance keeps the factorisation alive.
  const added = Math.max(shrinkage * mu, 1e-9 * mu) || 1e-12;
  for (let i = 0; i < width; i++) covariance[i * width + i]! += added;
  return { covariance, shrinkage };
}

/** Σᵢ ‖xᵢ‖⁴ over the columns xᵢ. */
function fourthPower({ rows, width, data }: Matrix): number {
  let sum = 0;
  const squares = new Float64Array(width);
  for (let k = 0; k < rows; k++) for (let i = 0; i < width; i++) squares[i]! += data[k * width + i]! ** 2;
  for (const square of squares) sum += square * square;
  return sum;
}
