/** Feature vectors of the data sets in shared/assets on four bases, kept as Tsugiki's own cache keeps them. */
import { join } from "node:path";
import { finish } from "../../src/core/async.ts";
import { decode, decoderName } from "../../src/data/decode-sharp.ts";
import { labellingOf } from "../../src/data/labelling.ts";
import { openDataset } from "../../src/data/open.ts";
import type { Part } from "../../src/data/sample.ts";
import { openBase } from "../../src/jobs/base-node.ts";
import { cacheIn } from "../../src/jobs/cache-node.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { FeatureExtractor, type Picture } from "../../src/train/extract.ts";
import type { FeatureSet } from "../../src/train/features.ts";
import { share } from "../../src/train/sharing.ts";

const models = "../shared/assets/models";

const bases = {
  "MobileNet v1": { base: join(models, "mobilenet_v1_1.0_224.onnx"), preprocess: "inception" },
  "MobileNet v2": { base: join(models, "mobilenet_v2_1.0_224_features.onnx"), preprocess: "imagenet" },
  SqueezeNet: { base: join(models, "squeezenet1.1.onnx"), preprocess: "imagenet" },
  box: { base: "box" },
} as const;
export type BaseName = keyof typeof bases;
export const baseNames = Object.keys(bases) as BaseName[];

export type DataName = "flowers" | "rock-paper-scissors" | "pizza-steak-sushi";

/** A data set's features and pictures, row by row. */
export interface Extracted extends FeatureSet {
  readonly classes: number;
  readonly pictures: readonly Picture[];
}

export async function featuresOf(name: BaseName, data: DataName): Promise<Extracted> {
  const runtime = nodeRuntime();
  const { backbone } = await openBase(bases[name], runtime);
  const dataset = await openDataset(join("../shared/assets/data", data));
  const { openStore } = cacheIn();
  const extractor = await FeatureExtractor.open({ backbone, runtime, decode, decoderName, openStore });
  try {
    const { pictures } = await finish(extractor.extract(dataset.samples));
    const set = extractor.gather(pictures, labellingOf(dataset));
    return { ...set, classes: dataset.classes.length, pictures };
  } finally {
    await extractor.close();
    await dataset.close();
  }
}

/** Row numbers of each part as training would share the pictures out, whatever parts they came in unless `given`. */
export function partsOf(
  { pictures }: Extracted,
  seed: number,
  { given = false, val = 1 / 6, test = 1 / 6 } = {},
): Record<Part, number[]> {
  const shared = given
    ? pictures
    : pictures.map(({ sample: { part: _, ...sample }, ...rest }) => ({ ...rest, sample }));
  const rows = new Map(shared.map((picture, row) => [picture, row]));
  const { of } = share(shared, { val, test, seed });
  const numbers = (part: Part): number[] => of[part].map((picture) => rows.get(picture)!);
  return { train: numbers("train"), val: numbers("val"), test: numbers("test") };
}
