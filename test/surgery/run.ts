import { floats, type Tensor } from "../../src/core/tensor.ts";
import type { Model } from "../../src/onnx/graph.ts";
import { writeModel } from "../../src/onnx/write.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";

/** Runs a model, or a file's bytes, once. */
export async function run(
  model: Model | Uint8Array,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<Record<string, Tensor>> {
  const session = await nodeRuntime().load(model instanceof Uint8Array ? model : writeModel(model));
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/** The model with these values as its outputs. */
export function exposing(model: Model, ...names: readonly string[]): Model {
  const outputs = names.map((name) => ({ name, type: undefined }));
  return { ...model, graph: { ...model.graph, outputs, values: new Map() } };
}

/** The largest difference between two tensors of the same shape, relative to the largest number. */
export function difference(actual: Tensor, expected: Tensor): number {
  if (String(actual.shape) !== String(expected.shape)) return Number.POSITIVE_INFINITY;
  const [a, b] = [floats(actual), floats(expected)];
  let [largest, apart] = [1e-12, 0];
  for (const [i, value] of b.entries()) {
    largest = Math.max(largest, Math.abs(value));
    apart = Math.max(apart, Math.abs(value - a[i]!));
  }
  return apart / largest;
}

/** [N, C, h, w] -> [N, C], [N, T, D] -> [N, D] by the mean: what pooling must give, in plain numbers. */
export function meanOf(x: Tensor, axis: "map" | "channels-last map" | "tokens"): Tensor {
  const [rows = 0] = x.shape;
  const channels = axis === "map" ? (x.shape[1] ?? 0) : (x.shape.at(-1) ?? 0);
  const values = floats(x);
  const positions = values.length / rows / channels;
  const out = new Float32Array(rows * channels);
  for (let row = 0; row < rows; row++)
    for (let channel = 0; channel < channels; channel++) {
      let sum = 0;
      for (let at = 0; at < positions; at++) {
        const inner = axis === "map" ? channel * positions + at : at * channels + channel;
        sum += values[row * positions * channels + inner] ?? 0;
      }
      out[row * channels + channel] = sum / positions;
    }
  return { dtype: "float32", shape: [rows, channels], bytes: new Uint8Array(out.buffer) };
}
