/** Number of rows whose labels are all right, none missing and none too many. Both are rows x classes of 0 and 1. */
export function countExactMatches(
  targets: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
): number {
  let matches = 0;
  for (let start = 0; start < targets.length; start += classes) {
    let i = 0;
    while (i < classes && targets[start + i] === predicted[start + i]) i++;
    if (i === classes) matches++;
  }
  return matches;
}
