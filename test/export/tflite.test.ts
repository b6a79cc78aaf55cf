import { describe, expect, test } from "vitest";
import { float32, floats } from "../../src/core/tensor.ts";
import type { Program } from "../../src/export/channels-last/program.ts";
import { writeTflite } from "../../src/export/tflite/write.ts";
import { loadLitert } from "../../src/runtime/litert-node.ts";
import { difference } from "../surgery/run.ts";
import { solved, stepCases } from "./step-cases.ts";

async function answer(program: Program, weights: "float32" | "float16", image: Float32Array) {
  const model = await loadLitert(writeTflite(program, { weights, labels: [], name: program.name }));
  try {
    return await model.run(image, program.values.get("image")!.shape);
  } finally {
    model.release();
  }
}

describe.each(Object.entries(stepCases))("%s", (_, rows) => {
  test.each(rows)("$title", async (row) => {
    const { program, expected } = await solved(row);
    const { shape } = expected;
    const whole = await answer(program, "float32", floats(row.image));
    expect(difference(float32(whole, shape), expected)).toBeLessThan(1e-5);
    if (program.constants.size === 0) return;
    const half = await answer(program, "float16", floats(row.image));
    expect(difference(float32(half, shape), expected)).toBeLessThan(2e-3);
  });
});
