import { type DType, float32, int64, scalar, type Tensor, uint8 } from "../../src/core/tensor.ts";
import { type AttributeValue, float, floats } from "../../src/onnx/attributes.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import type { Model } from "../../src/onnx/graph.ts";

/** An input that is fed zeros at run time. */
export interface Feed {
  readonly dtype: DType;
  readonly feed: readonly number[];
}

/** One node: its inputs are fed, constants, or left out. */
export interface OperatorCase {
  readonly op: string;
  readonly opset: number;
  readonly inputs: readonly (Feed | Tensor | undefined)[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly outputs: number;
}

/** A model of the one node. */
export function modelOf({ op, opset, inputs, attributes, outputs }: OperatorCase): Model {
  const builder = new GraphBuilder({ opset });
  const names = inputs.map((input, i) => {
    if (input === undefined) return "";
    return "feed" in input
      ? builder.input(`x${i}`, input.dtype, input.feed)
      : builder.initializer(`c${i}`, input);
  });
  for (const name of builder.ops(op, names, attributes, outputs)) builder.output(name);
  return builder.model();
}

const x = (...feed: number[]): Feed => ({ dtype: "float32", feed });
const of = (dtype: DType, ...feed: number[]): Feed => ({ dtype, feed });
const ints = (...values: number[]): Tensor => int64(values);
const weights = (...shape: number[]): Tensor =>
  float32(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);
const bytes = (...shape: number[]): Tensor => uint8(new Uint8Array(shape.reduce((a, b) => a * b, 1)), shape);

type Row = readonly [
  op: string,
  inputs: OperatorCase["inputs"],
  attributes?: OperatorCase["attributes"],
  outputs?: number,
];

const atOpset = (opset: number, rows: readonly Row[]): OperatorCase[] =>
  rows.map(([op, inputs, attributes = {}, outputs = 1]) => ({ op, opset, inputs, attributes, outputs }));

const w33 = weights(4, 3, 3, 3);
const c4 = weights(4);

const windows: readonly Row[] = [
  ["Conv", [x(2, 3, 17, 20), w33]],
  ["Conv", [x(2, 3, 17, 20), w33], { strides: [2, 3], pads: [1, 0, 2, 1], dilations: [2, 1] }],
  ["Conv", [x(2, 3, 17, 20), w33], { auto_pad: "SAME_UPPER", strides: [2, 3] }],
  ["Conv", [x(2, 3, 17, 20), w33], { auto_pad: "SAME_LOWER", strides: [2, 2] }],
  ["Conv", [x(2, 3, 17, 20), w33], { auto_pad: "VALID", strides: [2, 2], kernel_shape: [3, 3] }],
  ["Conv", [x(2, 4, 9), weights(4, 2, 3)], { group: 2 }],
  ["Conv", [x(1, 1, 5, 6, 7), weights(2, 1, 3, 3, 3)], { pads: [1, 1, 1, 1, 1, 1] }],
  ["ConvTranspose", [x(2, 4, 5, 6), weights(4, 3, 3, 3)], { strides: [2, 3] }],
  ["ConvTranspose", [x(2, 4, 5, 6), weights(4, 2, 3, 3)], { strides: [2, 2], pads: [1, 0, 1, 1], group: 2 }],
  ["ConvTranspose", [x(2, 4, 5, 6), weights(4, 3, 3, 3)], { strides: [2, 2], output_padding: [1, 1] }],
  ["ConvTranspose", [x(2, 4, 5, 6), weights(4, 3, 3, 3)], { strides: [2, 2], auto_pad: "SAME_UPPER" }],
  ["ConvTranspose", [x(2, 4, 5, 6), weights(4, 3, 3, 3)], { strides: [2, 2], auto_pad: "VALID" }],
  ["ConvTranspose", [x(2, 4, 5, 6), weights(4, 3, 3, 3)], { strides: [2, 2], output_shape: [10, 12] }],
  ["ConvTranspose", [x(2, 4, 5, 6), weights(4, 3, 3, 3)], { dilations: [2, 1] }],
  ["MaxPool", [x(2, 3, 14, 15)], { kernel_shape: [3, 3], strides: [2, 2] }, 2],
  ["MaxPool", [x(2, 3, 14, 15)], { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }],
  ["MaxPool", [x(2, 3, 14, 15)], { kernel_shape: [3, 2], strides: [2, 2], ceil_mode: 1, pads: [1, 1, 1, 1] }],
  ["MaxPool", [x(2, 3, 13, 15)], { kernel_shape: [2, 2], strides: [3, 4], ceil_mode: 1, pads: [1, 1, 1, 1] }],
  ["MaxPool", [x(2, 3, 14, 15)], { kernel_shape: [3, 3], dilations: [2, 3] }],
  ["MaxPool", [x(2, 3, 14, 15)], { kernel_shape: [3, 3], strides: [2, 2], auto_pad: "SAME_UPPER" }],
  ["MaxPool", [x(2, 3, 9)], { kernel_shape: [3], strides: [2] }],
  ["AveragePool", [x(2, 3, 14, 15)], { kernel_shape: [3, 3], strides: [2, 2], pads: [0, 0, 1, 1] }],
  [
    "AveragePool",
    [x(2, 3, 14, 15)],
    { kernel_shape: [3, 3], strides: [3, 3], ceil_mode: 1, count_include_pad: 1 },
  ],
  ["LpPool", [x(2, 3, 14, 15)], { kernel_shape: [3, 3] }],
  [
    "MaxUnpool",
    [x(1, 2, 3, 4), of("int64", 1, 2, 3, 4)],
    { kernel_shape: [3, 2], strides: [2, 2], pads: [1, 0, 0, 1] },
  ],
  [
    "MaxUnpool",
    [x(1, 2, 3, 4), of("int64", 1, 2, 3, 4), ints(1, 2, 7, 9)],
    { kernel_shape: [2, 2], strides: [2, 2] },
  ],
  ["GlobalAveragePool", [x(2, 3, 7, 5)]],
  ["GlobalMaxPool", [x(2, 3, 7)]],
  ["GlobalLpPool", [x(2, 3, 7, 5)]],
  [
    "QLinearConv",
    [of("uint8", 2, 3, 9, 9), scalar(1), bytes(), bytes(4, 3, 3, 3), scalar(1), bytes(), scalar(1), bytes()],
  ],
  ["ConvInteger", [of("uint8", 2, 3, 9, 9), bytes(4, 3, 3, 3)]],
  ["RoiAlign", [x(1, 3, 9, 9), x(5, 4), of("int64", 5)], { output_height: 3, output_width: 2 }],
];

const algebra: readonly Row[] = [
  ["Gemm", [x(2, 5), weights(5, 3), weights(3)]],
  ["Gemm", [x(5, 2), weights(3, 5)], { transA: 1, transB: 1, alpha: float(2) }],
  ["MatMul", [x(2, 1, 4, 5), x(3, 5, 6)]],
  ["MatMul", [x(5), x(3, 5, 6)]],
  ["MatMul", [x(3, 4, 5), x(5)]],
  ["MatMul", [x(5), x(5)]],
  ["MatMulInteger", [of("uint8", 2, 5), bytes(5, 3)]],
  [
    "QLinearMatMul",
    [of("uint8", 2, 5), scalar(1), bytes(), bytes(5, 3), scalar(1), bytes(), scalar(1), bytes()],
  ],
  ["Einsum", [x(2, 3, 4), x(2, 4, 5)], { equation: "bij,bjk->bik" }],
  ["Einsum", [x(2, 7, 3, 4), x(2, 7, 4, 5)], { equation: "...ij, ...jk -> ...ik" }],
  ["Einsum", [x(3, 4), x(4, 5)], { equation: "ij,jk" }],
  ["Einsum", [x(3, 3)], { equation: "ii->" }],
  ["Add", [x(2, 3, 4), x(3, 1)]],
  ["Sub", [x(4), x(2, 1, 1)]],
  ["Mul", [x(2, 1, 3), weights()]],
  ["Div", [of("int64", 2, 3), ints(2)]],
  ["Pow", [x(2, 3), scalar(2)]],
  ["Mod", [of("int64", 3), ints(2)]],
  ["Max", [x(2, 3), x(3), x(1, 1)]],
  ["Min", [x(2, 3)]],
  ["Sum", [x(2, 3), x(3)]],
  ["Mean", [x(2, 3), x(1, 3)]],
  ["Equal", [of("int64", 2, 3), ints(2)]],
  ["Greater", [x(2, 3), x(3)]],
  ["And", [of("bool", 2, 1), of("bool", 3)]],
  ["Not", [of("bool", 2, 1)]],
  ["Where", [of("bool", 2, 1), x(3), x(1, 1, 1)]],
  ["PRelu", [x(2, 3, 4, 4), weights(3, 1, 1)]],
  ["Clip", [x(2, 3), scalar(0), scalar(6)]],
  ["Cast", [x(2, 3)], { to: 7 }],
  ["CastLike", [x(2, 3), ints(1)]],
  ["IsNaN", [x(2, 3)]],
  ["Dropout", [x(2, 3), scalar(0.5)], {}, 2],
  ["CumSum", [x(2, 3), int64([1], [])]],
  ["Trilu", [x(3, 3)]],
];

const shapes: readonly Row[] = [
  ["Reshape", [x(2, 3, 4, 5), ints(0, -1, 5)]],
  ["Reshape", [x(2, 3, 4, 5), ints(-1)]],
  ["Reshape", [x(2, 3, 0), ints(3, 0, 7)], { allowzero: 1 }],
  ["Reshape", [x(1), ints()]],
  ["Flatten", [x(2, 3, 4)]],
  ["Flatten", [x(2, 3, 4)], { axis: 0 }],
  ["Flatten", [x(2, 3, 4)], { axis: -1 }],
  ["Flatten", [x(2, 3, 4)], { axis: 3 }],
  ["Transpose", [x(2, 3, 4)]],
  ["Transpose", [x(2, 3, 4, 5)], { perm: [0, 2, 3, 1] }],
  ["Squeeze", [x(1, 3, 1, 5), ints(0, -2)]],
  ["Squeeze", [x(1, 3, 1, 5)]],
  ["Unsqueeze", [x(3, 4), ints(0, -1)]],
  ["Expand", [x(3, 1), ints(2, 1, 6)]],
  ["Tile", [x(2, 3), ints(2, 3)]],
  ["DepthToSpace", [x(2, 12, 3, 4)], { blocksize: 2 }],
  ["SpaceToDepth", [x(2, 3, 6, 4)], { blocksize: 2 }],
  ["Concat", [x(2, 3), x(2, 5), x(2, 1)], { axis: -1 }],
  ["Split", [x(2, 7), ints(3, 4)], { axis: 1 }, 2],
  ["Split", [x(6, 2)], { num_outputs: 3 }, 3],
  ["Split", [x(7, 2)], { num_outputs: 3 }, 3],
  ["Slice", [x(5, 6, 7), ints(1, -3), ints(100, -1), ints(0, 2)]],
  ["Slice", [x(5, 6, 7), ints(-1), ints(-100), ints(1), ints(-2)]],
  ["Slice", [x(5, 6), ints(1, 2), ints(4, 5)]],
  ["Slice", [x(5), ints(4), int64([-(2n ** 63n)]), ints(0), ints(-1)]],
  ["Slice", [x(5), ints(3), ints(2)]],
  ["Pad", [x(2, 3, 4), ints(0, 1, -1, 2, 0, 0)]],
  ["Pad", [x(2, 3, 4), ints(1, 2), undefined, ints(-1)], { mode: "reflect" }],
  ["Gather", [x(4, 5, 6), of("int64", 2, 3)], { axis: 1 }],
  ["Gather", [x(4, 5, 6), int64([0], [])], { axis: -1 }],
  ["GatherElements", [x(4, 5), of("int64", 2, 5)]],
  ["GatherND", [x(2, 3, 4), of("int64", 5, 2)]],
  ["GatherND", [x(2, 3, 4), of("int64", 2, 1)], { batch_dims: 1 }],
  ["ScatterElements", [x(4, 5), of("int64", 2, 5), x(2, 5)]],
  ["ScatterND", [x(4, 5), of("int64", 2, 1), x(2, 5)]],
  ["TopK", [x(2, 9), ints(4)], { axis: 1 }, 2],
  ["OneHot", [of("int64", 2, 3), ints(7), float32([0, 1])]],
  ["OneHot", [of("int64", 2, 3), ints(7), float32([0, 1])], { axis: 0 }],
  ["Shape", [x(2, 3, 4)]],
  ["Shape", [x(2, 3, 4)], { start: 1, end: -1 }],
  ["Size", [x(2, 3, 4)]],
  ["Range", [int64([2], []), int64([11], []), int64([3], [])]],
  ["Range", [scalar(1), scalar(0), scalar(-0.3)]],
  ["ConstantOfShape", [ints(2, 3)], { value: int64([5]) }],
  ["Constant", [], { value: weights(2, 3) }],
  ["Constant", [], { value_ints: [1, 2, 3] }],
  ["Constant", [], { value_float: float(1) }],
  ["EyeLike", [x(3, 4)], { dtype: 7 }],
  ["NonZero", [x(3, 4)]],
  ["GridSample", [x(2, 3, 5, 6), x(2, 7, 8, 2)]],
  ["AffineGrid", [x(2, 2, 3), ints(2, 3, 5, 6)]],
  ["CenterCropPad", [x(5, 6, 3), ints(4, 9)], { axes: [0, 1] }],
];

const sums: readonly Row[] = [
  ["BatchNormalization", [x(2, 4, 5, 5), c4, c4, c4, c4]],
  ["InstanceNormalization", [x(2, 4, 5, 5), c4, c4]],
  ["LayerNormalization", [x(2, 4, 5), weights(5), weights(5)], {}, 3],
  ["LayerNormalization", [x(2, 4, 5), weights(4, 5)], { axis: 1 }, 2],
  ["LRN", [x(2, 4, 5, 5)], { size: 3 }],
  ["LpNormalization", [x(2, 4)]],
  ["Softmax", [x(2, 4)], { axis: 1 }],
  ["Hardmax", [x(2, 4)]],
  ["ReduceMean", [x(2, 3, 4), ints(0, -1)]],
  ["ReduceMax", [x(2, 3, 4), ints(1)], { keepdims: 0 }],
  ["ReduceSum", [x(2, 3, 4)], { keepdims: 0 }],
  ["ReduceSum", [x(2, 3, 4)], { noop_with_empty_axes: 1 }],
  ["ReduceL2", [x(2, 3, 4)]],
  ["ArgMax", [x(2, 3, 4)], { axis: -1, keepdims: 0 }],
  ["ArgMin", [x(2, 3, 4)], { axis: 1 }],
  ["SoftmaxCrossEntropyLoss", [x(2, 3), of("int64", 2)], {}, 2],
  ["SoftmaxCrossEntropyLoss", [x(2, 3), of("int64", 2)], { reduction: "none" }],
  ["QuantizeLinear", [x(2, 3), scalar(1), uint8(Uint8Array.of(0), [])]],
  ["QuantizeLinear", [x(2, 3), scalar(1)]],
  ["DequantizeLinear", [of("uint8", 2, 3), scalar(1), uint8(Uint8Array.of(0), [])]],
  ["DynamicQuantizeLinear", [x(2, 3)], {}, 3],
];

const nowhere = undefined;
const resizes: readonly Row[] = [
  ["Resize", [x(1, 2, 5, 7), nowhere, float32([1, 1, 2, 1.5])]],
  ["Resize", [x(1, 2, 5, 7), nowhere, float32([1, 1, 0.6, 0.3])], { mode: "linear" }],
  ["Resize", [x(1, 2, 5, 7), nowhere, nowhere, ints(1, 2, 9, 4)]],
  ["Resize", [x(1, 2, 5, 7), nowhere, nowhere, ints(9, 4)], { axes: [2, 3] }],
  [
    "Resize",
    [x(1, 2, 5, 7), nowhere, nowhere, ints(9, 9)],
    { axes: [2, 3], keep_aspect_ratio_policy: "not_larger" },
  ],
  [
    "Resize",
    [x(1, 2, 5, 7), nowhere, nowhere, ints(9, 9)],
    { axes: [2, 3], keep_aspect_ratio_policy: "not_smaller" },
  ],
  ["Resize", [x(1, 2, 6, 8), nowhere, float32([0.5, 0.25])], { axes: [-2, -1], mode: "linear" }],
];

/** Forms that later opsets have changed. */
const older: readonly OperatorCase[] = [
  ...atOpset(7, [
    ["Upsample", [x(1, 2, 3, 4)], { scales: floats([1, 1, 2, 3]) }],
    ["Dropout", [x(2, 3)]],
    ["Flatten", [x(2, 3, 4)]],
  ]),
  ...atOpset(9, [
    ["Upsample", [x(1, 2, 3, 4), float32([1, 1, 2, 3])]],
    ["Slice", [x(5, 6)], { starts: [1], ends: [-1], axes: [1] }],
    ["Clip", [x(2, 3)], { min: float(0), max: float(6) }],
    ["TopK", [x(2, 9)], { k: 4 }, 2],
    ["BatchNormalization", [x(2, 4, 5, 5), c4, c4, c4, c4]],
  ]),
  ...atOpset(10, [
    ["Resize", [x(1, 2, 3, 4), float32([1, 1, 2, 3])]],
    ["Pad", [x(2, 3)], { pads: [0, 1, 1, 2] }],
    ["TopK", [x(2, 9), ints(4)], {}, 2],
  ]),
  ...atOpset(11, [
    ["Squeeze", [x(1, 3, 1)], { axes: [0] }],
    ["Unsqueeze", [x(3)], { axes: [0, 2] }],
    ["Split", [x(7, 2)], { split: [3, 4] }, 2],
    ["Split", [x(6, 2)], {}, 3],
    ["ReduceSum", [x(2, 3, 4)], { axes: [-1], keepdims: 0 }],
    ["ReduceMean", [x(2, 3, 4)], { axes: [1] }],
    ["Resize", [x(1, 2, 3, 4), float32([]), float32([1, 1, 2, 3])]],
    ["Pad", [x(2, 3), ints(0, 1, 1, 2)]],
  ]),
  ...atOpset(21, [["GroupNormalization", [x(2, 4, 5, 5), c4, c4], { num_groups: 2 }]]),
];

const activations =
  "Abs Ceil Celu Elu Erf Exp Floor Gelu HardSigmoid HardSwish Identity LeakyRelu Log LogSoftmax Mish Neg Reciprocal Relu Round Selu Shrink Sigmoid Sign Softmax Softplus Softsign Sqrt Tanh ThresholdedRelu";

/** One row an operator and a form of it, for inference to be held against the engine's real outputs. */
export const operatorCases: readonly OperatorCase[] = [
  ...atOpset(18, [
    ...windows,
    ...algebra,
    ...shapes.filter(([op]) => op !== "AffineGrid"),
    ...sums,
    ...resizes,
  ]),
  ...atOpset(20, [
    ...shapes.filter(([op]) => op === "AffineGrid"),
    ...activations.split(" ").map((op): Row => [op, [x(2, 3)]]),
  ]),
  ...older,
];
