import { expect, test } from "vitest";
import { float32, int64, scalar } from "../core/tensor.ts";
import { GraphBuilder } from "./builder.ts";
import { GraphError, ShapeError } from "./errors.ts";
import type { Shape, TensorType } from "./graph.ts";
import { inferShapes } from "./infer.ts";

/** The type that inference finds for what `write` returns. */
function infer(
  write: (builder: GraphBuilder) => string,
  inputShapes: Record<string, Shape> = {},
): TensorType | undefined {
  const builder = new GraphBuilder({ opset: 18 });
  builder.output(write(builder));
  const type = inferShapes(builder.model(), inputShapes).graph.outputs[0]?.type;
  return type?.kind === "tensor" ? type : undefined;
}

const weights = (...shape: number[]) => float32(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);

test("a named batch passes through convolution, pooling and flattening", () => {
  const type = infer((builder) => {
    const x = builder.input("x", "float32", ["N", 3, 32, 32]);
    const y = builder.op("Conv", [x, builder.constant(weights(8, 3, 3, 3))], { strides: [2, 2] });
    return builder.op("Flatten", [builder.op("MaxPool", [y], { kernel_shape: [3, 3] })]);
  });
  // 32 -> floor((32 - 3) / 2) + 1 = 15 -> 13; 8·13·13 = 1352
  expect(type).toEqual({ kind: "tensor", dtype: "float32", shape: ["N", 1352] });
});

test("named sizes pass a convolution of stride 1 that pads as much as it takes", () => {
  const conv = (pads: number[]) =>
    infer((builder) => {
      const x = builder.input("x", "float32", ["N", 3, "H", "W"]);
      return builder.op("Conv", [x, builder.constant(weights(8, 3, 3, 3))], { pads });
    })?.shape;
  expect(conv([1, 1, 1, 1])).toEqual(["N", 8, "H", "W"]);
  expect(conv([0, 1, 0, 1])).toEqual(["N", 8, undefined, "W"]);
});

/** What PyTorch writes for x.view(x.size(0), -1). */
test("Reshape by a computed shape", () => {
  const view = (shape: Shape) =>
    infer((builder) => {
      const x = builder.input("x", "float32", shape);
      const size = builder.op("Gather", [builder.op("Shape", [x]), builder.constant(int64([0], []))]);
      const row = builder.op("Unsqueeze", [size, builder.constant(int64([0]))]);
      return builder.op("Reshape", [
        x,
        builder.op("Concat", [row, builder.constant(int64([-1]))], { axis: 0 }),
      ]);
    })?.shape;
  expect(view(["N", 8, 4, 4])).toEqual(["N", 128]);
  expect(view([2, 8, 4, 4])).toEqual([2, 128]);
  expect(view([undefined, 8, 4, 4])).toEqual([undefined, undefined]);
});

test("Expand by sizes that are fed: known sizes stay where nothing can repeat them", () => {
  const type = infer((builder) => {
    const x = builder.input("x", "float32", [1, 3]);
    return builder.op("Expand", [x, builder.input("sizes", "int64", [3])]);
  });
  expect(type?.shape).toEqual([undefined, undefined, 3]);
});

/** What older PyTorch exports write for interpolate(x, scale_factor=2). */
test("Resize by sizes computed through floats", () => {
  const type = infer((builder) => {
    const x = builder.input("x", "float32", ["N", 8, 5, 7]);
    const shape = builder.op("Shape", [x]);
    const slice = (start: number, end: number) =>
      builder.op("Slice", [shape, builder.constant(int64([start])), builder.constant(int64([end]))]);
    const floatSizes = builder.op("Cast", [slice(2, 4)], { to: 1 });
    const scaled = builder.op("Floor", [builder.op("Mul", [floatSizes, builder.constant(scalar(1.5))])]);
    const sizes = builder.op("Concat", [slice(0, 2), builder.op("Cast", [scaled], { to: 7 })], { axis: 0 });
    return builder.op("Resize", [x, "", "", sizes]);
  });
  expect(type?.shape).toEqual(["N", 8, 7, 10]);
});

/** What PyTorch writes for expand(-1, 4): Where(shape == -1, 1, shape). */
test("Expand by a shape chosen with Where", () => {
  const type = infer((builder) => {
    const x = builder.input("x", "float32", [3, 1]);
    const wanted = builder.constant(int64([-1, 4]));
    const ones = builder.op("ConstantOfShape", [builder.constant(int64([2]))], { value: int64([1]) });
    const minus = builder.op("Mul", [ones, builder.constant(int64([-1]))]);
    return builder.op("Expand", [
      x,
      builder.op("Where", [builder.op("Equal", [wanted, minus]), ones, wanted]),
    ]);
  });
  expect(type?.shape).toEqual([3, 4]);
});

test.each<[string, Shape, readonly number[], Shape]>([
  ["0 copies a name", ["N", 3, 4], [0, -1], ["N", 12]],
  ["0 copies what is unknown", [undefined, 3, 4], [0, -1], [undefined, 12]],
  ["-1 stands for a name", ["N", 3, 4], [-1, 12], ["N", 12]],
  ["a name and a factor are one unknown size", ["N", 3, 4], [-1, 4], [undefined, 4]],
])("Reshape: %s", (_, shape, wanted, expected) => {
  const type = infer((builder) =>
    builder.op("Reshape", [builder.input("x", "float32", shape), builder.constant(int64(wanted))]),
  );
  expect(type?.shape).toEqual(expected);
});

test("an operator without a rule leaves its outputs unknown, and what follows too", () => {
  const type = infer((builder) => {
    const x = builder.input("x", "float32", [2, 3]);
    return builder.op("Relu", [builder.op("Mystery", [x], {}, { domain: "com.example" })]);
  });
  expect(type).toBeUndefined();
});

test("declared types stand in where no rule knows better, unless the input is resized", () => {
  const builder = new GraphBuilder({ opset: 18 });
  const x = builder.input("x", "float32", [2, 3]);
  builder.output(builder.op("Mystery", [x], {}, { domain: "com.example" }), "float32", [2, 7]);
  const model = builder.model();
  const type = (shapes: Record<string, Shape>) => inferShapes(model, shapes).graph.outputs[0]?.type;
  expect(type({})).toMatchObject({ shape: [2, 7] });
  expect(type({ x: [4, 3] })).toEqual({ kind: "tensor", dtype: "float32", shape: undefined });
});

test.each<[string, (builder: GraphBuilder, x: string) => string]>([
  [
    "Conv 'stem': input channels 3 must equal weight channels 4 x group 1",
    (b, x) => b.op("Conv", [x, b.constant(weights(8, 4, 3, 3))], {}, { name: "stem" }),
  ],
  [
    "the window of 9 (kernel 9, dilation 1) does not fit the input of 8 + 0 + 0 padding",
    (b, x) => b.op("Conv", [x, b.constant(weights(8, 3, 9, 9))]),
  ],
  [
    "columns of A 192 must equal rows of B 10",
    (b, x) => b.op("Gemm", [b.op("Flatten", [x]), b.constant(weights(10, 2))]),
  ],
  ["shapes [2,3,8,8] and [5] do not broadcast", (b, x) => b.op("Add", [x, b.constant(weights(5))])],
  [
    "384 elements of shape [2,3,8,8] cannot be laid out as [2,7,-1]",
    (b, x) => b.op("Reshape", [x, b.constant(int64([2, 7, -1]))]),
  ],
  [
    "axis 0 of [2,3,8,8] 2 must equal that of [1,3,8,7], 1",
    (b, x) => b.op("Concat", [x, b.constant(weights(1, 3, 8, 7))], { axis: 1 }),
  ],
  [
    "perm [0,0,1,2] must name each of the 4 axes of [2,3,8,8] once",
    (b, x) => b.op("Transpose", [x], { perm: [0, 0, 1, 2] }),
  ],
  ["axis 4 must lie between -4 and 3", (b, x) => b.op("ArgMax", [x], { axis: 4 })],
])("a contradiction is told with its numbers: %s", (message, write) => {
  const attempt = () => infer((builder) => write(builder, builder.input("x", "float32", [2, 3, 8, 8])));
  expect(attempt).toThrow(ShapeError);
  expect(attempt).toThrow(message);
});

test("shapes given for the input are checked against what it is", () => {
  const relu = (builder: GraphBuilder) =>
    builder.op("Relu", [builder.input("image", "float32", ["N", 3, 8, 8])]);
  expect(() => infer(relu, { images: [1, 3, 8, 8] })).toThrow(GraphError);
  expect(() => infer(relu, { image: [3, 8, 8] })).toThrow(ShapeError);
  expect(infer(relu, { image: [1, 3, 64, 64] })?.shape).toEqual([1, 3, 64, 64]);
});

test("axes that double at every node are given up, not followed", () => {
  const type = infer((builder) => {
    let x = builder.input("x", "int64", [1, 1]);
    for (let i = 0; i < 60; i++) x = builder.op("Gather", [x, x]);
    return x;
  });
  expect(type).toEqual({ kind: "tensor", dtype: "int64", shape: undefined });
});
