import { expect, test } from "vitest";
import { byteSize, type Tensor } from "../../src/core/tensor.ts";
import type { Model, Shape, TensorType } from "../../src/onnx/graph.ts";
import { inferShapes } from "../../src/onnx/infer.ts";
import { writeModel } from "../../src/onnx/write.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { modelOf, operatorCases } from "./operator-cases.ts";

async function run(model: Model): Promise<Record<string, Tensor>> {
  const session = await nodeRuntime().load(writeModel(model));
  try {
    return await session.run(
      Object.fromEntries(model.graph.inputs.map(({ name, type }) => [name, zeros(type as TensorType)])),
    );
  } finally {
    await session.release();
  }
}

function zeros({ dtype, shape }: TensorType): Tensor {
  const sizes = (shape ?? []).map(Number);
  return { dtype, shape: sizes, bytes: new Uint8Array(byteSize(dtype, sizes)) };
}

function typeOf(model: Model, name: string): TensorType | undefined {
  const type = model.graph.outputs.find((output) => output.name === name)?.type;
  return type?.kind === "tensor" ? type : undefined;
}

const titled = operatorCases.map((row, i) => [`${i} ${row.op} (opset ${row.opset})`, row] as const);

test.each(titled)("%s: the inferred type is that of the engine's output", async (_, row) => {
  const model = modelOf(row);
  const outputs = await run(model);
  const inferred = inferShapes(model);
  const named = inferShapes(model, nameFirstAxis(model));
  for (const [name, { dtype, shape }] of Object.entries(outputs)) {
    // How many elements are not zero stands in the data alone.
    const expected = row.op === "NonZero" ? [shape[0], undefined] : shape;
    expect({ dtype: typeOf(inferred, name)?.dtype, shape: typeOf(inferred, name)?.shape }).toEqual({
      dtype,
      shape: expected,
    });
    for (const [i, dim] of (typeOf(named, name)?.shape ?? []).entries()) {
      if (typeof dim === "number") expect(dim, `axis ${i} with a named batch`).toBe(shape[i]);
    }
  }
});

/** The first axis of every input as "N", where it is not of size 1 and so may take part in broadcasting. */
function nameFirstAxis(model: Model): Record<string, Shape> {
  return Object.fromEntries(
    model.graph.inputs.map(({ name, type }) => {
      const shape = (type as TensorType).shape ?? [];
      return [name, shape.length > 0 && shape[0] !== 1 ? shape.with(0, `N${shape[0]}`) : shape];
    }),
  );
}
