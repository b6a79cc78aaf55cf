/**
 * How well confident learning finds labels that were changed: 5 % of the flowers' training labels at random, in ten draws.
 * Prints how many of the changed are flagged and how many of the flagged are changed, the mean and the worst draw.
 *
 *   npx tsx recipes/second-opinion/wrong-labels.ts [--base box] [--draws 10]
 */
import { parseArgs } from "node:util";
import { random } from "../../src/core/random.ts";
import { groupDuplicates } from "../../src/data/duplicates.ts";
import { outOfFold } from "../../src/doctor/out-of-fold.ts";
import { findWrongLabels, type SuspectRule } from "../../src/evaluate/confident-learning.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { type FeatureSet, rowsOf } from "../../src/train/features.ts";
import { type BaseName, featuresOf } from "./features.ts";

const { values } = parseArgs({
  options: {
    base: { type: "string", multiple: true, default: ["MobileNet v2"] },
    draws: { type: "string", default: "10" },
  },
});
const runtime = nodeRuntime();
const mean = (of: readonly number[]): number => of.reduce((sum, value) => sum + value, 0) / of.length;

for (const base of values.base as BaseName[]) {
  const all = await featuresOf(base, "flowers");
  const { classes } = all;
  const train = all.pictures.flatMap(({ sample }, row) => (sample.part === "train" ? [row] : []));
  const own = rowsOf(all, train);
  const groups = groupDuplicates(train.map((row) => all.pictures[row]!));
  const names = Array.from({ length: classes }, (_, label) => String(label));
  const heads = (set: FeatureSet, folds: number, seed = 1): Promise<Float32Array> =>
    outOfFold(set, { classes, runtime, groups, folds, seed });

  const found = new Map<string, (readonly [recall: number, precision: number])[]>();
  for (let draw = 0; draw < Number(values.draws); draw++) {
    const rng = random(20 + draw);
    const wrong = new Set(rng.shuffle([...own.labels.keys()]).slice(0, Math.round(0.05 * own.rows)));
    const labels = own.labels.map((label, row) =>
      wrong.has(row) ? (label + 1 + rng.int(classes - 1)) % classes : label,
    );
    const set = { ...own, labels };
    const flaggedBy = (probabilities: Float32Array, rule: SuspectRule): number[] =>
      findWrongLabels({ probabilities, labels, classes: names }, { rule }).suspects.map(({ row }) => row);
    const note = (way: string, flagged: readonly number[]): void => {
      const hits = flagged.filter((row) => wrong.has(row)).length;
      found.set(way, [...(found.get(way) ?? []), [hits / wrong.size, hits / flagged.length]]);
    };

    const once = await heads(set, 5);
    note("five folds", flaggedBy(once, "noise-rate"));
    note("five folds, 'confident'", flaggedBy(once, "confident"));
    note("ten folds", flaggedBy(await heads(set, 10), "noise-rate"));
    const more = [once, await heads(set, 5, 2), await heads(set, 5, 3)];
    const averaged = once.map((_, i) => mean(more.map((each) => each[i]!)));
    note("mean of three divisions into five folds", flaggedBy(averaged, "noise-rate"));
  }
  console.log(`\n${base}: ${values.draws} draws of ${Math.round(0.05 * own.rows)} changed labels`);
  for (const [way, figures] of found) {
    const [recall, precision] = [figures.map(([value]) => value), figures.map(([, value]) => value)];
    const told = (of: readonly number[]): string =>
      `${mean(of).toFixed(3)} (worst ${Math.min(...of).toFixed(3)})`;
    console.log(
      `  ${way}: ${told(recall)} of the changed are flagged, ${told(precision)} of the flagged are changed`,
    );
  }
}
