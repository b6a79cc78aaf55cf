import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { random } from "../../src/core/random.ts";
import { float32, floats } from "../../src/core/tensor.ts";
import { finish, train } from "../../src/index.ts";
import { openBase, trainedBase } from "../../src/jobs/base-node.ts";
import { settingsOf } from "../../src/jobs/train-settings.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import { loadModel, saveModel } from "../../src/onnx/load-node.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";

const folder = mkdtempSync(join(tmpdir(), "tsugiki-scratch-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Convolutions, each with its BatchNormalization, as a training framework exports them. */
async function network(): Promise<string> {
  const b = new GraphBuilder({ opset: 18 });
  const rng = random(1);
  const weights = (name: string, shape: readonly number[], draw: () => number): string =>
    b.initializer(
      name,
      float32(Float32Array.from({ length: shape.reduce((p, d) => p * d, 1) }, draw), shape),
    );
  let x = b.input("input", "float32", ["N", 3, 32, 32]);
  let inputs = 3;
  for (const [i, outputs] of [8, 16].entries()) {
    const kernel = weights(`kernel${i}`, [outputs, inputs, 3, 3], () => 0.2 * rng.normal());
    const conv = b.op("Conv", [x, kernel], { strides: [2, 2], pads: [1, 1, 1, 1] });
    const norm = [1.3, 0.1, 0.2, 0.9].map((value, j) => weights(`norm${i}.${j}`, [outputs], () => value));
    x = b.op("Relu", [b.op("BatchNormalization", [conv, ...norm])]);
    inputs = outputs;
  }
  const features = b.op("Flatten", [b.op("GlobalAveragePool", [x])], {}, { outputs: ["features"] });
  b.output(features, "float32", ["N", 16]);
  const file = join(folder, "network.onnx");
  await saveModel(file, b.model());
  return file;
}

test("scratch keeps nothing of the pretrained weights, and BatchNorm whole", async () => {
  const options = { base: await network(), preprocess: "unit", size: 32 } as const;
  const runtime = nodeRuntime();
  const { backbone } = await openBase(options, runtime);
  expect(backbone.model.graph.nodes.map(({ opType }) => opType)).not.toContain("BatchNormalization");
  const fresh = await trainedBase([options], backbone, settingsOf({ strategy: "scratch" }), runtime);
  const { graph } = fresh!.model;
  expect(graph.nodes.filter(({ opType }) => opType === "BatchNormalization")).toHaveLength(2);
  const original = (await loadModel(options.base)).graph.initializers;
  for (const [name, tensor] of original) {
    expect(floats(graph.initializers.get(name)!), name).not.toEqual(floats(tensor));
  }
});

test("training from scratch moves weights and running statistics, and says what pretraining was worth", async () => {
  const result = await finish(
    train({
      data: "examples/patterns",
      base: await network(),
      preprocess: "unit",
      size: 32,
      strategy: "scratch",
      epochs: 2,
      out: join(folder, "run"),
      cache: join(folder, "cache"),
    }),
  );
  expect(result.frozen?.test?.accuracy).toBeDefined();
  const { initializers } = (await loadModel(result.model)).graph;
  const means = [...initializers].filter(([name]) => /norm\d\.2$/.test(name));
  expect(means).toHaveLength(2);
  for (const [, mean] of means) expect(new Set(floats(mean)).size).toBeGreaterThan(1);
});
