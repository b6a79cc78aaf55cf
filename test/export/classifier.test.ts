import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { beforeAll, expect, test } from "vitest";
import { random } from "../../src/core/random.ts";
import { float32, floats, int64, scalar, type Tensor, uint8 } from "../../src/core/tensor.ts";
import { buildClassifier, type ClassifierRecord, readClassifierRecord } from "../../src/export/classifier.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import type { Model } from "../../src/onnx/graph.ts";
import { readModel } from "../../src/onnx/read.ts";
import { writeModel } from "../../src/onnx/write.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { headGraph } from "../../src/surgery/head-graph.ts";
import { normalisations, preprocessGraph } from "../../src/surgery/preprocess.ts";
import { type Backbone, prepareBackbone } from "../../src/train/backbone.ts";
import { featureGraph } from "../../src/train/extract.ts";
import { gemmClassifier, Net, squeezeNet, transformer } from "../surgery/networks.ts";
import { difference, run } from "../surgery/run.ts";

const seed = 17;
const labels = ["花", "dog, wet", "two\nlines"];

function prepare(model: Model, size = 32): Promise<Backbone> {
  return prepareBackbone(
    model,
    { name: "net.onnx", preprocess: normalisations.imagenet, size },
    nodeRuntime(),
  );
}

function headFor(width: number): Model {
  return headGraph([], { width, classes: labels.length }, { random: random(seed) });
}

function recordOf({ preprocess }: Pick<Backbone, "preprocess">): ClassifierRecord {
  return {
    labels,
    preprocess,
    base: { name: "net.onnx", sha256: "ab".repeat(32), cut: "flat", licence: "Apache-2.0" },
    training: { seed, figures: { val: { accuracy: 0.5 } } },
  };
}

function exported(backbone: Backbone): Model {
  return buildClassifier(featureGraph(backbone), headFor(backbone.width), recordOf(backbone));
}

function pixels(count: number, height: number, width: number): Tensor {
  const rng = random(seed);
  const data = Uint8Array.from({ length: count * height * width * 3 }, () => rng.int(256));
  return uint8(data, [count, height, width, 3]);
}

/** The artefact run by onnxruntime alone. */
async function ask(session: InferenceSession, { bytes, shape }: Tensor) {
  const answer = await session.run({ pixels: new OrtTensor("uint8", bytes, [...shape]) });
  const { probabilities, embedding } = answer as Record<"probabilities" | "embedding", OrtTensor>;
  return { probabilities, embedding, rows: probabilities.dims[0]! };
}

let backbone: Backbone;
let session: InferenceSession;
beforeAll(async () => {
  backbone = await prepare(gemmClassifier());
  session = await InferenceSession.create(writeModel(exported(backbone)));
});

test("its interface is pixels in, probabilities and embedding out", () => {
  const { graph } = exported(backbone);
  const shown = [...graph.inputs, ...graph.outputs].map(
    ({ name, type }) => `${name} ${type?.kind === "tensor" ? `${type.dtype} [${type.shape}]` : ""}`,
  );
  expect(shown).toEqual(["pixels uint8 [N,H,W,3]", "probabilities float32 [N,3]", "embedding float32 [N,8]"]);
});

test.each([
  [1, 32, 32],
  [3, 32, 32],
  [3, 50, 41],
  [1, 7, 200],
  [2, 1, 1],
])("%i pictures of %i x %i give probabilities and the embedding", async (count, height, width) => {
  const batch = pixels(count, height, width);
  const { probabilities, embedding } = await ask(session, batch);
  expect([probabilities.dims, embedding.dims]).toEqual([
    [count, 3],
    [count, 8],
  ]);
  for (let row = 0; row < count; row++) {
    const own = (probabilities.data as Float32Array).subarray(row * 3, row * 3 + 3);
    expect(own.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
  }
  // Step by step: preprocessing, backbone, head, and the softmax in plain numbers.
  const { preprocessed } = await run(preprocessGraph(backbone.preprocess, 18), { pixels: batch });
  const { features } = await run(backbone.bytes, { [backbone.input]: preprocessed! });
  const { logits } = await run(headFor(8), { features: features! });
  const rows = Array.from({ length: count }, (_, row) => {
    const exps = Array.from(floats(logits!).subarray(row * 3, row * 3 + 3), Math.exp);
    return exps.map((exp) => exp / exps.reduce((a, b) => a + b));
  });
  const got = float32(embedding.data as Float32Array, embedding.dims);
  expect(difference(got, features!), `seed ${seed}`).toBeLessThan(1e-5);
  const expected = float32(rows.flat(), [count, 3]);
  expect(difference(float32(probabilities.data as Float32Array, [count, 3]), expected)).toBeLessThan(1e-5);
});

test("of several labels at once each probability is the sigmoid of its logit, and the record says so", async () => {
  const record = { ...recordOf(backbone), task: "multi-label" } as const;
  const artefact = buildClassifier(featureGraph(backbone), headFor(backbone.width), record);
  const several = await InferenceSession.create(writeModel(artefact));
  const batch = pixels(3, 40, 50);
  const answer = await ask(several, batch);
  const features = float32(answer.embedding.data as Float32Array, answer.embedding.dims);
  const { logits } = await run(headFor(8), { features });
  const expected = floats(logits!).map((logit) => 1 / (1 + Math.exp(-logit)));
  for (const [i, p] of (answer.probabilities.data as Float32Array).entries())
    expect(Math.abs(p - expected[i]!), `seed ${seed}`).toBeLessThan(1e-6);
  expect(readClassifierRecord(readModel(writeModel(artefact)), "model.onnx")).toEqual(record);

  const other = new Map(artefact.metadata);
  other.set("tsugiki.classifier", JSON.stringify({ ...record, task: "detection" }));
  expect(() => readClassifierRecord({ ...artefact, metadata: other }, "model.onnx")).toThrow(
    /Its task is "detection"/,
  );
});

/** A threshold on the sum of the features, under the names of the real graph's outputs. */
function strangenessOf(width: number, threshold: number): Model {
  const b = new GraphBuilder({ opset: 18, name: "strangeness" });
  b.input("features", "float32", ["N", width]);
  const axis = b.constant(int64([-1]));
  b.op("ReduceSum", ["features", axis], { keepdims: 0 }, { outputs: ["strangeness"] });
  b.op("Greater", ["strangeness", b.constant(scalar(threshold))], {}, { outputs: ["unknown"] });
  b.output("strangeness", "float32", ["N"]);
  b.output("unknown", "bool", ["N"]);
  return b.model();
}

test("one that tells what is unknown has two outputs more, and its record the threshold", async () => {
  const threshold = 0.25;
  const opinion = { temperature: 1.5, unknown: { threshold, falseRejections: 0.05 } };
  const record = { ...recordOf(backbone), ...opinion, sets: [{ coverage: 0.9, threshold: 0.75 }] };
  const own = strangenessOf(backbone.width, threshold);
  const artefact = buildClassifier(featureGraph(backbone), headFor(backbone.width), record, own);
  const shown = artefact.graph.outputs.map(
    ({ name, type }) => `${name} ${type?.kind === "tensor" ? `${type.dtype} [${type.shape}]` : ""}`,
  );
  expect(shown.slice(2)).toEqual(["strangeness float32 [N]", "unknown bool [N]"]);
  const batch = pixels(5, 40, 50);
  const engine = await InferenceSession.create(writeModel(artefact));
  const feeds = { pixels: new OrtTensor("uint8", batch.bytes, [...batch.shape]) };
  const { embedding, strangeness, unknown, probabilities } = await engine.run(feeds);
  const plain = await ask(session, batch);
  expect(probabilities!.data).toEqual(plain.probabilities.data);
  for (let row = 0; row < 5; row++) {
    const sum = (embedding!.data as Float32Array).subarray(row * 8, row * 8 + 8).reduce((a, b) => a + b);
    expect(Math.abs((strangeness!.data as Float32Array)[row]! - sum), `seed ${seed}`).toBeLessThan(1e-4);
    expect(Boolean((unknown!.data as Uint8Array)[row])).toBe(sum > threshold);
  }
  const read = readModel(writeModel(artefact));
  expect(readClassifierRecord(read, "model.onnx")).toEqual(record);

  const said = (change: object, of = read) => {
    const metadata = new Map([["tsugiki.classifier", JSON.stringify({ ...record, ...change })]]);
    return () => readClassifierRecord({ ...of, metadata }, "m.onnx");
  };
  expect(said({ temperature: 0 })).toThrow("Its temperature is 0");
  expect(said({ unknown: { threshold: null } })).toThrow("Its threshold of the unknown is not whole");
  expect(said({ sets: [{ coverage: 0.9 }] })).toThrow("Its rules of prediction sets are not whole");
  expect(said({}, exported(backbone))).toThrow("the network has no output 'strangeness'");
});

/** A network whose values bear all the names that the artefact wants for itself. */
function clashing(): Model {
  const net = new Net();
  let map = net.stem();
  for (const name of [
    "pixels",
    "preprocessed",
    "logits",
    "embedding",
    "head.0.weight",
    "scale_0",
    "labels",
    "features",
  ])
    map = net.named("Relu", map, name);
  return net.ending(net.named("Softmax", net.gemm(net.flatten(net.pool(map)), 8, 5), "probabilities"));
}

test("a network whose values have the artefact's own names gives way", async () => {
  const [own, plain] = [await prepare(clashing()), await prepare(gemmClassifier())];
  const batch = pixels(2, 40, 30);
  const answers = [own, plain].map(async (each) =>
    ask(await InferenceSession.create(writeModel(exported(each))), batch),
  );
  const [first, second] = await Promise.all(answers);
  expect(first!.probabilities.data).toEqual(second!.probabilities.data);
  expect(first!.embedding.data).toEqual(second!.embedding.data);
});

test("an input or output called as the artefact's own parts is no obstacle", async () => {
  for (const name of ["pixels", "logits", "probabilities", "Cast_0", "features"]) {
    const b = new GraphBuilder({ opset: 13 });
    b.input(name, "float32", ["N", 3, 32, 32]);
    const pool = b.op("GlobalAveragePool", [name]);
    b.output(b.op("Flatten", [pool], {}, { outputs: [name === "Cast_0" ? "Resize_0" : "pixels_"] }));
    const artefact = exported(await prepare(b.model()));
    const answer = await ask(await InferenceSession.create(writeModel(artefact)), pixels(1, 9, 9));
    expect(answer.probabilities.dims, name).toEqual([1, 3]);
  }
});

test("a network of a newer operator set than the head's is joined to it", async () => {
  const net = new Net(["N", 3, 32, 32], 20);
  const own = await prepare(net.ending(net.flatten(net.pool(net.stem()))));
  const artefact = exported(own);
  expect(artefact.opsets.get("")).toBe(20);
  const answer = await ask(await InferenceSession.create(writeModel(artefact)), pixels(2, 9, 12));
  expect(answer.probabilities.dims).toEqual([2, 3]);
});

test("other layouts and fits", async () => {
  for (const fit of ["cover", "contain", "squash"] as const) {
    const preprocess = normalisations.caffe;
    const own = await prepareBackbone(
      squeezeNet(1000),
      { name: "s", preprocess, fit, size: 24 },
      nodeRuntime(),
    );
    const artefact = await InferenceSession.create(writeModel(exported(own)));
    const answer = await ask(artefact, pixels(3, 19, 33));
    expect(answer.embedding.dims, fit).toEqual([3, 16]);
  }
});

test("a network of one picture at a time gives a classifier that says so", async () => {
  const own = await prepare(transformer({ ending: "classifier", classToken: "fixed" }));
  const artefact = exported(own);
  const shapes = [...artefact.graph.inputs, ...artefact.graph.outputs].map(
    ({ type }) => type?.kind === "tensor" && type.shape?.[0],
  );
  expect(shapes).toEqual([1, 1, 1]);
  const one = await InferenceSession.create(writeModel(artefact));
  expect((await ask(one, pixels(1, 20, 20))).probabilities.dims).toEqual([1, 3]);
  await expect(ask(one, pixels(2, 20, 20))).rejects.toThrow();
});

test("the record is read back as it was written, and plain tools find labels and licence", () => {
  const model = readModel(writeModel(exported(backbone)));
  expect(readClassifierRecord(model, "model.onnx")).toEqual(recordOf(backbone));
  expect(model.metadata.get("labels")).toBe("花\ndog, wet\ntwo lines");
  expect(model.metadata.get("license")).toBe("Apache-2.0");
});

test("a model that Tsugiki did not make is told from one", () => {
  expect(() => readClassifierRecord(gemmClassifier(), "net.onnx")).toThrowErrorMatchingInlineSnapshot(
    `[ClassifierError: net.onnx is no classifier made by Tsugiki. It has no 'tsugiki.classifier' in its metadata. Train one with \`tsugiki train\`; pass this file there as --base if it is a pretrained network.]`,
  );
  const model = exported(backbone);
  const without = { ...model, graph: { ...model.graph, outputs: model.graph.outputs.slice(1) } };
  expect(() => readClassifierRecord(without, "m.onnx")).toThrow("It has no output 'probabilities'");
});

test("a record that was tampered with is refused in words", () => {
  const model = exported(backbone);
  const record = recordOf(backbone);
  const said = (text: string) => () =>
    readClassifierRecord({ ...model, metadata: new Map([["tsugiki.classifier", text]]) }, "m.onnx");
  const changed = (change: object) => said(JSON.stringify({ ...record, ...change }));
  expect(said("{")).toThrow("The record inside m.onnx cannot be read.");
  for (const text of ["null", "[]", "7", '"x"']) expect(said(text), text).toThrow("It is not a JSON object");
  expect(changed({ labels: ["a", "b"] })).toThrow("It names 2 classes, the network has 3");
  expect(changed({ labels: "abc" })).toThrow("Its labels are not a list of names");
  expect(changed({ labels: [1, 2, 3] })).toThrow("Its labels are not a list of names");
  expect(changed({ base: null })).toThrow("Its base is not named");
  expect(changed({ base: { ...record.base, licence: 3 } })).toThrow("Its base is not named");
  for (const change of [
    { size: 1e9 },
    { size: -1 },
    { std: [1, 2] },
    { mean: ["a", 0, 0] },
    { fit: "x" },
    { layout: 0 },
  ]) {
    const preprocess = { ...record.preprocess, ...change };
    expect(changed({ preprocess }), JSON.stringify(change)).toThrow("Its preprocessing is not whole");
  }
  expect(changed({ labels: 0 })).toThrowErrorMatchingInlineSnapshot(
    `[ClassifierError: The record inside m.onnx cannot be read. Its labels are not a list of names. The file was changed after training: train again.]`,
  );
});
