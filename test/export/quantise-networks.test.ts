import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as onnxruntime from "onnxruntime-node";
import { afterAll, describe, expect, test } from "vitest";
import { floats, type Tensor, uint8 } from "../../src/core/tensor.ts";
import { decodeBytes } from "../../src/data/decode-sharp.ts";
import { calibrate, type Feeds, observed } from "../../src/export/quantise/calibrate.ts";
import { quantise } from "../../src/export/quantise/quantise.ts";
import { finish, train } from "../../src/index.ts";
import type { Model } from "../../src/onnx/graph.ts";
import { readModel } from "../../src/onnx/read.ts";
import { writeModel } from "../../src/onnx/write.ts";
import { loadSession } from "../../src/runtime/engine-session.ts";
import type { Session } from "../../src/runtime/session.ts";

const assets = resolve(import.meta.dirname, "../../../shared/assets");
const flowers = join(assets, "data/flowers");
const folder = mkdtempSync(join(tmpdir(), "tsugiki-quantise-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** On one thread: two wait for each other where the cores have other work. */
function load(model: Model): Promise<Session> {
  return loadSession(onnxruntime, "onnxruntime-node", writeModel(model), { intraOpNumThreads: 1 });
}

interface Picture extends Feeds {
  readonly pixels: Tensor;
}

/** The first pictures of each class, class by class. */
async function* pictures(part: "train" | "val", each: number): AsyncGenerator<Picture> {
  for (const label of readdirSync(join(flowers, part)).sort()) {
    const files = readdirSync(join(flowers, part, label)).sort();
    for (const file of files.slice(0, each)) {
      const { data, width, height } = await decodeBytes(readFileSync(join(flowers, part, label, file)));
      yield { pixels: uint8(data, [1, height, width, 3]) };
    }
  }
}

/** The class that each of the validation pictures is given, in their order. */
async function answers(model: Model): Promise<number[]> {
  const session = await load(model);
  const given: number[] = [];
  for await (const feeds of pictures("val", 50)) {
    const probabilities = floats((await session.run(feeds, ["probabilities"])).probabilities!);
    given.push(probabilities.indexOf(Math.max(...probabilities)));
  }
  await session.release();
  return given;
}

function share(count: number, test: (i: number) => boolean): number {
  return Array.from({ length: count }, (_, i) => Number(test(i))).reduce((sum, hit) => sum + hit, 0) / count;
}

describe.skipIf(!existsSync(assets))("classifiers of real photos in 8 bits answer as in float", () => {
  test.each([
    ["mobilenet_v2_1.0_224_features", "imagenet"],
    ["mobilenet_v1_1.0_224", "inception"],
    ["squeezenet1.1", "imagenet"],
  ] as const)(
    "%s",
    async (base, preprocess) => {
      const options = { cache: join(folder, "cache"), out: join(folder, base), preprocess };
      const { out } = await finish(
        train({ data: flowers, base: join(assets, "models", `${base}.onnx`), ...options }),
      );
      const file = readFileSync(join(out, "model.onnx"));
      const model = readModel(file);
      const counting = observed(model);
      const session = await load(counting.model);
      const small = quantise(model, await calibrate(session, counting, pictures("train", 20)));
      await session.release();
      expect(writeModel(small).length / file.length).toBeLessThan(0.33);

      const [exact, rounded] = [await answers(model), await answers(small)];
      expect(exact).toHaveLength(250);
      expect(share(250, (i) => exact[i] === rounded[i])).toBeGreaterThanOrEqual(0.97);
      // Fifty of each class, in the order of the labels.
      const [before, after] = [exact, rounded].map((given) =>
        share(250, (i) => given[i] === Math.floor(i / 50)),
      );
      expect(Math.abs(after! - before!)).toBeLessThanOrEqual(0.015);
    },
    600_000,
  );
});
