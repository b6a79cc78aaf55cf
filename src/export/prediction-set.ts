import { UsageError } from "../core/errors.ts";
import type { ClassifierRecord } from "./classifier.ts";
import type { Ranked } from "./prediction.ts";

/** A coverage and the largest 1 - p that its sets take in. */
export type StoredRule = NonNullable<ClassifierRecord["sets"]>[number];

/** The classifier's rule for a coverage. Throws UsageError, with those that it has, where it has none for this one. */
export function ruleOf({ sets = [] }: ClassifierRecord, coverage: number, file: string): StoredRule {
  const rule = sets.find((each) => each.coverage === coverage);
  if (rule) return rule;
  const has = sets.map((each) => each.coverage).join(", ");
  throw new UsageError(
    {
      what: `${file} has no rule for prediction sets of coverage ${coverage}.`,
      why:
        sets.length > 0
          ? `It has rules for ${has}. Others were not asked for in training, or its validation part was too small for them.`
          : "It has none at all: of an earlier version, or with too few validation pictures.",
      next:
        sets.length > 0
          ? `Ask for one of those, or train again with --coverage ${coverage}.`
          : "Train again, with more validation pictures.",
    },
    { option: "coverage", value: coverage },
  );
}

/** The classes of a ranking, the most probable first, that a rule takes in; perhaps none. */
export function setOf(ranked: readonly Ranked[], { threshold }: StoredRule): Ranked[] {
  return ranked.filter(({ probability }) => 1 - probability <= threshold);
}
