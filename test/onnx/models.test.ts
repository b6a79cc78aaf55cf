import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { random } from "../../src/core/random.ts";
import { byteSize, float32, type Tensor } from "../../src/core/tensor.ts";
import type { Model, Shape } from "../../src/onnx/graph.ts";
import { inferShapes } from "../../src/onnx/infer.ts";
import { readModel } from "../../src/onnx/read.ts";
import { printGraph } from "../../src/onnx/text.ts";
import { writeModel } from "../../src/onnx/write.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";

const folder = "../shared/assets/models";
const files = ["mobilenet_v1_1.0_224.onnx", "mobilenet_v2_1.0_224_features.onnx", "squeezenet1.1.onnx"];
const seed = 11;

function picture(size: number): Tensor {
  const rng = random(seed);
  return float32(
    Float32Array.from({ length: 2 * 3 * size * size }, () => rng.normal()),
    [2, 3, size, size],
  );
}

async function run(model: Uint8Array, input: Tensor): Promise<Record<string, Tensor>> {
  const session = await nodeRuntime().load(model);
  try {
    return await session.run({ input });
  } finally {
    await session.release();
  }
}

/** The model with every value that a node makes as an output, and no statement about any shape but the inputs' rank. */
function exposed(model: Model): Model {
  const { graph } = model;
  const free: Shape = ["N", 3, "H", "W"];
  const inputs = graph.inputs.map((value) => ({
    ...value,
    type: { kind: "tensor", dtype: "float32", shape: free } as const,
  }));
  const outputs = graph.nodes.flatMap((node) => node.outputs.map((name) => ({ name, type: undefined })));
  return { ...model, graph: { ...graph, inputs, outputs, values: new Map() } };
}

describe.skipIf(!existsSync(folder))("real models", () => {
  test.each(files)("%s gives the same outputs after reading and writing", async (file) => {
    const bytes = await readFile(`${folder}/${file}`);
    const again = writeModel(readModel(bytes));
    expect(await run(again, picture(224)), `seed ${seed}`).toEqual(await run(bytes, picture(224)));
    // As buffers: a matcher walks the weights element by element, for half a minute.
    expect(Buffer.compare(writeModel(readModel(again)), again)).toBe(0);
  });

  test.each(files.flatMap((file) => [64, 96, 224].map((size) => [file, size] as const)))(
    "every inferred shape of %s at %i px is the engine's",
    async (file, size) => {
      const model = exposed(readModel(await readFile(`${folder}/${file}`)));
      const actual = await run(writeModel(model), picture(size));
      const inferred = inferShapes(model, { input: [2, 3, size, size] });
      const shapes = Object.fromEntries(
        inferred.graph.outputs.map(({ name, type }) => [
          name,
          type?.kind === "tensor" ? type.shape : undefined,
        ]),
      );
      expect(shapes).toEqual(
        Object.fromEntries(Object.entries(actual).map(([name, { shape }]) => [name, shape])),
      );
    },
  );

  test("what the engine folds and writes is read and inferred in full", async () => {
    const optimised = await nodeRuntime().optimise(await readFile(`${folder}/${files[1]}`));
    const { graph } = inferShapes(readModel(optimised), { input: ["N", 3, 96, 96] });
    const unknown = graph.nodes
      .flatMap((node) => node.outputs)
      .filter((name) => {
        const value = graph.values.get(name) ?? graph.outputs.find((output) => output.name === name);
        return value?.type?.kind !== "tensor" || !value.type.shape?.every((dim) => dim !== undefined);
      });
    expect(unknown).toEqual([]);
  });

  test("the printed form shows how a model ends", async () => {
    const model = inferShapes(readModel(await readFile(`${folder}/${files[2]}`)), {
      input: ["N", 3, 224, 224],
    });
    expect(printGraph(model).split("\n").slice(-5).join("\n")).toMatchInlineSnapshot(`
      "  %r25: float32[N,1000,13,13] = Relu(%c25)
        %gl: float32[N,1000,1,1] = GlobalAveragePool(%r25)
        %logits: float32[N,1000] = Flatten(%gl) {axis=1}
        output %features: float32[N,512]
        output %logits: float32[N,1000]"
    `);
    const weights = [...model.graph.initializers.values()];
    expect(weights.every((tensor) => tensor.bytes.length === byteSize(tensor.dtype, tensor.shape))).toBe(
      true,
    );
  });
});
