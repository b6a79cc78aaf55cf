/**
 * 2 ΣTP / (2 ΣTP + ΣFP + ΣFN) over all rows and labels
 *
 * The micro-averaged F1 of several labels at once: each label of each picture counts alike, so frequent labels weigh
 * more. Both are rows x labels of 0 and 1; 0 where nothing is true and nothing predicted, as scikit-learn has it.
 */
export function microF1(targets: ArrayLike<number>, predicted: ArrayLike<number>): number {
  let [hits, either] = [0, 0];
  for (let i = 0; i < targets.length; i++) {
    hits += targets[i]! * predicted[i]!;
    either += targets[i]! + predicted[i]!;
  }
  return either === 0 ? 0 : (2 * hits) / either;
}
