import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawPatterns } from "../../recipes/patterns/patterns.ts";
import { float32, floats } from "../../src/core/tensor.ts";
import {
  type ExportResult,
  exportFormats,
  exportModel,
  finish,
  report,
  train,
  verify,
} from "../../src/index.ts";
import { ParityError } from "../../src/jobs/export/errors.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import { loadModel, saveModel } from "../../src/onnx/load-node.ts";

let folder: string;
let data: string;
let run: string;
let out: string;
let result: ExportResult;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsugiki-export-"));
  [data, run, out] = [join(folder, "patterns"), join(folder, "run"), join(folder, "dist")];
  await drawPatterns(data, 12, 5);
  await finish(train({ data, out: run, cache: join(folder, "cache"), report: false }));
  result = await finish(
    exportModel({ model: run, to: exportFormats.map(({ name }) => name), out, name: "patterns" }),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

test("ONNX files are handed over with what was measured, documents and golden pictures", () => {
  const [onnx, half] = result.exports;
  expect(result.pictures).toBe(result.parts.train + result.parts.val + result.parts.test);
  expect(onnx).toMatchObject({ format: "onnx", path: "patterns.onnx", agreement: 1, largestDifference: 0 });
  expect(readFileSync(join(out, "patterns.onnx"))).toEqual(readFileSync(join(run, "model.onnx")));
  expect(half!.agreement).toBeGreaterThanOrEqual(0.99);
  expect(half!.bytes).toBeLessThan(0.6 * onnx!.bytes);
  expect(half!.accuracy).toBeCloseTo(result.trained.accuracy, 1);
  expect(readdirSync(out).sort()).toEqual([
    "README.md",
    "examples",
    "golden",
    "labels.txt",
    "parity.json",
    "patterns-fp16.onnx",
    "patterns-fp16.tflite",
    "patterns-int8.onnx",
    "patterns-int8.tflite",
    "patterns-teachable-machine",
    "patterns-tfjs",
    "patterns-web",
    "patterns.onnx",
    "patterns.tflite",
  ]);
  expect(readFileSync(join(out, "labels.txt"), "utf8")).toBe(readFileSync(join(run, "labels.txt"), "utf8"));
  expect(JSON.parse(readFileSync(join(out, "parity.json"), "utf8")).exports).toHaveLength(
    exportFormats.length,
  );
});

test("every format says what the trained model says, in its own runtime", () => {
  expect(result.exports.map(({ format }) => format)).toEqual(exportFormats.map(({ name }) => name));
  for (const { format, agreement, largestDifference } of result.exports) {
    expect(agreement, format).toBeGreaterThanOrEqual(format.endsWith("int8") ? 0.97 : 0.99);
    if (!/fp16|int8/.test(format)) expect(largestDifference, format).toBeLessThan(1e-4);
  }
});

test.each(exportFormats.map(({ name }) => name))("verify finds %s sound", async (format) => {
  const { path } = result.exports.find((each) => each.format === format)!;
  const found = await finish(verify({ file: join(out, path) }));
  expect(found).toMatchObject({ format, passed: true });
});

test("a run that has a report tells of its exports there, until it is trained anew", async () => {
  await report({ run });
  const page = readFileSync(join(run, "report.html"), "utf8");
  for (const { path } of result.exports) expect(page).toContain(path);
  const model = join(run, "model.onnx");
  const bytes = readFileSync(model);
  writeFileSync(model, Buffer.concat([bytes, Buffer.of(0x0a, 0x00)]));
  await report({ run });
  expect(readFileSync(join(run, "report.html"), "utf8")).not.toContain("patterns-tfjs");
  writeFileSync(model, bytes);
});

test("golden pictures hold what onnxruntime says of the trained model, without Tsugiki", async () => {
  const golden = JSON.parse(readFileSync(join(out, "golden", "golden.json"), "utf8"));
  const session = await InferenceSession.create(join(run, "model.onnx"));
  expect(golden.pictures.length).toBeGreaterThan(0);
  for (const { file, probabilities } of golden.pictures) {
    const { data: bytes, info } = await sharp(join(out, "golden", file))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([golden.size, golden.size, 3]);
    const answer = await session.run({ pixels: new Tensor("uint8", bytes, [1, info.height, info.width, 3]) });
    const said = answer.probabilities!.data as Float32Array;
    for (const [i, probability] of probabilities.entries()) expect(said[i]).toBeCloseTo(probability, 5);
  }
});

test("verify passes what was written, and tells a file that was changed", async () => {
  const file = join(out, "patterns-fp16.onnx");
  const sound = await finish(verify({ file, against: run }));
  expect(sound).toMatchObject({ format: "onnx-fp16", passed: true, golden: { agreement: 1 } });
  expect(sound.pictures!.pictures).toBe(result.pictures);

  const changed = join(folder, "changed-fp16.onnx");
  const model = await loadModel(file);
  const weight = [...model.graph.initializers].find(([name]) => name.startsWith("head."))!;
  const initializers = new Map(model.graph.initializers);
  initializers.set(weight[0], { ...weight[1], bytes: weight[1].bytes.map((byte) => byte ^ 0x80) });
  await saveModel(changed, { ...model, graph: { ...model.graph, initializers } });
  renameSync(changed, join(out, "changed-fp16.onnx"));
  const broken = await finish(verify({ file: join(out, "changed-fp16.onnx") }));
  expect(broken.passed).toBe(false);
  rmSync(join(out, "changed-fp16.onnx"));
});

test("an agreement that is not reached hands nothing over", async () => {
  const elsewhere = join(folder, "nothing");
  await expect(
    finish(exportModel({ model: run, to: ["onnx"], out: elsewhere, minAgreement: 1.5 })),
  ).rejects.toMatchObject({ code: "USAGE" });
  expect(() => readdirSync(elsewhere)).toThrow();
});

/**
 * The same classifier with a head that half precision cannot hold: its weights are a billion times smaller, what comes of them
 * is multiplied by as much, and one large weight, which only ever meets a zero, hides that from whoever looks at the largest.
 */
async function makeFragile(file: string): Promise<void> {
  const model = await loadModel(file);
  const { graph } = model;
  const head = graph.nodes.find(({ name }) => name === "head.0")!;
  const [features = "", weight = "", bias = ""] = head.inputs;
  const weights = graph.initializers.get(weight)!;
  const [width = 0, classes = 0] = weights.shape;
  const small = [...floats(weights).map((value) => value * 1e-9), ...Array<number>(classes).fill(1)];
  const added = new GraphBuilder({ opset: 18 });
  added.input(features, "float32", [1, width]);
  const zero = added.constant(float32([0], [1, 1]), "zero");
  const grown = added.op("Concat", [features, zero], { axis: 1 }, { name: "grown" });
  const tiny = added.constant(float32(small, [width + 1, classes]), "tiny");
  const product = added.op("Gemm", [grown, tiny], {}, { name: "fragile" });
  const scaled = added.op(
    "Mul",
    [product, added.constant(float32([1e9], []), "billion")],
    {},
    {
      name: "scaled",
    },
  );
  const shift = added.initializer(bias, graph.initializers.get(bias)!);
  added.op("Add", [scaled, shift], {}, { outputs: [...head.outputs] });
  const { nodes, initializers } = added.graph();
  const at = graph.nodes.indexOf(head);
  await saveModel(file, {
    ...model,
    graph: {
      ...graph,
      nodes: [...graph.nodes.slice(0, at), ...nodes, ...graph.nodes.slice(at + 1)],
      initializers: new Map([...graph.initializers, ...initializers]),
    },
  });
}

test("an export that says something else is refused with the node where it goes wrong, and nothing is written", async () => {
  const [fragile, elsewhere] = [join(folder, "fragile"), join(folder, "refused")];
  cpSync(run, fragile, { recursive: true });
  await makeFragile(join(fragile, "model.onnx"));
  const options = { model: fragile, out: elsewhere };
  const refused = await finish(exportModel({ ...options, to: ["onnx", "onnx-fp16"] })).catch(
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(ParityError);
  const { message, evidence } = refused as ParityError;
  expect(evidence).toMatchObject({ format: "onnx-fp16", least: 0.99, worst: ["Gemm fragile"] });
  expect(evidence.agreement).toBeLessThan(0.99);
  expect(message).toContain("It goes wrong at Gemm fragile.");
  expect(existsSync(elsewhere)).toBe(false);
  // What holds all digits is handed over.
  const sound = await finish(exportModel({ ...options, to: ["onnx", "tflite"] }));
  expect(sound.exports.map(({ agreement }) => agreement)).toEqual([1, 1]);
});

test("a format that there is not, a name that is no file's, and a moved folder are explained", async () => {
  await expect(finish(exportModel({ model: run, to: ["caffe"], out }))).rejects.toThrow("no format 'caffe'");
  await expect(finish(exportModel({ model: run, out, name: "../away" }))).rejects.toThrow("--name");
  await expect(finish(verify({ file: join(out, "labels.txt") }))).rejects.toThrow(
    "no name that an export has",
  );
  const moved = join(folder, "moved");
  renameSync(data, moved);
  try {
    await expect(finish(exportModel({ model: run, out }))).rejects.toThrow("--data");
    const found = await finish(exportModel({ model: run, out: join(folder, "again"), data: moved }));
    expect(found.pictures).toBe(result.pictures);
  } finally {
    renameSync(moved, data);
  }
});

test("golden pictures that point out of their folder are refused", async () => {
  const file = join(out, "golden", "golden.json");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace('"1.png"', '"../../1.png"'));
  try {
    await expect(finish(verify({ file: join(out, "patterns.onnx") }))).rejects.toThrow("golden");
  } finally {
    writeFileSync(file, text);
  }
});
