import { quantile } from "../evaluate/numerics/bootstrap.ts";

/** (x - median) / (1.4826·median |x - median|); without spread every score is 0. */
export function robustScores(values: Float64Array): Float64Array {
  if (values.length === 0) return values;
  const middle = quantile(values.slice().sort(), 0.5);
  const spread = 1.4826 * quantile(values.map((value) => Math.abs(value - middle)).sort(), 0.5);
  return values.map((value) => (spread > 0 ? (value - middle) / spread : 0));
}
