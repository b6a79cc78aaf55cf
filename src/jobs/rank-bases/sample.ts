import { groupBy } from "../../core/group-by.ts";
import { derivedOrder } from "../../core/random.ts";
import type { Dataset, Sample } from "../../data/sample.ts";

/**
 * At most `most` training pictures, in the data's order: as many of each class as of any other, all of a class that has
 * fewer. The same seed and data give the same ones. Where the data does not come split they are drawn from all of it.
 */
export function balancedSample(
  { samples }: Pick<Dataset, "samples">,
  most: number,
  seed: number,
): readonly Sample[] {
  const split = samples.some(({ part }) => part !== undefined);
  const training = split ? samples.filter(({ part }) => part === "train") : samples;
  if (training.length <= most) return training;
  const classes = [...groupBy([...derivedOrder(training.length, seed)], (i) => training[i]!.label).values()];
  // One of each class, then a second of each, until there are enough.
  const chosen = new Set<number>();
  for (let round = 0; chosen.size < most; round++) {
    for (const own of classes) {
      const next = own[round];
      if (next !== undefined && chosen.size < most) chosen.add(next);
    }
  }
  return training.filter((_, i) => chosen.has(i));
}
