import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Figure } from "./index.ts";

const { train } = (await import(
  new URL("../dist/index.js", import.meta.url).href
)) as typeof import("../src/index.ts");

const epochs = 4;

/** Milliseconds from the first update of an epoch to its last: of the first, and the least of the others. */
interface EpochTimes {
  readonly first: number;
  readonly least: number;
}

async function timesOf(assets: string, folder: string, views: number): Promise<EpochTimes> {
  let started = 0;
  const times: number[] = [];
  const run = train({
    data: join(assets, "data/pizza-steak-sushi"),
    base: join(assets, "models/mobilenet_v2_1.0_224_features.onnx"),
    preprocess: "imagenet",
    out: join(folder, `run-${views}`),
    cache: join(folder, "cache"),
    report: false,
    strategy: "finetune",
    unfreeze: String(1 / 3),
    epochs,
    views,
  });
  for await (const event of run) {
    if (event.type !== "step") continue;
    if (event.step === 1) started = performance.now();
    else if (event.step === event.steps) times.push(performance.now() - started);
  }
  const [first, ...others] = times;
  if (first === undefined) throw new Error("Training the base had no epoch.");
  return { first, least: Math.min(...others) };
}

/**
 * An epoch of `--strategy finetune` on the top third, on kept views against running the frozen part each time. The first
 * epoch without views decodes the pictures as well, as every one does of more than memory holds (1.5 GiB of squares).
 */
export async function* epochTimes(assets: string): AsyncGenerator<Figure> {
  const folder = mkdtempSync(join(tmpdir(), "tsugiki-bench-"));
  try {
    const without = await timesOf(assets, folder, 0);
    const { least: kept } = await timesOf(assets, folder, 1);
    for (const [time, words] of [
      [without.least, "each epoch augments decoded pictures anew and runs the frozen part"],
      [without.first, "its first epoch, which decodes its pictures of up to 512 px as well"],
    ] as const) {
      yield {
        name: "an epoch of `--strategy finetune` on the top third of MobileNet v2 at 224, pictures augmented, on kept views",
        value: Number((time / kept).toFixed(2)),
        unit: "times faster",
        against: `the same with --views 0: ${words}`,
      };
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
