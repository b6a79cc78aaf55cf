import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import { float32, floats, scalar, type Tensor } from "../core/tensor.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import { writeModel } from "../onnx/write.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { clipByGlobalNorm } from "./clip.ts";

/** The clipped gradients and the norm before, from onnxruntime; a maximum given as text is an input of that name. */
async function clip(gradients: readonly Tensor[], maxNorm: number | string, fed = 0) {
  const b = new GraphBuilder({ opset: 18 });
  const names = gradients.map((tensor, i) => b.initializer(`g${i}`, tensor));
  if (typeof maxNorm === "string") b.input(maxNorm, "float32", []);
  const clipped = clipByGlobalNorm(b, names, maxNorm);
  for (const [i, name] of clipped.gradients.entries()) b.output(name, "float32", gradients[i]!.shape);
  b.output(clipped.norm, "float32", []);
  const session = await nodeRuntime().load(writeModel(b.model()));
  const answer = await session.run(typeof maxNorm === "string" ? { [maxNorm]: scalar(fed) } : {});
  await session.release();
  return {
    norm: floats(answer[clipped.norm]!)[0]!,
    values: clipped.gradients.map((name) => [...floats(answer[name]!)]),
    shapes: clipped.gradients.map((name) => answer[name]!.shape),
  };
}

test("by hand: ‖(3, 4, 12)‖ = 13 held to 6.5 halves everything, in the shapes given", async () => {
  const { norm, values, shapes } = await clip(
    [float32([3], []), float32([4, 0], [2, 1, 1, 1]), float32([12])],
    6.5,
  );
  expect(norm).toBe(13);
  expect(shapes).toEqual([[], [2, 1, 1, 1], [1]]);
  for (const [i, value] of [1.5, 2, 0, 6].entries()) expect(values.flat()[i]).toBeCloseTo(value, 5);
});

test("shorter gradients stay as they are, to the bit", async () => {
  const seed = 53;
  const rng = random(seed);
  const data = Float32Array.from({ length: 60 }, () => rng.normal());
  const { values } = await clip([float32(data, [5, 12])], 100);
  expect(values[0], `seed ${seed}`).toEqual([...data]);
});

test("the quotient's 1e-6, as in PyTorch: a norm of 1e-6 held to 1e-6 is halved", async () => {
  const { values } = await clip([float32([1e-6])], 1e-6);
  expect(values[0]![0]! / 0.5e-6).toBeCloseTo(1, 5);
});

test("the maximum may be a value of the graph", async () => {
  const { values } = await clip([float32([3, 4])], "most", 1);
  for (const [i, value] of [0.6, 0.8].entries()) expect(values[0]![i]).toBeCloseTo(value, 6);
});

test("many tensors against double precision", async () => {
  const seed = 59;
  const rng = random(seed);
  const shapes = [[32, 3, 3, 3], [32], [16, 32, 1, 1], [], [10, 1280]];
  const tensors = shapes.map((shape) => {
    const size = shape.reduce((product, dim) => product * dim, 1);
    return float32(
      Float32Array.from({ length: size }, () => 10 * rng.normal()),
      shape,
    );
  });
  const { norm, values } = await clip(tensors, 2);
  const all = tensors.flatMap((tensor) => [...floats(tensor)]);
  const expected = Math.sqrt(all.reduce((sum, value) => sum + value * value, 0));
  expect(Math.abs(norm / expected - 1), `seed ${seed}`).toBeLessThan(1e-5);
  for (const [i, value] of values.flat().entries()) {
    const error = Math.abs(value - (all[i]! * 2) / expected);
    expect(error, `seed ${seed} at ${i}`).toBeLessThan(1e-5);
  }
});

test("all zeros stay zeros, huge gradients scale, squares that overflow stop the step", async () => {
  expect((await clip([float32([0, 0])], 1)).values).toEqual([[0, 0]]);
  expect((await clip([float32([1e18, 0])], 1)).values[0]![0]).toBeCloseTo(1, 5);
  expect((await clip([float32([1e30, 2])], 1)).values).toEqual([[0, 0]]);
});

test("one scale for all: five nodes a gradient and five besides", () => {
  const b = new GraphBuilder({ opset: 18 });
  const names = ["a", "b", "c"].map((name) => b.input(name, "float32", [4, 4, 1, 1]));
  clipByGlobalNorm(b, names, 1);
  const nodes = b.graph().nodes.map((node) => node.opType);
  expect(nodes).toEqual([
    ...["ReduceSumSquare", "ReduceSumSquare", "ReduceSumSquare"],
    ...["Sum", "Sqrt", "Add", "Div", "Min"],
    ...names.flatMap(() => ["Reshape", "Mul", "Shape", "Reshape"]),
  ]);
});
