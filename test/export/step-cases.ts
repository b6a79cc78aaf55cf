import { int64, type Tensor } from "../../src/core/tensor.ts";
import type { Program, Step } from "../../src/export/channels-last/program.ts";
import { float, GraphBuilder } from "../../src/onnx/builder.ts";
import { run } from "../surgery/run.ts";
import {
  activated,
  binary,
  conv,
  full,
  input,
  mapped,
  op,
  output,
  padded,
  pool,
  product,
  reduction,
  resize,
  type StepCase,
  unary,
  wild,
} from "./step-families.ts";

const positive = (value: number) => Math.abs(value) + 0.01;
const mobile = { strides: [2, 2], activation: "relu6" } as const;

function inverseRoot(b: GraphBuilder): string {
  return b.op("Reciprocal", [b.op("Sqrt", [input])]);
}

type OpName = Step["op"];

/** A row a step: one that is forgotten is a type error. */
export const stepCases: { readonly [Op in OpName]: readonly StepCase[] } = {
  conv2d: [
    conv([1, 17, 15, 3], [8, 3, 3, 3], mobile),
    conv([1, 16, 16, 3], [8, 3, 3, 3], mobile),
    conv([1, 9, 11, 5], [4, 1, 1, 5], { activation: "relu" }),
    conv([1, 9, 11, 5], [4, 5, 2, 5], { padding: "valid", strides: [1, 3] }),
    conv([2, 12, 13, 2], [3, 3, 3, 2], { dilations: [2, 3] }),
  ],
  depthwiseConv2d: [
    conv([1, 17, 15, 6], [1, 3, 3, 12], mobile),
    conv([1, 16, 16, 5], [1, 3, 5, 10], { padding: "valid", strides: [2, 2] }),
    conv([1, 16, 16, 4], [1, 3, 3, 8], { dilations: [2, 2], activation: "relu" }),
  ],
  maxPool: [pool("maxPool", [1, 7, 6, 5]), pool("maxPool", [2, 8, 7, 3], { padding: "valid" })],
  averagePool: [
    pool("averagePool", [1, 7, 6, 5]),
    pool("averagePool", [1, 8, 7, 3], { padding: "valid", window: [8, 7], strides: [1, 1] }),
  ],
  fullyConnected: [full(1, "none"), full(3, "relu"), full(2, "relu6")],
  matMul: [
    product([1, 5, 7], [7, 11], [false, false]),
    product([2, 3, 5, 7], [2, 3, 11, 7], [false, true]),
    product([2, 7, 5], [2, 7, 11], [true, false]),
  ],
  add: binary("add", "Add"),
  subtract: binary("subtract", "Sub"),
  multiply: binary("multiply", "Mul"),
  divide: binary("divide", "Div", (value) => value + Math.sign(value || 1)),
  maximum: binary("maximum", "Max"),
  minimum: binary("minimum", "Min"),
  power: binary("power", "Pow", (value) => Math.min(Math.abs(value), 3) + 0.1),
  relu: unary("relu", "Relu"),
  relu6: [
    {
      title: "both ends",
      image: wild([1, 5, 7, 3], 6),
      constants: {},
      step: { op: "relu6", output, input },
      reference: (b) => activated(b, input, "relu6"),
    },
  ],
  elu: unary("elu", "Elu"),
  sigmoid: unary("sigmoid", "Sigmoid"),
  tanh: unary("tanh", "Tanh"),
  hardSwish: unary("hardSwish", "HardSwish"),
  gelu: unary("gelu", "Gelu"),
  exp: unary("exp", "Exp", (value) => value, 2),
  log: unary("log", "Log", positive),
  sqrt: unary("sqrt", "Sqrt", Math.abs),
  rsqrt: unary("rsqrt", "", positive).map((row) => ({ ...row, reference: inverseRoot })),
  square: unary("square", "").map((row) => ({ ...row, reference: (b) => b.op("Mul", [input, input]) })),
  abs: unary("abs", "Abs"),
  negate: unary("negate", "Neg"),
  floor: unary("floor", "Floor"),
  leakyRelu: [0.1, 0.3, 0].map((slope) => ({
    title: `${slope}`,
    image: wild([1, 3, 5, 7]),
    constants: {},
    step: { op: "leakyRelu", output, input, slope },
    reference: op("LeakyRelu", { alpha: float(slope) }),
  })),
  prelu: [
    [1, 1, 80],
    [5, 3, 80],
  ].map((shape) => ({
    title: `slopes ${shape}`,
    image: wild([1, 5, 3, 80]),
    constants: { slopes: wild(shape, 0.3) },
    step: { op: "prelu", output, input, slopes: "slopes" },
    reference: op("PRelu", {}, "slopes"),
  })),
  softmax: [
    [1, 5],
    [3, 11],
    [1, 4, 7],
    [1, 2, 3, 9],
  ].map((shape) => ({
    title: `${shape}`,
    // Sums that overflow unless the largest is taken off first.
    image: mapped(shape, (value) => value * 40),
    constants: {},
    step: { op: "softmax", output, input },
    reference: op("Softmax", { axis: -1 }),
  })),
  mean: reduction("mean", "ReduceMean"),
  sum: reduction("sum", "ReduceSum"),
  reduceMax: reduction("reduceMax", "ReduceMax"),
  reduceMin: reduction("reduceMin", "ReduceMin"),
  reshape: [
    { from: [1, 4, 6, 5], to: [1, 24, 5] },
    { from: [2, 12], to: [1, 2, 3, 2, 2] },
  ].map(({ from, to }) => ({
    title: `${from} to ${to}`,
    image: wild(from),
    constants: {},
    step: { op: "reshape", output, input },
    reference: (b) => b.op("Reshape", [input, b.constant(int64(to))]),
  })),
  transpose: [
    [0, 3, 1, 2],
    [0, 2, 1],
    [0, 1, 4, 2, 3],
    [0, 4, 5, 1, 2, 3],
  ].map((permutation) => ({
    title: `${permutation}`,
    image: wild([1, 3, 4, 5, 2, 3].slice(0, permutation.length)),
    constants: {},
    step: { op: "transpose", output, input, permutation },
    reference: op("Transpose", { perm: permutation }),
  })),
  concat: [3, 1].map((axis) => ({
    title: `axis ${axis}`,
    image: wild([1, 3, 5, 4]),
    constants: { other: wild([1, 3, 5, 4].map((side, i) => (i === axis ? 7 : side))) },
    step: { op: "concat", output, inputs: [input, "other", input], axis },
    reference: (b) => b.op("Concat", [input, "other", input], { axis }),
  })),
  slice: [
    { begin: [0, 1, 0, 2], size: [1, 3, 4, 3] },
    { begin: [1, 0, 0, 2, 1], size: [1, 3, 1, 3, 2] },
  ].map(({ begin, size }) => ({
    title: `${size} from ${begin}`,
    image: wild([2, 4, 4, 6, 3].slice(0, begin.length)),
    constants: {},
    step: { op: "slice", output, input, begin, size },
    reference: (b) => {
      const ends = begin.map((at, axis) => at + size[axis]!);
      return b.op("Slice", [input, b.constant(int64(begin)), b.constant(int64(ends))]);
    },
  })),
  pad: [
    padded(0, [
      [0, 0],
      [1, 2],
      [3, 0],
      [0, 1],
    ]),
    padded(-3.4e38, [
      [0, 0],
      [0, 1],
      [1, 1],
      [0, 0],
    ]),
    padded(2.5, [
      [0, 1],
      [1, 0],
    ]),
  ],
  resizeNearest: resize("resizeNearest"),
  resizeLinear: resize("resizeLinear"),
};

/** The case as a program, and what ONNX Runtime answers; the program's shapes are those of the answer. */
export async function solved(row: StepCase): Promise<{ program: Program; expected: Tensor }> {
  const { image, constants, step } = row;
  const builder = new GraphBuilder({ opset: 20 });
  builder.input(input, "float32", image.shape);
  for (const [name, tensor] of Object.entries(constants)) builder.initializer(name, tensor);
  builder.output(row.reference(builder));
  const [expected] = Object.values(await run(builder.model(), { image }));
  const program: Program = {
    name: step.op,
    inputs: [input],
    outputs: [output],
    values: new Map([
      [input, { dtype: "float32", shape: image.shape }],
      [output, { dtype: "float32", shape: expected!.shape }],
    ]),
    constants: new Map(Object.entries(constants)),
    steps: [step],
  };
  return { program, expected: expected! };
}
