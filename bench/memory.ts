import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Figure } from "./index.ts";

const command = fileURLToPath(new URL("../bin/tsugiki.js", import.meta.url));

/** Peak resident memory of training on the first 10,000 CIFAR pictures less that on the first 1,000. */
export async function* memory(assets: string): AsyncGenerator<Figure> {
  const folder = mkdtempSync(join(tmpdir(), "tsugiki-bench-"));
  try {
    const peak = (count: number): number => {
      const data = join(folder, `cifar-${count}`);
      mkdirSync(data);
      const source = openSync(join(assets, "data/cifar-10-batches-bin/data_batch_1.bin"), "r");
      const bytes = Buffer.alloc(3073 * count);
      readSync(source, bytes, 0, bytes.length, 0);
      writeFileSync(join(data, "data_batch_1.bin"), bytes);
      copyFileSync(
        join(assets, "data/cifar-10-batches-bin/batches.meta.txt"),
        join(data, "batches.meta.txt"),
      );
      const program = `await import(${JSON.stringify(pathToFileURL(command).href)});
        console.error("peak", process.resourceUsage().maxRSS / 1024);`;
      const base = join(assets, "models/mobilenet_v1_1.0_224.onnx");
      const run = spawnSync(
        process.execPath,
        [
          "--input-type=module",
          "-e",
          program,
          "--",
          "train",
          data,
          "--base",
          base,
          "--preprocess",
          "inception",
        ].concat([
          "--size",
          "128",
          "--out",
          join(folder, "run"),
          "--cache",
          join(folder, "cache"),
          "--json",
          "-q",
        ]),
        { encoding: "utf8" },
      );
      const found = /peak ([\d.]+)/.exec(run.stderr);
      if (run.status !== 0 || found === null) throw new Error(run.stderr);
      return Number(found[1]);
    };
    const [few, many] = [peak(1000), peak(10_000)];
    yield {
      name: "peak memory of `train` on 10,000 pictures, features computed",
      value: Math.round(many - few),
      unit: "MB more",
      against: `1,000 pictures (${Math.round(few)} MB)`,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
