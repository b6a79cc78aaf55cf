/** The most probable class of each row; a tie goes to the lowest class index. `probabilities` is rows x classes. */
export function predictedClasses(probabilities: Float32Array, classes: number): Int32Array {
  const predicted = new Int32Array(probabilities.length / classes);
  for (let row = 0; row < predicted.length; row++) {
    const start = row * classes;
    let best = 0;
    for (let i = 1; i < classes; i++) {
      if (probabilities[start + i]! > probabilities[start + best]!) best = i;
    }
    predicted[row] = best;
  }
  return predicted;
}

/** Number of rows whose predicted class is the true one. */
export function countHits(labels: Int32Array, predicted: Int32Array): number {
  let hits = 0;
  for (let row = 0; row < labels.length; row++) {
    if (labels[row] === predicted[row]) hits++;
  }
  return hits;
}

/** hits / n, in [0, 1]; NaN without rows. */
export function accuracy(labels: Int32Array, predicted: Int32Array): number {
  return countHits(labels, predicted) / labels.length;
}
