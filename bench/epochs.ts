import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Figure } from "./index.ts";

const { train } = (await import(
  new URL("../dist/index.js", import.meta.url).href
)) as typeof import("../src/index.ts");

const epochs = 4;

/** Milliseconds from the first update of an epoch to its last; of several epochs the least, the first left out: it decodes. */
async function epochTime(assets: string, folder: string, views: number): Promise<number> {
  let started = 0;
  let least = Number.POSITIVE_INFINITY;
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
    else if (event.step === event.steps && event.epoch > 1)
      least = Math.min(least, performance.now() - started);
  }
  return least;
}

/** An epoch of `--strategy finetune` on the top third, on kept views against running the frozen part each time. */
export async function* epochTimes(assets: string): AsyncGenerator<Figure> {
  const folder = mkdtempSync(join(tmpdir(), "tsugiki-bench-"));
  try {
    const slow = await epochTime(assets, folder, 0);
    const fast = await epochTime(assets, folder, 1);
    yield {
      name: "an epoch of `--strategy finetune` on the top third of MobileNet v2 at 224, pictures augmented, on kept views",
      value: Number((slow / fast).toFixed(2)),
      unit: "times faster",
      against: "the same with --views 0: each epoch augments decoded pictures anew and runs the frozen part",
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
