import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { finish } from "../src/core/async.ts";
import { decode } from "../src/data/decode-sharp.ts";
import { openRowStore } from "../src/data/row-store-node.ts";
import type { Sample } from "../src/data/sample.ts";
import { openBase } from "../src/jobs/base-node.ts";
import { writeModel } from "../src/onnx/write.ts";
import { nodeRuntime } from "../src/runtime/node.ts";
import { FeatureExtractor, featureGraph } from "../src/train/extract.ts";
import type { Figure } from "./index.ts";

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
  const whole = await InferenceSession.create(writeModel(featureGraph(backbone)), { logSeverityLevel: 3 });
  const network = await InferenceSession.create(backbone.bytes, { logSeverityLevel: 3 });
  const decoded = await Promise.all(
    files.map((file) => decode({ kind: "file", read: async () => readFileSync(file) })),
  );
  const pixels = decoded.map(({ width, height, data }) => new Tensor("uint8", data, [1, height, width, 3]));
  const floats = new Tensor("float32", new Float32Array(3 * size * size).fill(0.3), [1, 3, size, size]);

  const onPixels = async (): Promise<void> => {
    for (const tensor of pixels) await whole.run({ pixels: tensor });
  };
  const onFloats = async (): Promise<void> => {
    for (let i = 0; i < pictures; i++) await network.run({ [backbone.input]: floats });
  };
  const fromFiles = async (): Promise<void> => {
    const cache = mkdtempSync(join(tmpdir(), "tsugiki-bench-"));
    const openStore = (key: string, rowBytes: number) => openRowStore(join(cache, key), rowBytes);
    const extractor = await FeatureExtractor.open({ backbone, runtime, decode, openStore });
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

  await Promise.all([onPixels(), onFloats()]);
  const ratios: { pixels: number[]; floats: number[] } = { pixels: [], floats: [] };
  for (let round = 0; round < rounds; round++) {
    const [bare, ours, network_] = [await time(onPixels), await time(fromFiles), await time(onFloats)];
    ratios.pixels.push(bare / ours);
    ratios.floats.push(network_ / ours);
  }
  const what = `feature extraction from ${pictures} JPEG files, start of the engines included, MobileNet v2 at ${size}`;
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
