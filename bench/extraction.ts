import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Sample } from "../src/data/sample.ts";
import type { Figure } from "./index.ts";

/** A module as it ships: what runs straight from source carries the loader's own overhead. */
function built(path: string): Promise<unknown> {
  return import(new URL(`../dist/${path}.js`, import.meta.url).href);
}
const { finish } = (await built("core/async")) as typeof import("../src/core/async.ts");
const { decode } = (await built("data/decode-sharp")) as typeof import("../src/data/decode-sharp.ts");
const { openRowStore } = (await built(
  "data/row-store-node",
)) as typeof import("../src/data/row-store-node.ts");
const { openBase } = (await built("jobs/base-node")) as typeof import("../src/jobs/base-node.ts");
const { writeModel } = (await built("onnx/write")) as typeof import("../src/onnx/write.ts");
const { nodeRuntime } = (await built("runtime/node")) as typeof import("../src/runtime/node.ts");
const extract = (await built("train/extract")) as typeof import("../src/train/extract.ts");

const rounds = 5;
const pictures = 1000;

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

/** Extraction from JPEG files by everything that training does, against onnxruntime alone on what is in memory. */
export async function* extraction(assets: string): AsyncGenerator<Figure> {
  const runtime = nodeRuntime();
  const { backbone } = await openBase(
    { base: join(assets, "models/mobilenet_v2_1.0_224_features.onnx"), preprocess: "imagenet" },
    runtime,
  );
  const folder = join(assets, "data/flowers/train");
  const files = readdirSync(folder)
    .flatMap((name) => readdirSync(join(folder, name)).map((file) => join(folder, name, file)))
    .slice(0, pictures);
  const samples = files.map(
    (file): Sample => ({
      id: file,
      label: "flower",
      content: { kind: "file", read: async () => readFileSync(file) },
    }),
  );

  const { size } = backbone.preprocess;
  const graph = writeModel(extract.featureGraph(backbone));
  const decoded = await Promise.all(
    files.map((file) => decode({ kind: "file", read: async () => readFileSync(file) })),
  );
  const pixels = decoded.map(({ width, height, data }) => new Tensor("uint8", data, [1, height, width, 3]));
  const floats = new Tensor("float32", new Float32Array(3 * size * size).fill(0.3), [1, 3, size, size]);

  // Each side starts its engines within the time measured.
  const bare = async (model: Uint8Array, feeds: readonly Record<string, Tensor>[]): Promise<void> => {
    const session = await InferenceSession.create(model, { logSeverityLevel: 3 });
    for (const feed of feeds) await session.run(feed);
    await session.release();
  };
  const onPixels = () =>
    bare(
      graph,
      pixels.map((tensor) => ({ pixels: tensor })),
    );
  const onFloats = () => bare(backbone.bytes, Array(pictures).fill({ [backbone.input]: floats }));
  const fromFiles = async (): Promise<void> => {
    const cache = mkdtempSync(join(tmpdir(), "tsugiki-bench-"));
    const openStore = (key: string, rowBytes: number) => openRowStore(join(cache, key), rowBytes);
    const extractor = await extract.FeatureExtractor.open({ backbone, runtime, decode, openStore });
    try {
      await finish(extractor.extract(samples));
    } finally {
      await extractor.close();
      rmSync(cache, { recursive: true });
    }
  };
  const time = async (work: () => Promise<void>): Promise<number> => {
    const started = performance.now();
    await work();
    return performance.now() - started;
  };

  await onPixels();
  const ratios: { pixels: number[]; floats: number[] } = { pixels: [], floats: [] };
  for (let round = 0; round < rounds; round++) {
    const [onGraph, ours, onNetwork] = [await time(onPixels), await time(fromFiles), await time(onFloats)];
    ratios.pixels.push(onGraph / ours);
    ratios.floats.push(onNetwork / ours);
  }
  const what = `feature extraction from ${pictures} JPEG files, MobileNet v2 at ${size}`;
  yield {
    name: what,
    value: Number(median(ratios.pixels).toFixed(3)),
    unit: "of the reference's pictures a second",
    against: "onnxruntime alone, the same graph on decoded pixels in memory, one at a time on all cores",
  };
  yield {
    name: what,
    value: Number(median(ratios.floats).toFixed(3)),
    unit: "of the reference's pictures a second",
    against:
      "onnxruntime alone, the backbone on normalised 224 x 224 tensors in memory: no decoding, no resizing",
  };
}
