/** Rows divided by their lengths; a row of zeros stays. `features` is rows x width. */
export function unitRows(features: Float32Array, width: number): Float32Array {
  const units = new Float32Array(features.length);
  for (let start = 0; start < features.length; start += width) {
    let square = 0;
    for (let i = start; i < start + width; i++) square += features[i]! ** 2;
    const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let i = start; i < start + width; i++) units[i] = features[i]! * scale;
  }
  return units;
}
