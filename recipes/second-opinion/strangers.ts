/**
 * How well scores in feature space tell strangers from the classes: each base learns flowers, then dishes, and is shown the
 * pictures of the other data sets. Prints, as means over splits, the share of fresh known pictures turned away, the share
 * of each kind of strangers, the areas under the ROC curve, and what leaving out one class after another would have said.
 *
 *   npx tsx recipes/second-opinion/strangers.ts [--base box] [--known flowers] [--way energy] [--splits 3]
 */
import { parseArgs } from "node:util";
import { finish } from "../../src/core/async.ts";
import { random } from "../../src/core/random.ts";
import { auroc } from "../../src/evaluate/unknown/auroc.ts";
import { energyStrangeness } from "../../src/evaluate/unknown/logit-strangeness.ts";
import {
  fitGaussians,
  mahalanobisStrangeness,
  relativeStrangeness,
} from "../../src/evaluate/unknown/mahalanobis-strangeness.ts";
import { nearestStrangeness, neighbourhood } from "../../src/evaluate/unknown/nearest-strangeness.ts";
import { rejection, rejectionThreshold } from "../../src/evaluate/unknown/rejection.ts";
import { writeModel } from "../../src/onnx/write.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { answersFor, type FeatureSet, rowsOf } from "../../src/train/features.ts";
import { solveLinearHead } from "../../src/train/linear-head.ts";
import { fitCompactNeighbours } from "../../src/train/second-opinion/compact-neighbours.ts";
import { strangenessGraph } from "../../src/train/second-opinion/strangeness-graph.ts";
import { type BaseName, baseNames, type DataName, featuresOf, partsOf } from "./features.ts";
import { compactGaussians } from "./gaussians.ts";

const { values } = parseArgs({
  options: {
    base: { type: "string", multiple: true },
    known: { type: "string", multiple: true },
    way: { type: "string", multiple: true },
    splits: { type: "string", default: "3" },
  },
});
const runtime = nodeRuntime();
const names: readonly DataName[] = ["flowers", "rock-paper-scissors", "pizza-steak-sushi"];

interface Known extends FeatureSet {
  readonly classes: number;
}
type Score = (set: FeatureSet) => Promise<Float64Array>;
type Learn = (known: Known) => Promise<Score>;

const product: Learn = async (known) => {
  const fitted = (await fitCompactNeighbours(known, known.classes, runtime))!;
  const session = await runtime.load(writeModel(strangenessGraph(fitted)));
  return async (set) => Float64Array.from(await answersFor(session, "strangeness", 1, set));
};

const gaussians: Learn = async (known) => {
  const strangeness = compactGaussians(known, (await fitCompactNeighbours(known, known.classes, runtime))!);
  return async ({ features }) => strangeness(features);
};

const energy: Learn = async (train) => {
  const { classes } = train;
  const { model } = await finish(solveLinearHead({ train, classes, runtime }));
  const session = await runtime.load(writeModel(model));
  return async (set) => energyStrangeness(await answersFor(session, "logits", classes, set), classes);
};

const nearest =
  (k: number): Learn =>
  async ({ features, width }) => {
    const known = neighbourhood(features, width);
    return async (set) => nearestStrangeness(known, set.features, k);
  };

/** The same on features each divided by its deviation over known pictures. */
const standardised =
  (learn: Learn): Learn =>
  async (known) => {
    const { width } = known;
    const deviations = deviationsOf(known);
    const scaled = <T extends { readonly features: Float32Array }>(set: T): T => ({
      ...set,
      features: set.features.map((value, i) => value / deviations[i % width]!),
    });
    const score = await learn(scaled(known));
    return async (set) => score(scaled(set));
  };

function deviationsOf({ features, width }: FeatureSet): Float64Array {
  const rows = features.length / width;
  const [sums, squares] = [new Float64Array(width), new Float64Array(width)];
  for (const [i, value] of features.entries()) {
    sums[i % width]! += value / rows;
    squares[i % width]! += value ** 2 / rows;
  }
  const found = squares.map((square, i) => Math.sqrt(Math.max(0, square - sums[i]! ** 2)));
  const least = 1e-3 * Math.max(...found);
  return found.map((deviation) => Math.max(deviation, least));
}

const whole =
  (strangeness: typeof mahalanobisStrangeness): Learn =>
  async (known) => {
    const gaussians = fitGaussians(known);
    return async (set) => strangeness(gaussians, set.features);
  };

const ways: Readonly<Record<string, Learn>> = {
  product,
  "product, standardised": standardised(product),
  gaussians,
  "10th nearest": nearest(10),
  "5th nearest": nearest(5),
  energy,
  "whole covariance": whole(mahalanobisStrangeness),
  "whole covariance, relative": whole(relativeStrangeness),
};

const some = (set: FeatureSet, count: number): FeatureSet =>
  rowsOf(
    set,
    random(1)
      .shuffle([...new Array(set.rows).keys()])
      .slice(0, count),
  );
const mean = (of: readonly number[]): number => of.reduce((sum, value) => sum + value, 0) / of.length;

for (const base of (values.base as BaseName[] | undefined) ?? baseNames) {
  const sets = new Map(
    await Promise.all(names.map(async (name) => [name, await featuresOf(base, name)] as const)),
  );
  for (const known of ["flowers", "pizza-steak-sushi"] as const) {
    if (values.known && !values.known.includes(known)) continue;
    const own = sets.get(known)!;
    const { classes } = own;
    const strange = names.filter((name) => name !== known);
    const strangers = strange.map((name) => some(sets.get(name)!, 300));
    console.log(
      `\n${base} knows ${known} (turned away: fresh known, ${strange.join(", ")}; AUROC; left-out classes)`,
    );
    for (const [name, learn] of Object.entries(ways)) {
      if (values.way && !values.way.includes(name)) continue;
      const [turned, areas, left]: [number[][], number[][], number[]] = [[], [], []];
      for (let seed = 1; seed <= Number(values.splits); seed++) {
        const parts = partsOf(own, seed);
        const [train, val, test] = [
          rowsOf(own, parts.train),
          rowsOf(own, parts.val),
          rowsOf(own, parts.test),
        ];
        const score = await learn({ ...train, classes });
        const { threshold } = rejectionThreshold(await score(val), 0.05);
        const fresh = await score(test);
        const scores = await Promise.all(strangers.map(score));
        turned.push([fresh, ...scores].map((of) => rejection(of, threshold).rate));
        areas.push(scores.map((of) => auroc(of, fresh)));
        for (let out = 0; seed === 1 && out < classes && !name.startsWith("whole"); out++) {
          const within = (rows: number[], isOut: boolean) =>
            rowsOf(
              own,
              rows.filter((row) => (own.labels[row] === out) === isOut),
            );
          const rest = await learn({ ...within(parts.train, false), classes });
          left.push(auroc(await rest(within(parts.train, true)), await rest(within(parts.val, false))));
        }
      }
      const columns = (of: readonly (readonly number[])[]): string =>
        of[0]!.map((_, i) => mean(of.map((row) => row[i]!)).toFixed(3)).join(", ");
      console.log(
        `  ${name}: ${columns(turned)}; ${columns(areas)}; ${left.length > 0 ? mean(left).toFixed(3) : "-"}`,
      );
    }
  }
}
