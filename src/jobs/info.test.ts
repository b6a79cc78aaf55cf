import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { float32 } from "../core/tensor.ts";
import { ClassifierError } from "../export/errors.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import { ModelFileError } from "../onnx/errors.ts";
import { saveModel } from "../onnx/load-node.ts";
import { info } from "./info.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tsugiki-info-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("a network: its ports, the numbers in its constants, what its metadata say", async () => {
  const b = new GraphBuilder({ opset: 13 });
  const x = b.input("x", "float32", ["N", 4]);
  const weight = b.initializer("w", float32(new Float32Array(12).fill(1), [4, 3]));
  b.output(b.op("MatMul", [x, weight], {}, { outputs: ["y"] }), "float32", ["N", 3]);
  const file = join(folder, "network.onnx");
  await saveModel(file, b.model({ metadata: { license: "MIT", author: "nobody" } }));
  expect(await info({ model: file })).toEqual({
    file,
    bytes: statSync(file).size,
    sha256: createHash("sha256").update(readFileSync(file)).digest("hex"),
    licence: "MIT",
    opset: 13,
    parameters: 12,
    inputs: [{ name: "x", dtype: "float32", shape: ["N", 4] }],
    outputs: [{ name: "y", dtype: "float32", shape: ["N", 3] }],
    preprocess: null,
    classifier: null,
    metadata: { author: "nobody" },
  });
});

test("left out, it is the backbone in the box, which says its licence and how pictures reach it", async () => {
  const box = await info();
  expect(box.file).toBe(resolve(import.meta.dirname, "../../box/backbone.onnx"));
  expect(box).toMatchObject({ licence: "Apache-2.0", classifier: null, preprocess: { size: 192 } });
  expect(await info({ model: "box" })).toEqual(box);
  // What a package may weigh.
  expect(box.bytes).toBeLessThanOrEqual(3e6);
});

test("no model, and a classifier whose record is broken: errors that say so", async () => {
  await expect(info({ model: join(folder, "nothing.onnx") })).rejects.toThrow(ModelFileError);
  const b = new GraphBuilder({ opset: 13 });
  b.output(b.op("Relu", [b.input("x", "float32", ["N"])], {}, { outputs: ["y"] }), "float32", ["N"]);
  const file = join(folder, "broken.onnx");
  await saveModel(file, b.model({ metadata: { "tsugiki.classifier": "{" } }));
  await expect(info({ model: file })).rejects.toThrow(ClassifierError);
  writeFileSync(file, "no model");
  await expect(info({ model: file })).rejects.toThrow("ONNX");
});
