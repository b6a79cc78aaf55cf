import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import { float32, floats } from "../core/tensor.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import { drawFresh } from "./fresh-weights.ts";

function network() {
  const b = new GraphBuilder({ opset: 18 });
  const ones = (name: string, shape: readonly number[]): string =>
    b.initializer(name, float32(new Float32Array(shape.reduce((p, d) => p * d, 1)).fill(7), shape));
  const x = b.input("x", "float32", ["N", 3, 8, 8]);
  const conv = b.op("Conv", [x, ones("kernel", [64, 3, 3, 3]), ones("bias", [64])]);
  const norm = b.op("BatchNormalization", [
    conv,
    ones("scale", [64]),
    ones("shift", [64]),
    ones("mean", [64]),
    ones("variance", [64]),
  ]);
  const pooled = b.op("Flatten", [b.op("GlobalAveragePool", [norm])]);
  b.output(b.op("Gemm", [pooled, ones("matrix", [64, 32]), ones("offset", [32])]), "float32", ["N", 32]);
  return b.model();
}

test("every weight is drawn anew, by its role", () => {
  const seed = 3;
  const { initializers } = drawFresh(network(), random(seed)).graph;
  const values = (name: string): Float32Array => floats(initializers.get(name)!);
  const std = (name: string): number =>
    Math.sqrt(values(name).reduce((sum, v) => sum + v * v, 0) / values(name).length);
  // He: √(2 / 27) over 1,728 draws; LeCun: √(1 / 64) over 2,048. Their deviations scatter by 2 %.
  expect(std("kernel") / Math.sqrt(2 / 27), `seed ${seed}`).toBeCloseTo(1, 1);
  expect(std("matrix") / Math.sqrt(1 / 64), `seed ${seed}`).toBeCloseTo(1, 1);
  for (const name of ["bias", "shift", "mean", "offset"]) expect(new Set(values(name))).toEqual(new Set([0]));
  for (const name of ["scale", "variance"]) expect(new Set(values(name))).toEqual(new Set([1]));
});

test("the same seed draws the same", () => {
  const draw = (seed: number) => floats(drawFresh(network(), random(seed)).graph.initializers.get("kernel")!);
  expect(draw(5)).toEqual(draw(5));
  expect(draw(5)).not.toEqual(draw(6));
});
