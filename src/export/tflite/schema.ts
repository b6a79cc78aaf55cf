import {
  bytes16,
  child,
  children,
  flag,
  float,
  int8,
  int32,
  ints,
  longs,
  numbers,
  text,
  union,
} from "./flat.ts";

/*
 * The facts of the file format that the writer needs: a column's number is its place in its table.
 * Sources: tensorflow/lite/schema/schema.fbs (version 3) for tables, enums and the order of BuiltinOptions;
 * tflite/tools/versioning/runtime_version.cc of google-ai-edge/LiteRT for what came with which runtime.
 */

export const identifier = "TFL3";
export const version = 3;

export const Model = {
  version: int32(0),
  operatorCodes: children(1),
  subgraphs: children(2),
  description: text(3),
  buffers: children(4),
  metadata: children(6),
  signatures: children(7),
};
export const Buffer = { data: bytes16(0) };
export const Metadata = { name: text(0), buffer: int32(1) };
export const Signature = { inputs: children(0), outputs: children(1), key: text(2), subgraph: int32(4) };
export const TensorMap = { name: text(0), tensor: int32(1) };
export const OperatorCode = { deprecatedCode: int8(0), version: int32(2, 1), code: int32(3) };
export const SubGraph = {
  tensors: children(0),
  inputs: ints(1),
  outputs: ints(2),
  operators: children(3),
  name: text(4),
};
/** Without `hasRank` a scalar would be a tensor of unknown rank. */
export const Tensor = {
  shape: ints(0),
  type: int8(1),
  buffer: int32(2),
  name: text(3),
  quantization: child(4),
  hasRank: flag(8),
};
/** One scale and zero point, or one for each position of the axis. */
export const Quantization = { scales: numbers(2), zeros: longs(3), axis: int32(6) };
export const Operator = { code: int32(0), inputs: ints(1), outputs: ints(2), options: union(3) };

export const TensorType = { float32: 0, float16: 1, int32: 2, int8: 9 } as const;
export const Padding = { same: 0, valid: 1 } as const;
export const Activation = { none: 0, relu: 1, relu6: 3 } as const;

/** The code from which on the old column, a byte, says only that the new one speaks. */
export const placeholder = 127;

const activated = { activation: int8(0) };

/** Options by table: the number of the table in the union BuiltinOptions, and its columns. */
export const options = {
  Conv2D: {
    type: 1,
    rows: {
      padding: int8(0),
      strideW: int32(1),
      strideH: int32(2),
      activation: int8(3),
      dilationW: int32(4, 1),
      dilationH: int32(5, 1),
    },
  },
  DepthwiseConv2D: {
    type: 2,
    rows: {
      padding: int8(0),
      strideW: int32(1),
      strideH: int32(2),
      multiplier: int32(3),
      activation: int8(4),
      dilationW: int32(5, 1),
      dilationH: int32(6, 1),
    },
  },
  Pool2D: {
    type: 5,
    rows: { padding: int8(0), strideW: int32(1), strideH: int32(2), width: int32(3), height: int32(4) },
  },
  FullyConnected: { type: 8, rows: activated },
  Softmax: { type: 9, rows: { beta: float(0) } },
  Concatenation: { type: 10, rows: { axis: int32(0) } },
  Add: { type: 11, rows: activated },
  ResizeBilinear: { type: 15, rows: { alignCorners: flag(2), halfPixelCenters: flag(3) } },
  Reshape: { type: 17, rows: { shape: ints(0) } },
  Mul: { type: 21, rows: activated },
  Pad: { type: 22, rows: {} },
  Transpose: { type: 26, rows: {} },
  Reducer: { type: 27, rows: { keepDims: flag(0) } },
  Sub: { type: 28, rows: activated },
  Div: { type: 29, rows: activated },
  Exp: { type: 33, rows: {} },
  Dequantize: { type: 38, rows: {} },
  MaximumMinimum: { type: 39, rows: {} },
  Neg: { type: 42, rows: {} },
  PadV2: { type: 43, rows: {} },
  Slice: { type: 48, rows: {} },
  Pow: { type: 56, rows: {} },
  Square: { type: 66, rows: {} },
  ResizeNearestNeighbor: { type: 74, rows: { alignCorners: flag(0), halfPixelCenters: flag(1) } },
  LeakyRelu: { type: 75, rows: { alpha: float(0) } },
  Abs: { type: 78, rows: {} },
  HardSwish: { type: 91, rows: {} },
  BatchMatMul: { type: 101, rows: { adjointX: flag(0), adjointY: flag(1) } },
  Gelu: { type: 116, rows: { approximate: flag(0) } },
};

/** An operator: its code, and the runtime that brought its first version, its second and so on. */
function builtin(code: number, ...since: readonly string[]) {
  return { code, since };
}
export type Builtin = ReturnType<typeof builtin>;

export const operators = {
  ADD: builtin(0, "1.5.0", "1.14.0"),
  AVERAGE_POOL_2D: builtin(1, "1.5.0", "1.14.0"),
  CONCATENATION: builtin(2, "1.5.0", "1.14.0"),
  CONV_2D: builtin(3, "1.5.0", "1.14.0", "1.14.0"),
  DEPTHWISE_CONV_2D: builtin(4, "1.5.0", "1.12.0", "1.14.0"),
  DEQUANTIZE: builtin(6, "1.13.1", "1.14.0", "1.15.0"),
  FLOOR: builtin(8, "1.9.0"),
  FULLY_CONNECTED: builtin(9, "1.5.0", "1.10.0", "1.14.0", "1.14.0"),
  LOGISTIC: builtin(14, "1.14.0"),
  MAX_POOL_2D: builtin(17, "1.5.0", "1.14.0"),
  MUL: builtin(18, "1.5.0"),
  RELU: builtin(19, "1.5.0", "2.1.0"),
  RELU6: builtin(21, "1.5.0", "1.14.0"),
  RESHAPE: builtin(22, "1.5.0"),
  RESIZE_BILINEAR: builtin(23, "1.7.0", "1.14.0", "2.2.0"),
  SOFTMAX: builtin(25, "1.5.0", "1.14.0"),
  TANH: builtin(28, "1.14.0"),
  PAD: builtin(34, "1.5.0", "1.14.0", "2.4.0", "2.6.0"),
  TRANSPOSE: builtin(39, "1.6.0", "1.14.0", "1.15.0", "2.3.0", "2.4.0", "2.12.0"),
  MEAN: builtin(40, "1.6.0", "1.14.0"),
  SUB: builtin(41, "1.6.0", "1.14.0", "2.3.0"),
  DIV: builtin(42, "1.6.0", "2.3.0"),
  EXP: builtin(47, "1.7.0"),
  PRELU: builtin(54, "1.8.0"),
  MAXIMUM: builtin(55, "1.14.0", "1.14.0", "2.3.0"),
  MINIMUM: builtin(57, "1.14.0", "1.14.0", "2.3.0"),
  NEG: builtin(59, "1.9.0"),
  PADV2: builtin(60, "1.9.0", "1.14.0", "2.4.0", "2.6.0"),
  SLICE: builtin(65, "1.14.0", "1.14.0", "1.14.0", "2.4.0", "2.5.0"),
  LOG: builtin(73, "1.14.0"),
  SUM: builtin(74, "1.10.0"),
  SQRT: builtin(75, "1.10.0"),
  RSQRT: builtin(76, "1.10.0"),
  POW: builtin(78, "1.10.0"),
  REDUCE_MAX: builtin(82, "1.11.0"),
  REDUCE_MIN: builtin(89, "1.11.0"),
  SQUARE: builtin(92, "1.12.0"),
  RESIZE_NEAREST_NEIGHBOR: builtin(97, "1.13.1", "1.14.0", "2.3.0"),
  LEAKY_RELU: builtin(98, "1.13.1"),
  ABS: builtin(101, "1.13.0"),
  ELU: builtin(111, "1.14.0"),
  QUANTIZE: builtin(114, "1.14.0"),
  HARD_SWISH: builtin(117, "1.15.0"),
  BATCH_MATMUL: builtin(126, "2.3.0"),
  GELU: builtin(150, "2.9.0"),
};
