/**
 * P(a stranger's score > a known picture's) + ½·P(they are equal)
 *
 * The area under the ROC curve by ranks, ties sharing theirs (J. A. Hanley, B. J. McNeil, Radiology 143, 1982):
 * (Σ ranks of strangers - m(m + 1)/2) / (m·n). 1/2 is chance; NaN where there are none of either.
 */
export function auroc(strangers: ArrayLike<number>, known: ArrayLike<number>): number {
  const [m, n] = [strangers.length, known.length];
  const scores = Float64Array.from({ length: m + n }, (_, i) => (i < m ? strangers[i]! : known[i - m]!));
  const order = Int32Array.from(scores, (_, i) => i).sort((a, b) => scores[a]! - scores[b]!);
  let ranks = 0;
  for (let first = 0; first < order.length; ) {
    let last = first;
    while (last + 1 < order.length && scores[order[last + 1]!] === scores[order[first]!]) last++;
    for (let i = first; i <= last; i++) if (order[i]! < m) ranks += (first + last) / 2 + 1;
    first = last + 1;
  }
  return (ranks - (m * (m + 1)) / 2) / (m * n);
}
