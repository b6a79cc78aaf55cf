/**
 * Whether `models rank` orders bases as training on them does: on each task it ranks the bases by a sample of the training
 * pictures, trains a linear head on each, and prints Kendall's tau between each measure and the trained test accuracy.
 *
 *   npx tsx recipes/rank-agreement/measure.ts [--data ../shared/assets/data] [--models ../shared/assets/models]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { evaluate, finish, kendall, type RankedBase, rankBases, train } from "../../src/index.ts";

const { values } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/assets/data" },
    models: { type: "string", default: "../shared/assets/models" },
    only: { type: "string" },
  },
});
const bases = [
  { base: join(values.models, "mobilenet_v1_1.0_224.onnx"), preprocess: "inception" },
  { base: join(values.models, "mobilenet_v2_1.0_224_features.onnx"), preprocess: "imagenet" },
  { base: join(values.models, "squeezenet1.1.onnx"), preprocess: "imagenet" },
  { base: "box" },
] as const;
const tasks = [
  { name: "flowers", train: "flowers/train", test: "flowers/val" },
  { name: "rock-paper-scissors", train: "rock-paper-scissors" },
  { name: "pizza-steak-sushi", train: "pizza-steak-sushi" },
] as const;

const folder = await mkdtemp(join(tmpdir(), "tsugiki-rank-"));
const cache = join(folder, "cache");
try {
  for (const task of tasks) {
    if (values.only !== undefined && values.only !== task.name) continue;
    const data = join(values.data, task.train);
    const ranking = await finish(rankBases({ data, bases, cache }));
    const trained: { readonly accuracy: number; readonly ranked: RankedBase }[] = [];
    for (const ranked of ranking.bases) {
      const base = bases.find((each) => each.base === ranked.base)!;
      const out = join(folder, task.name);
      const result = await finish(
        train({
          ...base,
          data,
          out,
          cache,
          report: false,

          ...("test" in task && { test: 0 }),
        }),
      );
      const measured =
        "test" in task
          ? await finish(evaluate({ model: out, data: join(values.data, task.test), split: "all" }))
          : result.test;
      const accuracy = measured?.accuracy ?? Number.NaN;
      trained.push({ accuracy, ranked });
      const { probe, logMe, hScore, source } = ranked;
      const cheap = [logMe, hScore, source?.nce, source?.leep].map((value) => value?.toFixed(3) ?? "-");
      console.log(
        `${task.name}  ${accuracy.toFixed(3)}  ${probe.accuracy.toFixed(3)}  ${cheap.join("  ")}  ${ranked.name}`,
      );
    }
    const tau = (of: (ranked: RankedBase) => number | undefined): string => {
      const known = trained.filter(({ ranked }) => of(ranked) !== undefined);
      return (
        kendall(
          known.map(({ accuracy }) => accuracy),
          known.map(({ ranked }) => of(ranked)!),
        )?.toFixed(2) ?? "-"
      );
    };
    console.log(
      `${task.name}: tau of the probe ${tau(({ probe }) => probe.accuracy)}, LogME ${tau(({ logMe }) => logMe)}, ` +
        `H-score ${tau(({ hScore }) => hScore)}, NCE ${tau(({ source }) => source?.nce)}, LEEP ${tau(({ source }) => source?.leep)}`,
    );
  }
} finally {
  await rm(folder, { recursive: true });
}
