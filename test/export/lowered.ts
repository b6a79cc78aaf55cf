import { floats, type Tensor } from "../../src/core/tensor.ts";
import { lower } from "../../src/export/channels-last/lower.ts";
import type { Program } from "../../src/export/channels-last/program.ts";
import { writeTfjs } from "../../src/export/tfjs/write.ts";
import type { Model } from "../../src/onnx/graph.ts";
import { loadTfjs } from "../../src/runtime/tfjs-node.ts";
import { run } from "../surgery/run.ts";

/** What TensorFlow.js makes of a program. */
export async function runTfjs(
  program: Program,
  input: Tensor,
  weights: "float32" | "float16" = "float32",
): Promise<Float32Array> {
  const session = await loadTfjs(writeTfjs(program, { labels: [], weights }));
  try {
    return await session.run(floats(input), input.shape);
  } finally {
    await session.release();
  }
}

/** The largest difference between ONNX Runtime's answer and TensorFlow.js's, as it is and relative to the largest number. */
export async function compared(model: Model, input: Tensor) {
  const [name] = model.graph.inputs.map((each) => each.name);
  const [output] = model.graph.outputs.map((each) => each.name);
  const expected = floats((await run(model, { [name!]: input }))[output!]!);
  const program = lower(model);
  const actual = await runTfjs(program, input);
  let [apart, largest] = [actual.length === expected.length ? 0 : Number.POSITIVE_INFINITY, 1e-12];
  for (const [i, value] of expected.entries()) {
    // What is not a number differs from everything.
    apart = Math.max(
      apart,
      Math.abs(actual[i]! - value) || (actual[i] === value ? 0 : Number.POSITIVE_INFINITY),
    );
    largest = Math.max(largest, Math.abs(value));
  }
  return { program, actual, apart, relative: apart / largest };
}
