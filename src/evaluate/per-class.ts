/** The scores of one class; those that divide by zero are 0 and named in `notDefined`. */
export interface ClassScore {
  readonly name: string;
  /** Rows that are of this class. */
  readonly support: number;
  /** Rows that were taken for this class. */
  readonly predicted: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly notDefined: readonly ("precision" | "recall" | "f1")[];
}

/** Unweighted means over the classes that occur; `classes` is their number. */
export interface MacroScore {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly classes: number;
}

/** precision = TP / (TP + FP), recall = TP / (TP + FN), F1 = 2 TP / (2 TP + FP + FN) */
export function classScores(
  labels: Int32Array,
  predicted: Int32Array,
  classes: readonly string[],
): ClassScore[] {
  const support = new Int32Array(classes.length);
  const taken = new Int32Array(classes.length);
  const hits = new Int32Array(classes.length);
  for (let row = 0; row < labels.length; row++) {
    support[labels[row]!]!++;
    taken[predicted[row]!]!++;
    if (labels[row] === predicted[row]) hits[labels[row]!]!++;
  }
  return classes.map((name, i) =>
    scoreOf(name, { support: support[i]!, predicted: taken[i]!, hits: hits[i]! }),
  );
}

/** The scores of a class with `support` = TP + FN, `predicted` = TP + FP and `hits` = TP. */
export function scoreOf(
  name: string,
  {
    support,
    predicted,
    hits,
  }: { readonly support: number; readonly predicted: number; readonly hits: number },
): ClassScore {
  const scores = [
    ["precision", hits, predicted],
    ["recall", hits, support],
    ["f1", 2 * hits, predicted + support],
  ] as const;
  const [precision, recall, f1] = scores.map(([, part, whole]) => (whole === 0 ? 0 : part / whole));
  return {
    name,
    support,
    predicted,
    precision: precision!,
    recall: recall!,
    f1: f1!,
    notDefined: scores.filter(([, , whole]) => whole === 0).map(([score]) => score),
  };
}

/**
 * The macro average, as scikit-learn's `average="macro"` with its default `labels`: classes that are neither in the truth
 * nor predicted are left out, for nothing was measured of them; any other score not defined counts as 0.
 */
export function macroAverage(scores: readonly ClassScore[]): MacroScore {
  const seen = scores.filter((score) => score.support + score.predicted > 0);
  const mean = (of: (score: ClassScore) => number): number =>
    seen.length === 0 ? 0 : seen.reduce((sum, score) => sum + of(score), 0) / seen.length;
  return {
    precision: mean((score) => score.precision),
    recall: mean((score) => score.recall),
    f1: mean((score) => score.f1),
    classes: seen.length,
  };
}
