import { logSumExp } from "../numerics/softmax.ts";

/**
 * -T·ln Σ exp(z/T) of each row: the energy of its logits, higher for stranger pictures
 *
 * W. Liu et al., "Energy-based Out-of-distribution Detection", NeurIPS 2020; T = 1 as there. It needs logits as the
 * head gives them: log-probabilities have lost the level it reads, and give 0 throughout. Rows x classes in, rows out.
 */
export function energyStrangeness(logits: Float32Array, classes: number, temperature = 1): Float64Array {
  return Float64Array.from(
    { length: logits.length / classes },
    (_, row) => -temperature * logSumExp(logits, row * classes, classes, 1 / temperature),
  );
}

/**
 * 1 - max softmax(z / T) of each row, higher for stranger pictures: the simplest score and the one to beat
 * (D. Hendrycks, K. Gimpel, ICLR 2017). Rows x classes in, rows out.
 */
export function softmaxStrangeness(logits: Float32Array, classes: number, temperature = 1): Float64Array {
  return Float64Array.from({ length: logits.length / classes }, (_, row) => {
    const start = row * classes;
    let top = Number.NEGATIVE_INFINITY;
    for (let i = start; i < start + classes; i++) top = Math.max(top, logits[i]!);
    return Math.max(0, -Math.expm1(top / temperature - logSumExp(logits, start, classes, 1 / temperature)));
  });
}
