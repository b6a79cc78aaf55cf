import { UsageError } from "../core/errors.ts";
import { someNames } from "../data/names.ts";
import type { Dataset, Sample } from "../data/sample.ts";
import { strangerClasses } from "../doctor/stranger-classes.ts";

/** Data whose class of strangers, where one was declared, is no class any more. */
export interface DeclaredOutliers {
  readonly dataset: Dataset;
  readonly outliers: readonly Sample[];
  /** What to tell where a class looks like one of strangers and was not declared. */
  readonly note?: string;
}

/**
 * Takes the class `name` out of the classes. A head taught "none" as a class learns those pictures; what a stranger looks
 * like it learns from nothing. Throws UsageError where there is no such class, or nothing is left to tell apart.
 */
export function declareOutliers(dataset: Dataset, name: string | undefined): DeclaredOutliers {
  const { classes, samples, multiLabel } = dataset;
  if (name === undefined) {
    const [first] = multiLabel ? [] : strangerClasses(classes);
    if (first === undefined) return { dataset, outliers: [] };
    const note = `'${first}' is trained as a class. If its pictures are none of the others, say --outliers ${first}.`;
    return { dataset, outliers: [], note };
  }
  const refuse = (why: string, next: string): UsageError =>
    new UsageError(
      { what: `'${name}' cannot be declared as outliers:`, why, next },
      { option: "outliers", value: name },
    );
  if (multiLabel)
    throw refuse(
      "the data gives several labels at once, and a picture that is none of them has no label.",
      "Leave --outliers out; in the list write | for such a picture.",
    );
  if (!classes.includes(name))
    throw refuse(`the classes are ${someNames(classes)}.`, "Name one of them, or leave --outliers out.");
  if (classes.length < 3)
    throw refuse("one class would be left.", "Leave it as a class: then there are two to tell apart.");
  return {
    dataset: {
      ...dataset,
      classes: classes.filter((each) => each !== name),
      samples: samples.filter(({ label }) => label !== name),
      close: () => dataset.close(),
    },
    outliers: samples.filter(({ label }) => label === name),
  };
}
