import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, test } from "vitest";
import { floats, type Tensor } from "../../src/core/tensor.ts";
import { lower } from "../../src/export/channels-last/lower.ts";
import { TeachableMachineError } from "../../src/export/tfjs/errors.ts";
import { writeTeachableMachine } from "../../src/export/tfjs/teachable-machine.ts";
import type { Model } from "../../src/onnx/graph.ts";
import { run } from "../surgery/run.ts";
import { cases } from "./lowering/cases.ts";
import { networkOn, noise } from "./lowering/network.ts";
import { row, seed } from "./lowering/sketch.ts";

const json = (bytes: Uint8Array | undefined) => JSON.parse(new TextDecoder().decode(bytes));

/** The three files as the loader sees them, fed with pixels as it feeds them. */
async function answer(files: ReadonlyMap<string, Uint8Array>, image: Tensor): Promise<Float32Array> {
  const { weightsManifest, ...model } = json(files.get("model.json"));
  const weightData = Uint8Array.from(files.get("weights.bin")!).buffer;
  const load = async () => ({ ...model, weightSpecs: weightsManifest[0].weights, weightData });
  const layers = await loadLayersModel({ load });
  const fed = tf.tidy(() => tf.sub(tf.div(tf.tensor(floats(image), [...image.shape]), 127), 1));
  const output = layers.predict(fed) as tf.Tensor;
  const data = await output.data();
  layers.dispose();
  tf.dispose([fed, output]);
  return Float32Array.from(data);
}

async function relativeDifference(model: Model, image: Tensor): Promise<number> {
  const files = writeTeachableMachine(lower(model), { labels: [] });
  const [input, output] = [model.graph.inputs[0]!.name, model.graph.outputs[0]!.name];
  const expected = floats((await run(model, { [input]: image }))[output]!);
  const actual = await answer(files, image);
  expect(actual.length).toBe(expected.length);
  const apart = Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!)));
  return apart / Math.max(...expected.map(Math.abs));
}

function isWritten({ model }: { readonly model: Model }): boolean {
  try {
    writeTeachableMachine(lower(model), { labels: [] });
    return true;
  } catch (error) {
    if (error instanceof TeachableMachineError) return false;
    throw error;
  }
}

describe("Teachable Machine's loader answers what ONNX Runtime answers", () => {
  beforeAll(async () => {
    const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
    const main = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm");
    tf.enableProdMode();
    setWasmPaths(join(dirname(main), sep));
    tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
    await tf.setBackend("wasm");
  });

  const written = cases.filter((one) => one.input.shape.length === 4 && isWritten(one));
  test("for many kinds of layers", () => expect(written.length).toBeGreaterThan(70));

  test.each(written)("$name", async ({ model, input }) => {
    expect(await relativeDifference(model, input), `seed ${seed}`).toBeLessThan(1e-4);
  });

  test.for(["box/backbone.onnx", "../shared/assets/models/squeezenet1.1.onnx"])(
    "on %s",
    async (file, { skip }) => {
      if (!existsSync(file)) skip();
      expect(await relativeDifference(await networkOn(file), noise(224)), `seed ${seed}`).toBeLessThan(1e-4);
    },
  );
});

const small = row(
  "",
  (s, x) => {
    const pooled = s.op("GlobalAveragePool", [s.op("Relu", [s.conv(x, 3, 4, 3)])]);
    return s.op("Softmax", [s.op("Gemm", [s.op("Flatten", [pooled]), s.weight(4, 2)])]);
  },
  { shape: [1, 3, 6, 6] },
);

test("three files, and labels where the loader looks for them", () => {
  const files = writeTeachableMachine(lower(small.model), { labels: ["花", "dog"], name: "garden" });
  expect([...files.keys()]).toEqual(["model.json", "metadata.json", "weights.bin"]);
  const metadata = json(files.get("metadata.json"));
  expect(metadata).toMatchObject({ labels: ["花", "dog"], modelName: "garden", imageSize: 6 });
  const { modelTopology, weightsManifest } = json(files.get("model.json"));
  const layers = (modelTopology.config.layers as { class_name: string }[]).map((layer) => layer.class_name);
  expect(layers).toEqual([
    "InputLayer",
    "DepthwiseConv2D",
    "Conv2D",
    "GlobalAveragePooling2D",
    "Dense",
    "Activation",
  ]);
  const bytes = (weightsManifest[0].weights as { shape: number[] }[]).reduce(
    (sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1),
    0,
  );
  expect(files.get("weights.bin")?.length).toBe(bytes);
});

test("a step without a Keras layer is refused by its name", () => {
  const { model } = row("", (s, x) => s.op("Exp", [x]));
  expect(() => writeTeachableMachine(lower(model), { labels: [] })).toThrowErrorMatchingInlineSnapshot(
    `[TeachableMachineError: The network's step 'Exp_0_1' (exp) cannot be written for Teachable Machine: there is no such layer. Its loader reads Keras models, which have no layer for that. Export for TensorFlow.js (tfjs) instead, or train on another base, such as mobilenet.]`,
  );
});
