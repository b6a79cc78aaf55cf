/**
 * How honest a temperature can make the probabilities of hands, whose test part comes from other clips than the rest: fitted
 * on the validation part as training does it, on predictions out of fold where whole clips are left out, on one half of
 * the test part's clips for the other, and on the test part itself. Prints temperatures, calibration errors and log losses;
 * the interval of the first error once more with whole clips drawn instead of pictures.
 *
 *   npx tsx recipes/second-opinion/calibration.ts [--base box] [--splits 3]
 */
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { finish } from "../../src/core/async.ts";
import { random } from "../../src/core/random.ts";
import { outOfFold } from "../../src/doctor/out-of-fold.ts";
import { calibrationError } from "../../src/evaluate/calibration/calibration-error.ts";
import { answersOf } from "../../src/evaluate/calibration/reliability.ts";
import { fitTemperature } from "../../src/evaluate/calibration/temperature.ts";
import { logLoss } from "../../src/evaluate/log-loss.ts";
import { quantile } from "../../src/evaluate/numerics/bootstrap.ts";
import { softmax } from "../../src/evaluate/numerics/softmax.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { rowsOf } from "../../src/train/features.ts";
import { solveLinearHead } from "../../src/train/linear-head.ts";
import { type LogitSet, logitsOf } from "../../src/train/second-opinion/calibrate.ts";
import { type BaseName, baseNames, type Extracted, featuresOf, partsOf } from "./features.ts";

const { values } = parseArgs({
  options: { base: { type: "string", multiple: true }, splits: { type: "string", default: "3" } },
});
const runtime = nodeRuntime();
const numbers = (values: readonly unknown[]): Int32Array => {
  const seen = [...new Set(values)];
  return Int32Array.from(values, (value) => seen.indexOf(value));
};

/** Frames of one video, else one file with all its crops, by the names that the data's makers gave. */
const clipsOf = ({ pictures }: Extracted): Int32Array =>
  numbers(
    pictures.map(({ sample }) => {
      const name = basename(sample.id).replace(/[._](png|jpg|jpeg)\.rf\..*/, "");
      return /mov|mp4|youtube|photo-on/i.test(name)
        ? name.replace(/^[a-z]+\./, "").replace(/-\d+$/, "")
        : name;
    }),
  );

const some = ({ logits, labels, classes }: LogitSet, rows: readonly number[]): LogitSet => ({
  rows: rows.length,
  classes,
  labels: Int32Array.from(rows, (row) => labels[row]!),
  logits: Float32Array.from(rows.flatMap((row) => [...logits.subarray(row * classes, (row + 1) * classes)])),
});

for (const base of (values.base as BaseName[] | undefined) ?? baseNames) {
  const all = await featuresOf(base, "rock-paper-scissors");
  const { classes } = all;
  const clips = clipsOf(all);
  for (let seed = 1; seed <= Number(values.splits); seed++) {
    const parts = partsOf(all, seed, { given: true, val: 0.15 });
    const [train, val] = [rowsOf(all, parts.train), rowsOf(all, parts.val)];
    const { model, regularisation } = await finish(solveLinearHead({ train, val, classes, runtime }));
    const sets = [val, rowsOf(all, parts.test)];
    const [known, test] = (await logitsOf(model, sets, classes, runtime)) as [LogitSet, LogitSet];
    console.log(
      `\n${base}, split ${seed}: λ ${regularisation}, ${known.rows} validation and ${test.rows} test pictures`,
    );

    const { labels } = test;
    const say = (name: string, probabilities: Float32Array, temperature: number) => {
      const answers = answersOf(probabilities, labels, classes);
      const { ece, interval, faultless } = calibrationError(answers);
      const loss = logLoss(probabilities, labels, classes);
      const [low, high, luck] = [...interval, faultless[1]].map((value) => value.toFixed(3));
      console.log(
        `  ${name}: T ${temperature.toFixed(2)}, error ${ece.toFixed(3)} (${low} to ${high}; faultless up to ${luck}), log loss ${loss.toFixed(3)}`,
      );
      return { answers, ece };
    };
    const at = (name: string, temperature: number) =>
      say(name, softmax(test.logits, classes, temperature), temperature);

    at("none", 1);
    const { answers, ece } = at("validation part", fitTemperature(known).temperature);
    const clip = parts.test.map((row) => clips[row]!);
    const rng = random(seed);
    const kinds = [...new Set(clip)];
    const members = new Map(
      kinds.map((kind) => [kind, clip.flatMap((own, row) => (own === kind ? [row] : []))]),
    );
    const drawn = Float64Array.from({ length: 200 }, () => {
      const rows = kinds.flatMap(() => members.get(kinds[rng.int(kinds.length)]!)!);
      const of = (column: ArrayLike<number>) => Float64Array.from(rows, (row) => column[row]!);
      return calibrationError({ confidence: of(answers.confidence), right: of(answers.right) }, { draws: 1 })
        .ece;
    }).sort();
    const ends = [0.975, 0.025].map((share) => Math.max(0, 2 * ece - quantile(drawn, share)).toFixed(3));
    console.log(`    by ${kinds.length} clips: ${ends.join(" to ")}`);

    const rows = [...parts.train, ...parts.val];
    const rest = rowsOf(all, rows);
    const groups = numbers(rows.map((row) => clips[row]));
    const held = await outOfFold(rest, { classes, runtime, groups, regularisation: regularisation! });
    const logits = held.map((p) => Math.log(Math.max(p, 1e-30)));
    at("out of fold by clip", fitTemperature({ logits, labels: rest.labels, classes }).temperature);

    const side = new Map(kinds.map((kind) => [kind, rng.int(2)]));
    const crossed = new Float32Array(test.logits.length);
    for (const half of [0, 1]) {
      const [own, other] = [half, 1 - half].map((which) =>
        clip.flatMap((kind, row) => (side.get(kind) === which ? [row] : [])),
      ) as [number[], number[]];
      const { temperature } = fitTemperature(some(test, other));
      const said = softmax(some(test, own).logits, classes, temperature);
      for (const [i, row] of own.entries())
        crossed.set(said.subarray(i * classes, (i + 1) * classes), row * classes);
    }
    say("other half of the test part", crossed, Number.NaN);
    at("test part itself", fitTemperature(test).temperature);
  }
}
