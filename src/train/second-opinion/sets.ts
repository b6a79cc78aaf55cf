import { calibrateLabelSets, measureLabelSets } from "../../evaluate/conformal/label-sets.ts";
import {
  calibrateSets,
  measureSets,
  type SetFigures,
  type SetRule,
} from "../../evaluate/conformal/prediction-sets.ts";
import { type LogitSet, probabilitiesOf } from "./calibrate.ts";

/** A rule for prediction sets as records hold it: a class belongs where 1 - p is at most `threshold`. */
export interface StoredRule {
  readonly coverage: number;
  readonly threshold: number;
}

/** Prediction sets: the classes that a picture may be, the truth among them as often as asked. Plain numbers, for records. */
export interface Sets {
  /** The coverage asked for. */
  readonly coverage: number;
  /** Validation pictures behind the rules, and the least that this coverage takes; with fewer it has no rule. */
  readonly rows: number;
  readonly needed: number;
  /** For the coverage asked for and the usual ones, as far as the validation part reaches; least first. */
  readonly rules: readonly StoredRule[];
  /** How sets of the coverage asked for did on the test part; null without one, or without a rule. */
  readonly test: SetFigures | null;
}

/** Rules that every artefact gets, where its validation part is large enough for them. */
export const usualCoverages = [0.8, 0.9, 0.95, 0.99] as const;

/** LAC scores: on CIFAR-10 the smallest sets (1.54 classes at 95 %), and none covered more evenly. */
export const setScore = { kind: "lac" } as const;

/** Sets measured on rows with their truth: one class, or, with `targets`, all labels that hold. */
export function measureAnySets(
  rows: {
    readonly probabilities: Float32Array;
    readonly labels: Int32Array;
    readonly targets?: Float32Array | undefined;
    readonly classes: readonly string[];
  },
  { threshold }: Pick<SetRule, "threshold">,
): SetFigures {
  const { targets } = rows;
  return targets
    ? measureLabelSets({ ...rows, targets }, { threshold })
    : measureSets(rows, { score: setScore, threshold });
}

/** Rules from validation rows, measured on test rows. Of several labels at once a set shall hold all of a picture's. */
export function findSets(
  val: LogitSet,
  test: LogitSet,
  temperature: number,
  coverage: number,
  classes: readonly string[],
): Sets {
  const rowsOf = (set: LogitSet) => {
    const { labels, targets } = set;
    return { probabilities: probabilitiesOf(set, temperature), labels, classes, ...(targets && { targets }) };
  };
  const needed = Math.ceil(1 / (1 - coverage) - 1 - 1e-9);
  const nothing = { coverage, rows: val.rows, needed, rules: [], test: null };
  if (val.rows === 0) return nothing;
  const known = rowsOf(val);
  const wanted = [...new Set([...usualCoverages, coverage])].sort((a, b) => a - b);
  const ruleOf = (share: number): SetRule =>
    known.targets
      ? calibrateLabelSets({ ...known, targets: known.targets }, share)
      : calibrateSets(known, share, setScore);
  const rules = wanted.map(ruleOf).filter(({ enough }) => enough);
  const own: SetRule | undefined = rules.find((rule) => rule.coverage === coverage);
  return {
    ...nothing,
    rules: rules.map(({ coverage: share, threshold }) => ({ coverage: share, threshold })),
    test: own && test.rows > 0 ? measureAnySets(rowsOf(test), own) : null,
  };
}
