/** So many training rows are kept of what is known. They go into the model file, so of a thousand classes few each. */
export const enoughKnown = { most: 1024, leastOfClass: 8 };

/**
 * Row numbers, ascending: of each class as many as `most` rows shared among the classes allow, but `leastOfClass` where
 * it has them, spread evenly over its own. All rows where they are no more than `most`.
 */
export function evenRows(
  labels: Int32Array,
  classes: number,
  { most, leastOfClass }: { readonly most: number; readonly leastOfClass: number },
): number[] {
  if (labels.length <= most) return [...labels.keys()];
  const share = Math.max(leastOfClass, Math.floor(most / classes));
  const counts = new Int32Array(classes);
  for (const label of labels) counts[label]!++;
  const seen = new Int32Array(classes);
  return [...labels.keys()].filter((row) => {
    const label = labels[row]!;
    const [count, at] = [counts[label]!, seen[label]!++];
    const wanted = Math.min(share, count);
    // The at-th of `count` is taken where the taken ones pass a whole number: `wanted` of them in all.
    return Math.floor(((at + 1) * wanted) / count) > Math.floor((at * wanted) / count);
  });
}
