import { float32, int32, type Tensor } from "../../core/tensor.ts";
import type { Step } from "../channels-last/program.ts";
import { type Choice, table } from "./flat.ts";
import { Activation, type Builtin, operators as builtins, options, Padding } from "./schema.ts";

/** What a step is in the file. */
export interface Operator {
  readonly builtin: Builtin;
  readonly version: number;
  /** Values and constants by name; a tensor is one that the file has and the program has not. */
  readonly inputs: readonly (string | Tensor)[];
  readonly options?: Choice;
}

/** The shape of a value or constant. */
export type ShapeOf = (name: string) => readonly number[];

type OpName = Step["op"];
// The steps that share a row of `Step` share a type, whose `op` is a union.
type StepOf<Op extends OpName> = Step extends infer S
  ? S extends { readonly op: infer O }
    ? Op extends O
      ? S
      : never
    : never
  : never;
type Row<S> = (step: S, shapeOf: ShapeOf) => Operator;

type OptionsName = keyof typeof options;
type OptionsOf<Name extends OptionsName> = Parameters<typeof table<(typeof options)[Name]["rows"]>>[1];

function choose<Name extends OptionsName>(name: Name, values: OptionsOf<Name>): Choice {
  const { type, rows } = options[name];
  return { type, value: table(rows, values as never) };
}

const windowed = ({
  padding,
  strides: [strideH, strideW],
}: Pick<StepOf<"maxPool">, "padding" | "strides">) => ({
  padding: Padding[padding],
  strideW,
  strideH,
});
const activated = (activation: keyof typeof Activation) => ({ activation: Activation[activation] });

function pool(builtin: Builtin): Row<StepOf<"maxPool">> {
  return (step) => ({
    builtin,
    version: 1,
    inputs: [step.input],
    options: choose("Pool2D", { ...windowed(step), height: step.window[0], width: step.window[1] }),
  });
}

/** Where shapes differ and an axis is past the fourth, some operators took a further version to broadcast. */
function binary(builtin: Builtin, chosen: Choice, beyondFour = 1): Row<StepOf<"add">> {
  return ({ inputs }, shapeOf) => {
    const [a, b] = [shapeOf(inputs[0]), shapeOf(inputs[1])];
    const broadcast = String(a) !== String(b) && Math.max(a.length, b.length) > 4;
    return { builtin, version: broadcast ? beyondFour : 1, inputs, options: chosen };
  };
}

function unary(builtin: Builtin, chosen?: Choice): Row<StepOf<"relu">> {
  return ({ input }) => ({ builtin, version: 1, inputs: [input], ...(chosen && { options: chosen }) });
}

function reduce(builtin: Builtin): Row<StepOf<"mean">> {
  return ({ input, axes, keepDims }) => ({
    builtin,
    version: 1,
    inputs: [input, int32(axes)],
    options: choose("Reducer", { keepDims }),
  });
}

/** One row a step; versions after tflite/tools/versioning/op_version.cc of google-ai-edge/LiteRT. */
const rows: { readonly [Op in OpName]: Row<StepOf<Op>> } = {
  conv2d: (step) => ({
    builtin: builtins.CONV_2D,
    version: 1,
    inputs: [step.input, step.filter, step.bias],
    options: choose("Conv2D", {
      ...windowed(step),
      ...activated(step.activation),
      dilationH: step.dilations[0],
      dilationW: step.dilations[1],
    }),
  }),
  depthwiseConv2d: (step) => ({
    builtin: builtins.DEPTHWISE_CONV_2D,
    version: step.dilations.some((dilation) => dilation !== 1) ? 2 : 1,
    inputs: [step.input, step.filter, step.bias],
    options: choose("DepthwiseConv2D", {
      ...windowed(step),
      ...activated(step.activation),
      multiplier: step.multiplier,
      dilationH: step.dilations[0],
      dilationW: step.dilations[1],
    }),
  }),
  maxPool: pool(builtins.MAX_POOL_2D),
  averagePool: pool(builtins.AVERAGE_POOL_2D),
  fullyConnected: ({ input, weights, bias, activation }) => ({
    builtin: builtins.FULLY_CONNECTED,
    version: 1,
    inputs: [input, weights, bias],
    options: choose("FullyConnected", activated(activation)),
  }),
  matMul: ({ inputs, transposed: [adjointX, adjointY] }) => ({
    builtin: builtins.BATCH_MATMUL,
    version: 1,
    inputs,
    options: choose("BatchMatMul", { adjointX, adjointY }),
  }),
  add: binary(builtins.ADD, choose("Add", activated("none"))),
  subtract: binary(builtins.SUB, choose("Sub", activated("none")), 3),
  multiply: binary(builtins.MUL, choose("Mul", activated("none"))),
  divide: binary(builtins.DIV, choose("Div", activated("none")), 2),
  maximum: binary(builtins.MAXIMUM, choose("MaximumMinimum", {}), 3),
  minimum: binary(builtins.MINIMUM, choose("MaximumMinimum", {}), 3),
  power: binary(builtins.POW, choose("Pow", {})),
  relu: unary(builtins.RELU),
  relu6: unary(builtins.RELU6),
  elu: unary(builtins.ELU),
  sigmoid: unary(builtins.LOGISTIC),
  tanh: unary(builtins.TANH),
  hardSwish: unary(builtins.HARD_SWISH, choose("HardSwish", {})),
  gelu: unary(builtins.GELU, choose("Gelu", { approximate: false })),
  exp: unary(builtins.EXP, choose("Exp", {})),
  log: unary(builtins.LOG),
  sqrt: unary(builtins.SQRT),
  rsqrt: unary(builtins.RSQRT),
  square: unary(builtins.SQUARE, choose("Square", {})),
  abs: unary(builtins.ABS, choose("Abs", {})),
  negate: unary(builtins.NEG, choose("Neg", {})),
  floor: unary(builtins.FLOOR),
  leakyRelu: ({ input, slope }) => ({
    builtin: builtins.LEAKY_RELU,
    version: 1,
    inputs: [input],
    options: choose("LeakyRelu", { alpha: slope }),
  }),
  prelu: ({ input, slopes }) => ({ builtin: builtins.PRELU, version: 1, inputs: [input, slopes] }),
  softmax: ({ input }) => ({
    builtin: builtins.SOFTMAX,
    version: 1,
    inputs: [input],
    options: choose("Softmax", { beta: 1 }),
  }),
  mean: reduce(builtins.MEAN),
  sum: reduce(builtins.SUM),
  reduceMax: reduce(builtins.REDUCE_MAX),
  reduceMin: reduce(builtins.REDUCE_MIN),
  // The shape stands twice: old runtimes read the option, new ones the tensor.
  reshape: ({ input, output }, shapeOf) => ({
    builtin: builtins.RESHAPE,
    version: 1,
    inputs: [input, int32(shapeOf(output))],
    options: choose("Reshape", { shape: shapeOf(output) }),
  }),
  transpose: ({ input, permutation }) => ({
    builtin: builtins.TRANSPOSE,
    version: permutation.length > 5 ? 6 : permutation.length > 4 ? 4 : 1,
    inputs: [input, int32(permutation)],
    options: choose("Transpose", {}),
  }),
  concat: ({ inputs, axis }) => ({
    builtin: builtins.CONCATENATION,
    version: 1,
    inputs,
    options: choose("Concatenation", { axis }),
  }),
  slice: ({ input, begin, size }) => ({
    builtin: builtins.SLICE,
    version: begin.length > 4 ? 5 : 1,
    inputs: [input, int32(begin), int32(size)],
    options: choose("Slice", {}),
  }),
  pad: ({ input, amounts, value }) => {
    const paddings = int32(amounts.flat(), [amounts.length, 2]);
    const version = amounts.length > 4 ? 4 : 1;
    return value === 0
      ? { builtin: builtins.PAD, version, inputs: [input, paddings], options: choose("Pad", {}) }
      : {
          builtin: builtins.PADV2,
          version,
          inputs: [input, paddings, float32([value], [])],
          options: choose("PadV2", {}),
        };
  },
  resizeNearest: ({ input, size, alignCorners, halfPixelCenters }) => ({
    builtin: builtins.RESIZE_NEAREST_NEIGHBOR,
    version: alignCorners || halfPixelCenters ? 3 : 1,
    inputs: [input, int32(size)],
    options: choose("ResizeNearestNeighbor", { alignCorners, halfPixelCenters }),
  }),
  resizeLinear: ({ input, size, alignCorners, halfPixelCenters }) => ({
    builtin: builtins.RESIZE_BILINEAR,
    version: halfPixelCenters ? 3 : 1,
    inputs: [input, int32(size)],
    options: choose("ResizeBilinear", { alignCorners, halfPixelCenters }),
  }),
};

/** The operator of a step. */
export function operatorOf(step: Step, shapeOf: ShapeOf): Operator {
  // A row takes the steps of its name, which no type can say of a name that is known only here.
  return rows[step.op](step as never, shapeOf);
}

/** Numbers of fewer bits as float32. */
export function dequantize(from: "float16" | "int8"): Omit<Operator, "inputs"> {
  return {
    builtin: builtins.DEQUANTIZE,
    version: from === "float16" ? 3 : 2,
    options: choose("Dequantize", {}),
  };
}

/** float32 numbers as int8. */
export const quantize: Omit<Operator, "inputs"> = { builtin: builtins.QUANTIZE, version: 1 };

/** The operator in the version that computes in int8; that of Reshape always did. */
export function inInt8(operator: Operator): Operator {
  const versions = new Map<Builtin, number>([
    [builtins.RESHAPE, 1],
    [builtins.CONV_2D, 3],
    [builtins.DEPTHWISE_CONV_2D, 3],
    [builtins.FULLY_CONNECTED, 4],
  ]);
  return { ...operator, version: Math.max(operator.version, versions.get(operator.builtin) ?? 2) };
}
