import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { median } from "./extraction.ts";
import type { Figure } from "./index.ts";

const command = fileURLToPath(new URL("../bin/tsugiki.js", import.meta.url));

/** The same training twice, as whole processes: the second finds every picture's features in the cache. */
export async function* warmRun(assets: string): AsyncGenerator<Figure> {
  const rounds = 3;
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const cache = mkdtempSync(join(tmpdir(), "tsugiki-bench-"));
    const run = (): number => {
      const started = performance.now();
      const { status, stderr } = spawnSync(
        process.execPath,
        [
          command,
          "train",
          join(assets, "data/flowers"),
          "--base",
          join(assets, "models/mobilenet_v2_1.0_224_features.onnx"),
          ...[
            "--preprocess",
            "imagenet",
            "--out",
            join(cache, "run"),
            "--cache",
            join(cache, "features"),
            "--json",
          ],
        ],
        { encoding: "utf8" },
      );
      if (status !== 0) throw new Error(stderr);
      return performance.now() - started;
    };
    const [cold, warm] = [run(), run()];
    ratios.push(warm / cold);
    rmSync(cache, { recursive: true });
  }
  yield {
    name: "second run of `train` on flowers, cache warm, whole process",
    value: Number(median(ratios).toFixed(3)),
    unit: "of the first run's time",
    against: "the first run, cache cold",
  };
}
