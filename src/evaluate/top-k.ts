/**
 * Number of rows whose true class is among the `k` most probable; among equals the lowest class indices come first, so
 * the answer for k = 1 is the one `predictedClasses` gives. `probabilities` is rows x classes.
 */
export function countTopK(
  probabilities: Float32Array,
  labels: Int32Array,
  classes: number,
  k: number,
): number {
  let hits = 0;
  for (let row = 0; row < labels.length; row++) {
    const start = row * classes;
    const label = labels[row]!;
    const own = probabilities[start + label]!;
    let before = 0;
    for (let i = 0; i < classes; i++) {
      const other = probabilities[start + i]!;
      if (other > own || (other === own && i < label)) before++;
    }
    if (before < k) hits++;
  }
  return hits;
}
