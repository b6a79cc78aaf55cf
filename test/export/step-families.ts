import { random } from "../../src/core/random.ts";
import { float32, floats, int64, sizeOf, type Tensor } from "../../src/core/tensor.ts";
import type { Step } from "../../src/export/channels-last/program.ts";
import type { AttributeValue } from "../../src/onnx/attributes.ts";
import type { GraphBuilder } from "../../src/onnx/builder.ts";

// The steps that share a row of `Step` share a type, whose `op` is a union.
type OpsWith<Op> = Step extends infer S
  ? S extends { readonly op: infer O }
    ? Op extends O
      ? O
      : never
    : never
  : never;

type Constants = Readonly<Record<string, Tensor>>;
/** Writes what a step does in ONNX, channels first where it must be, and answers the value's name. */
type Reference = (b: GraphBuilder) => string;

/** One step and the same in ONNX, which ONNX Runtime answers for. Both take `image`, and the constants by name. */
export interface StepCase {
  readonly title: string;
  readonly image: Tensor;
  readonly constants: Constants;
  readonly step: Step;
  readonly reference: Reference;
}

const rng = random(23);

/** Numbers of both signs and of all sizes, with the places where activations bend among them. */
export function wild(shape: readonly number[], scale = 4): Tensor {
  const bends = [0, -0, 6, -3, 3, 1e-6, -1e-6, 2 * scale, -2 * scale];
  return float32(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) =>
      i % 5 === 4 ? bends[((i / 5) % bends.length) | 0]! : rng.normal() * scale,
    ),
    shape,
  );
}

/** Wild numbers, brought to where an operator is defined. */
export function mapped(shape: readonly number[], change: (value: number) => number, scale?: number): Tensor {
  return float32(floats(wild(shape, scale)).map(change), shape);
}

export const output = "answer";
export const input = "image";

/** A node of the image and constants. */
export function op(
  name: string,
  attributes: Readonly<Record<string, AttributeValue>> = {},
  ...more: string[]
) {
  return (b: GraphBuilder) => b.op(name, [input, ...more], attributes);
}

/** Of maps channels last, by an operator that wants them channels first. */
function channelsFirst(inside: (b: GraphBuilder, x: string) => string): Reference {
  return (b) => {
    const x = b.op("Transpose", [input], { perm: [0, 3, 1, 2] });
    return b.op("Transpose", [inside(b, x)], { perm: [0, 2, 3, 1] });
  };
}

const auto = { same: "SAME_UPPER", valid: "VALID" } as const;
const activations = { none: undefined, relu: "Relu", relu6: "Clip" } as const;

export function activated(b: GraphBuilder, x: string, activation: keyof typeof activations): string {
  if (activation === "none") return x;
  const bounds = activation === "relu6" ? [b.constant(float32([0], [])), b.constant(float32([6], []))] : [];
  return b.op(activations[activation]!, [x, ...bounds]);
}

type Conv = Extract<Step, { op: "conv2d" | "depthwiseConv2d" }>;
type Settings = Partial<Pick<Conv, "strides" | "padding" | "dilations" | "activation">>;

export function conv(image: readonly number[], filter: readonly number[], settings: Settings = {}): StepCase {
  const about = {
    strides: [1, 1],
    padding: "same",
    dilations: [1, 1],
    activation: "none",
    ...settings,
  } as const;
  const depthwise = filter[0] === 1 && filter[3] !== image[3];
  const group = depthwise ? image[3]! : 1;
  const outputs = depthwise ? filter[3]! : filter[0]!;
  const common = { output, input, filter: "filter", bias: "bias", ...about };
  return {
    title: JSON.stringify({ image, filter, ...settings }),
    image: wild(image),
    constants: { filter: wild(filter, 0.5), bias: wild([outputs]) },
    step: depthwise
      ? { op: "depthwiseConv2d", multiplier: outputs / group, ...common }
      : { op: "conv2d", ...common },
    reference: channelsFirst((b, x) => {
      const weights = b.op("Transpose", ["filter"], { perm: depthwise ? [3, 0, 1, 2] : [0, 3, 1, 2] });
      const { strides, dilations, padding, activation } = about;
      // ONNX Runtime refuses auto_pad with dilations; in these cases each stride is 1 then.
      const around = dilations.map((dilation, i) => dilation * (filter[i + 1]! - 1));
      const pads = [...around.map((all) => Math.floor(all / 2)), ...around.map((all) => Math.ceil(all / 2))];
      const dilated = dilations.some((dilation) => dilation > 1);
      const padded = dilated ? { pads } : { auto_pad: auto[padding] };
      const attributes = { group, strides, dilations, ...padded };
      return activated(b, b.op("Conv", [x, weights, "bias"], attributes), activation);
    }),
  };
}

export function pool(
  kind: "maxPool" | "averagePool",
  image: readonly number[],
  settings: object = {},
): StepCase {
  const about = { window: [3, 2], strides: [2, 1], padding: "same", ...settings } as const;
  const { window, strides, padding } = about;
  return {
    title: JSON.stringify(about),
    // All below zero: a maximum that counts the padding shows.
    image: mapped(image, (value) => -1 - Math.abs(value)),
    constants: {},
    step: { op: kind, output, input, ...about },
    reference: channelsFirst((b, x) =>
      b.op(kind === "maxPool" ? "MaxPool" : "AveragePool", [x], {
        kernel_shape: window,
        strides,
        auto_pad: auto[padding],
      }),
    ),
  };
}

export function full(rows: number, activation: Conv["activation"]): StepCase {
  return {
    title: `${rows} rows, ${activation}`,
    image: wild([rows, 37]),
    constants: { weights: wild([5, 37], 0.5), bias: wild([5]) },
    step: { op: "fullyConnected", output, input, weights: "weights", bias: "bias", activation },
    reference: (b) => activated(b, b.op("Gemm", [input, "weights", "bias"], { transB: 1 }), activation),
  };
}

export function product(
  a: readonly number[],
  other: readonly number[],
  transposed: [boolean, boolean],
): StepCase {
  const turned = (b: GraphBuilder, name: string, shape: readonly number[], turn: boolean) => {
    const axes = [...shape.keys()];
    return turn
      ? b.op("Transpose", [name], { perm: [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!] })
      : name;
  };
  return {
    title: `${a} by ${other}, transposed ${transposed}`,
    image: wild(a),
    constants: { other: wild(other) },
    step: { op: "matMul", output, inputs: [input, "other"], transposed },
    reference: (b) =>
      b.op("MatMul", [turned(b, input, a, transposed[0]), turned(b, "other", other, transposed[1])]),
  };
}

type Binary = OpsWith<"add">;

export function binary(kind: Binary, onnx: string, change = (value: number) => value): readonly StepCase[] {
  const shapes = [
    [[1, 3, 5, 4], []],
    [
      [2, 3, 1, 4],
      [5, 4],
    ],
    [
      [1, 5, 5, 80],
      [1, 1, 1, 80],
    ],
    // The constant may come first, and be the one that decides the shape.
    [[4], [2, 3, 4]],
    [
      [1, 2, 3, 4, 5],
      [3, 1, 1],
    ],
  ] as const;
  return shapes.map(([image, other], i) => {
    const inputs = i % 2 === 0 ? ([input, "other"] as const) : (["other", input] as const);
    return {
      title: `${inputs}: ${image} and ${other}`,
      image: mapped(image, change),
      constants: { other: mapped(other, (value) => change(value || 1)) },
      step: { op: kind, output, inputs },
      reference: (b) => b.op(onnx, inputs),
    };
  });
}

type Unary = OpsWith<"relu">;

export function unary(
  kind: Unary,
  onnx: string,
  change = (value: number) => value,
  scale = 4,
): readonly StepCase[] {
  return [[1, 5, 7, 3], [2, 33], [1]].map((shape) => ({
    title: `${shape}`,
    image: mapped(shape, change, scale),
    constants: {},
    step: { op: kind, output, input },
    reference: op(onnx),
  }));
}

type Reduction = OpsWith<"mean">;

export function reduction(kind: Reduction, onnx: string): readonly StepCase[] {
  return [
    { shape: [2, 5, 7, 9], axes: [1, 2], keepDims: false },
    { shape: [2, 5, 7, 9], axes: [1, 2], keepDims: true },
    { shape: [1, 6, 10], axes: [2], keepDims: true },
    { shape: [1, 6, 10], axes: [1], keepDims: false },
    { shape: [1, 4, 3, 2], axes: [3, 1], keepDims: false },
  ].map(({ shape, axes, keepDims }) => ({
    title: JSON.stringify({ shape, axes, keepDims }),
    image: wild(shape),
    constants: {},
    step: { op: kind, output, input, axes, keepDims },
    reference: (b) => b.op(onnx, [input, b.constant(int64(axes))], { keepdims: Number(keepDims) }),
  }));
}

export function resize(kind: "resizeNearest" | "resizeLinear"): readonly StepCase[] {
  const ways = [
    // TensorFlow's nearest takes the pixel before by default, that at the rounded place otherwise.
    { halfPixelCenters: true, alignCorners: false, mode: "half_pixel", nearest: "round_prefer_ceil" },
    { halfPixelCenters: false, alignCorners: true, mode: "align_corners", nearest: "round_prefer_ceil" },
    { halfPixelCenters: false, alignCorners: false, mode: "asymmetric", nearest: "floor" },
  ];
  const sizes = [
    [10, 14],
    [7, 3],
  ] as const;
  return ways.flatMap(({ mode, nearest, ...way }) =>
    sizes.map((size) => ({
      title: `${mode} ${size}`,
      image: wild([1, 5, 7, 3]),
      constants: {},
      step: { op: kind, output, input, size, ...way },
      reference: channelsFirst((b, x) =>
        b.op("Resize", [x, "", "", b.constant(int64([1, 3, ...size]))], {
          mode: kind === "resizeNearest" ? "nearest" : "linear",
          coordinate_transformation_mode: mode,
          nearest_mode: nearest,
        }),
      ),
    })),
  );
}

export const padded = (value: number, amounts: readonly (readonly [number, number])[]): StepCase => ({
  title: `${value} at ${JSON.stringify(amounts)}`,
  image: wild([1, 3, 5, 4].slice(0, amounts.length)),
  constants: {},
  step: { op: "pad", output, input, amounts, value },
  reference: (b) => {
    const pads = [...amounts.map(([before]) => before), ...amounts.map(([, after]) => after)];
    return b.op("Pad", [input, b.constant(int64(pads)), b.constant(float32([value], []))]);
  },
});
