/**
 * Measures a backbone on the four tasks as a user would, by `train` and `evaluate`: a linear head on its frozen features,
 * the strength of regularisation chosen on a validation part that is cut from the training pictures, test accuracy. By the
 * validation accuracies, not by those, are students and sizes to be chosen.
 *
 * With `--seeds 3` the validation part is cut in three ways, and the figures are means.
 *
 *   npx tsx recipes/box-backbone/evaluate.ts box/backbone.onnx [--size 128] [--cifar-size 96] [--only flowers] [--seeds 1]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { evaluate, finish, train } from "../../src/index.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: "string", default: "../shared/assets/data" },
    size: { type: "string", default: "128" },
    "cifar-size": { type: "string" },
    preprocess: { type: "string", default: "inception" },
    only: { type: "string" },
    seeds: { type: "string", default: "1" },
  },
});
const [base] = positionals;
if (base === undefined)
  throw new Error("usage: evaluate.ts MODEL [--size 128] [--cifar-size 96] [--only TASK]");

/** What is trained on and, where the data's own parts do not say it, what is tested on. */
const tasks = [
  { name: "flowers", train: "flowers/train", test: "flowers/val" },
  { name: "rock-paper-scissors", train: "rock-paper-scissors" },
  { name: "pizza-steak-sushi", train: "pizza-steak-sushi" },
  { name: "cifar-10", train: "cifar-10-batches-bin" },
] as const;

/** One cut of the validation part: its accuracy, and the test part's. */
interface Run {
  readonly val: number;
  readonly accuracy: number;
  readonly interval: readonly [number, number];
  readonly n: number;
}

const folder = await mkdtemp(join(tmpdir(), "tsugiki-box-"));
try {
  for (const task of tasks) {
    if (values.only !== undefined && values.only !== task.name) continue;
    const size = Number((task.name === "cifar-10" && values["cifar-size"]) || values.size);
    const out = join(folder, task.name);
    const options = {
      data: join(values.data, task.train),
      out,
      base,
      preprocess: values.preprocess as "inception",
      size,
      ...("test" in task && { test: 0 }),
    };
    const runs: Run[] = [];
    for (let seed = 0; seed < Number(values.seeds); seed++) {
      const trained = await finish(train({ ...options, seed, cache: join(folder, "cache"), report: false }));
      const measured =
        "test" in task
          ? await finish(evaluate({ model: out, data: join(values.data, task.test), split: "all" }))
          : trained.test;
      if (measured === null || trained.val === null) throw new Error(`${task.name}: no part to measure on`);
      const { accuracy, interval, n } = measured;
      runs.push({ val: trained.val.accuracy, accuracy, interval, n });
    }
    const mean = (of: (run: Run) => number): string =>
      (runs.reduce((sum, run) => sum + of(run), 0) / runs.length).toFixed(3);
    const [low, high] = [mean(({ interval }) => interval[0]), mean(({ interval }) => interval[1])];
    const accuracy = mean((run) => run.accuracy);
    console.log(
      `${task.name} at ${size}: ${accuracy} (${low} to ${high}, ${runs[0]?.n} pictures), validation ${mean(({ val }) => val)}`,
    );
  }
} finally {
  await rm(folder, { recursive: true });
}
