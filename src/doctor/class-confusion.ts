import { predictedClasses } from "../evaluate/accuracy.ts";
import type { Predictions } from "../evaluate/predictions.ts";
import { wilson } from "../evaluate/wilson.ts";
import type { DataFinding } from "./finding.ts";

/** Of the pictures of two classes, the share that is surely (lower 95 % bound) taken for the other of the two. */
const alike = 0.05;

/** Of the way from guessing to always right, how far a class surely (upper 95 % bound) does not come. */
const hardlyLearned = 0.25;

/** Of a class's errors, the share that one other class takes where the two are alike rather than the class none. */
const oneOther = 0.6;

/** Pictures below which a class is too small for anything to be said about it. */
const fewest = 5;

/** counts[given][predicted], and how many pictures each class has. */
export interface OutOfFoldConfusion {
  readonly counts: readonly Int32Array[];
  readonly sizes: Int32Array;
  /** Share of each class's pictures that is recognised; NaN for a class without any. */
  readonly recall: Float64Array;
}

export function confusionOf({ probabilities, labels, classes }: Predictions): OutOfFoldConfusion {
  const predicted = predictedClasses(probabilities, classes.length);
  const counts = classes.map(() => new Int32Array(classes.length));
  for (const [row, label] of labels.entries()) counts[label]![predicted[row]!]!++;
  const sizes = Int32Array.from(counts, (row) => row.reduce((sum, count) => sum + count, 0));
  return { counts, sizes, recall: Float64Array.from(counts, (row, i) => row[i]! / sizes[i]!) };
}

/** Pairs of classes that are taken for each other, and folders that are probably no class. */
export function classFindings(
  { counts, sizes }: OutOfFoldConfusion,
  classes: readonly string[],
): DataFinding[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const found: DataFinding[] = [];
  for (const [i, name] of classes.entries()) {
    if (sizes[i]! < fewest) continue;
    const own = counts[i]!;
    const wrong = sizes[i]! - own[i]!;
    const chance = sizes[i]! / total;
    const most = Math.max(...own.filter((_, j) => j !== i));
    const [, highest] = wilson(own[i]!, sizes[i]!);
    // Where one other class takes nearly all errors the two are alike, which is told of below.
    const isSpread = classes.length > 2 && most < oneOther * wrong;
    if (!isSpread || highest >= chance + hardlyLearned * (1 - chance)) continue;
    found.push({
      kind: "not-a-class",
      files: [],
      classes: [name],
      reason: `${own[i]} of the ${sizes[i]} pictures of ${name} are recognised, the others are taken for ${own.filter((count, j) => j !== i && count > 0).length} classes`,
      action: `is ${name} a class? Take the folder out, or keep it as "none of these"`,
      score: 1 - own[i]! / sizes[i]!,
      drop: [],
    });
  }
  for (let i = 0; i < classes.length; i++) {
    for (let j = 0; j < i; j++) {
      const [confused, of] = [counts[i]![j]! + counts[j]![i]!, sizes[i]! + sizes[j]!];
      if (of < 2 * fewest || wilson(confused, of)[0] < alike) continue;
      found.push({
        kind: "alike-classes",
        files: [],
        classes: [classes[j]!, classes[i]!],
        reason: `${confused} of the ${of} pictures of ${classes[j]} and ${classes[i]} are taken for the other`,
        action: "look at both; more pictures of them, or one class",
        score: confused / of,
        drop: [],
      });
    }
  }
  return found;
}
