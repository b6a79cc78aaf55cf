import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { random } from "../../src/core/random.ts";
import { buildClassifier, type ClassifierRecord, readClassifierRecord } from "../../src/export/classifier.ts";
import type { Model } from "../../src/onnx/graph.ts";
import { readModel } from "../../src/onnx/read.ts";
import { writeModel } from "../../src/onnx/write.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { headGraph } from "../../src/surgery/head-graph.ts";
import { type NormalisationName, normalisations } from "../../src/surgery/preprocess.ts";
import { type Backbone, prepareBackbone } from "../../src/train/backbone.ts";
import { featureGraph } from "../../src/train/extract.ts";
import { sightOf } from "../../src/train/picture.ts";
import { gemmClassifier, squeezeNet, transformer } from "../surgery/networks.ts";

const seed = 23;
const labels = ["a", "b", "c"];
const name = "net.onnx";

const prepare = (model: Model, way: NormalisationName, size: number): Promise<Backbone> =>
  prepareBackbone(model, { name, preprocess: normalisations[way], size }, nodeRuntime());

const pooled = await prepare(gemmClassifier(), "imagenet", 32);
const squeezed = await prepare(squeezeNet(1000), "caffe", 24);
const single = await prepare(transformer({ ending: "classifier", classToken: "fixed" }), "unit", 32);

function recordOf(backbones: readonly Backbone[], licences: readonly (string | null)[]): ClassifierRecord {
  return {
    labels,
    preprocess: backbones.map(({ preprocess }) => preprocess),
    base: backbones.map(({ cut }, i) => ({ name, sha256: "ab", cut, licence: licences[i] ?? null })),
    training: {},
  };
}

function exported(backbones: readonly [Backbone, ...Backbone[]], licences: readonly (string | null)[] = []) {
  const width = backbones.reduce((sum, own) => sum + own.width, 0);
  const head = headGraph([], { width, classes: labels.length }, { random: random(seed) });
  return buildClassifier(featureGraph(...backbones), head, recordOf(backbones, licences));
}

async function embedding(model: Model, count: number): Promise<number[][]> {
  const rng = random(seed);
  const data = Uint8Array.from({ length: count * 50 * 41 * 3 }, () => rng.int(256));
  const session = await InferenceSession.create(writeModel(model));
  const answer = await session.run({ pixels: new OrtTensor("uint8", data, [count, 50, 41, 3]) });
  await session.release();
  const [output] = Object.values(answer).slice(-1);
  const [numbers, width] = [Array.from(output!.data as Float32Array), output!.dims[1]!];
  return Array.from({ length: count }, (_, row) => numbers.slice(row * width, (row + 1) * width));
}

test("one input feeds every base, each by its own preprocessing, and the embedding is their vectors in order", async () => {
  const artefact = exported([pooled, squeezed]);
  expect(artefact.graph.inputs.map((input) => input.name)).toEqual(["pixels"]);
  expect(artefact.graph.outputs.map((output) => output.name)).toEqual(["probabilities", "embedding"]);
  const [one, other] = [await embedding(featureGraph(pooled), 3), await embedding(featureGraph(squeezed), 3)];
  const both = one.map((row, i) => [...row, ...other[i]!]);
  for (const [i, row] of (await embedding(artefact, 3)).entries()) {
    expect(row).toHaveLength(24);
    for (const [column, value] of row.entries()) {
      expect(Math.abs(value - both[i]![column]!), `seed ${seed}`).toBeLessThan(1e-5);
    }
  }
});

test("the same network may stand there at two sizes, and one of one picture at a time holds all to it", async () => {
  const larger = await prepare(gemmClassifier(), "imagenet", 48);
  expect((await embedding(exported([pooled, larger]), 2))[0]).toHaveLength(16);
  const artefact = exported([pooled, single]);
  expect((await embedding(artefact, 1))[0]).toHaveLength(16);
  await expect(embedding(artefact, 2)).rejects.toThrow();
});

test("the record lists bases, and is refused where its lists do not fit", () => {
  const model = readModel(writeModel(exported([pooled, squeezed], ["MIT", "Apache-2.0"])));
  const record = readClassifierRecord(model, "model.onnx");
  expect(record).toEqual(recordOf([pooled, squeezed], ["MIT", "Apache-2.0"]));
  expect(model.metadata.get("license")).toBe("MIT AND Apache-2.0");
  const changed = (change: object) => () =>
    readClassifierRecord(
      { ...model, metadata: new Map([["tsugiki.classifier", JSON.stringify({ ...record, ...change })]]) },
      "m.onnx",
    );
  expect(changed({ preprocess: pooled.preprocess })).toThrow("It names 2 bases and the preprocessing of 1");
  expect(changed({ preprocess: [pooled.preprocess, { size: 3 }] })).toThrow("preprocessing is not whole");
  expect(changed({ base: [] })).toThrow("Its base is not named");
  expect(changed({ base: [{ name }, { name }] })).toThrow("Its base is not named");
});

test("a licence is stated for the whole only where each base states one", () => {
  const stated = (...licences: (string | null)[]) =>
    exported([pooled, squeezed], licences).metadata.get("license");
  expect(stated("MIT", "MIT")).toBe("MIT");
  expect(stated("MIT", null)).toBeUndefined();
});

test("pictures are decoded for the largest of the bases, and strips refused where one of them crops", () => {
  const way = { ...pooled.preprocess, size: 128, fit: "squash" } as const;
  expect(sightOf([way, { ...way, size: 224 }, { ...way, size: 32 }])).toEqual({
    fit: "squash",
    shrinkTo: 896,
  });
  expect(sightOf([way, pooled.preprocess])).toEqual({ fit: "cover", shrinkTo: 512 });
  expect(sightOf(way)).toEqual(sightOf([way]));
});
