import { assert } from "../core/assert.ts";
import { labelsOf } from "./labels.ts";
import type { Dataset, Sample } from "./sample.ts";

/** A dataset's classes by their numbers. */
export interface Labelling {
  /** How many there are. */
  readonly classes: number;
  /** Whether a picture may have several at once, or none. */
  readonly multiLabel: boolean;
  /** The numbers of a picture's classes: exactly one, unless `multiLabel`. */
  numbersOf(sample: Sample): readonly number[];
}

/** Numbers the classes in their order; a label that is none of them has the number -1. */
export function labellingOf({ classes, multiLabel }: Pick<Dataset, "classes" | "multiLabel">): Labelling {
  const index = new Map(classes.map((name, i) => [name, i]));
  return {
    classes: classes.length,
    multiLabel,
    numbersOf: (sample) => labelsOf(sample).map((label) => index.get(label) ?? -1),
  };
}

/** What is true of pictures: the class number of each where it has one, else rows x classes of 0 and 1. */
export interface Truth {
  /** Empty for multi-label data. */
  readonly labels: Int32Array;
  /** Multi-hot rows, of multi-label data only. */
  readonly targets?: Float32Array;
}

/** The truth of some pictures in their order. */
export function truthOf(samples: readonly Sample[], { classes, multiLabel, numbersOf }: Labelling): Truth {
  if (!multiLabel) return { labels: Int32Array.from(samples, (sample) => numbersOf(sample)[0] ?? -1) };
  return { labels: new Int32Array(), targets: hotRows(samples, { classes, numbersOf }) };
}

/** A 1 for each class of each sample, so one a row unless there may be several labels: samples x classes. */
export function hotRows(
  samples: readonly Sample[],
  { classes, numbersOf }: Pick<Labelling, "classes" | "numbersOf">,
): Float32Array {
  const targets = new Float32Array(samples.length * classes);
  for (const [row, sample] of samples.entries()) {
    for (const number of numbersOf(sample)) {
      assert(number >= 0, `${sample.label} is not among the classes`);
      targets[row * classes + number] = 1;
    }
  }
  return targets;
}
