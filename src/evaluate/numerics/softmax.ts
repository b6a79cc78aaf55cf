/** ln Σ exp(scale·x) over `count` numbers from `start` on, the largest taken out first so that nothing overflows. */
export function logSumExp(values: ArrayLike<number>, start: number, count: number, scale = 1): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let i = start; i < start + count; i++) top = Math.max(top, scale * values[i]!);
  if (!Number.isFinite(top)) return top;
  let sum = 0;
  for (let i = start; i < start + count; i++) sum += Math.exp(scale * values[i]! - top);
  return top + Math.log(sum);
}

/** softmax(logits / T), row by row: rows x classes in, the same out. */
export function softmax(logits: ArrayLike<number>, classes: number, temperature = 1): Float32Array {
  const probabilities = new Float32Array(logits.length);
  const scale = 1 / temperature;
  for (let start = 0; start < logits.length; start += classes) {
    const total = logSumExp(logits, start, classes, scale);
    for (let i = start; i < start + classes; i++) probabilities[i] = Math.exp(scale * logits[i]! - total);
  }
  return probabilities;
}
