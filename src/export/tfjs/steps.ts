import { assertNever } from "../../core/assert.ts";
import { scalar } from "../../core/tensor.ts";
import { transposed } from "../channels-last/constants.ts";
import type { Activation, Program, Step } from "../channels-last/program.ts";
import { type Attr, type GraphDef, intsAttr, textAttr, textsAttr } from "./graph-def.ts";

/** [height, width] as TensorFlow writes it for [N, H, W, C]. */
const windowAttr = ([height, width]: readonly [number, number]): Attr => intsAttr([1, height, width, 1]);

/** A bias, and what follows it. */
function fused(activation: Activation): Record<string, Attr> {
  const after = { none: [], relu: ["Relu"], relu6: ["Relu6"] }[activation];
  return { fused_ops: textsAttr(["BiasAdd", ...after]), num_args: { i: "1" } };
}

/** The node that ends a step: operator, inputs (those of the step, where they are left out), attributes. */
type End = readonly [op: string, inputs?: readonly string[], attributes?: Readonly<Record<string, Attr>>];

/** Writes a step's nodes; the last bears the name of its output. */
export function writeStep(g: GraphDef, step: Step, program: Program): void {
  const names = ("inputs" in step ? step.inputs : [step.input]).map((name) => g.name(name));
  const [op, inputs = names, attributes] = endOf(g, step, program, names);
  g.node(op, inputs, attributes, g.name(step.output));
}

function endOf(g: GraphDef, step: Step, { values, constants }: Program, names: readonly string[]): End {
  const x = names[0]!;
  const by = (op: string, value: string, number: number): string =>
    g.node(op, [value, g.constant(scalar(number))]);
  switch (step.op) {
    case "conv2d":
    case "depthwiseConv2d": {
      const filter = constants.get(step.filter)!;
      const [, height = 1, width = 1, channels = 1] = filter.shape;
      const depthwise = step.op === "depthwiseConv2d";
      // [1, h, w, in · m] -> [h, w, in, m]; [out, h, w, in] -> [h, w, in, out]
      const laid = depthwise
        ? { ...filter, shape: [height, width, channels / step.multiplier, step.multiplier] }
        : transposed(filter, [1, 2, 3, 0]);
      const inputs = [x, g.constant(laid, g.name(step.filter)), g.name(step.bias)];
      return [
        depthwise ? "FusedDepthwiseConv2dNative" : "_FusedConv2D",
        inputs,
        {
          strides: windowAttr(step.strides),
          padding: textAttr(step.padding.toUpperCase()),
          dilations: windowAttr(step.dilations),
          data_format: textAttr("NHWC"),
          ...fused(step.activation),
        },
      ];
    }
    case "fullyConnected": {
      const weights = transposed(constants.get(step.weights)!, [1, 0]);
      const inputs = [x, g.constant(weights, g.name(step.weights)), g.name(step.bias)];
      const asTheyAre = { transpose_a: { b: false }, transpose_b: { b: false } };
      return ["_FusedMatMul", inputs, { ...asTheyAre, ...fused(step.activation) }];
    }
    case "maxPool":
    case "averagePool":
      return [
        step.op === "maxPool" ? "MaxPool" : "AvgPool",
        names,
        {
          ksize: windowAttr(step.window),
          strides: windowAttr(step.strides),
          padding: textAttr(step.padding.toUpperCase()),
          data_format: textAttr("NHWC"),
        },
      ];
    case "matMul":
      return [
        "BatchMatMulV2",
        names,
        {
          adj_x: { b: step.transposed[0] },
          adj_y: { b: step.transposed[1] },
        },
      ];
    case "add":
      return ["AddV2"];
    case "subtract":
      return ["Sub"];
    case "multiply":
      return ["Mul"];
    case "divide":
      return ["RealDiv"];
    case "maximum":
      return ["Maximum"];
    case "minimum":
      return ["Minimum"];
    case "power":
      return ["Pow"];
    case "relu":
      return ["Relu"];
    case "relu6":
      return ["Relu6"];
    case "elu":
      return ["Elu"];
    case "sigmoid":
      return ["Sigmoid"];
    case "tanh":
      return ["Tanh"];
    case "exp":
      return ["Exp"];
    case "log":
      return ["Log"];
    case "sqrt":
      return ["Sqrt"];
    case "rsqrt":
      return ["Rsqrt"];
    case "square":
      return ["Square"];
    case "abs":
      return ["Abs"];
    case "negate":
      return ["Neg"];
    case "floor":
      return ["Floor"];
    case "softmax":
      return ["Softmax"];
    case "hardSwish":
      // x · relu6(x + 3) / 6
      return ["Mul", [x, by("Mul", g.node("Relu6", [by("AddV2", x, 3)]), 1 / 6)]];
    case "gelu":
      // x · (1 + erf(x / √2)) / 2
      return ["Mul", [x, by("Mul", by("AddV2", g.node("Erf", [by("Mul", x, Math.SQRT1_2)]), 1), 0.5)]];
    case "leakyRelu":
      return ["LeakyRelu", names, { alpha: { f: step.slope } }];
    case "prelu":
      return ["Prelu", [x, g.name(step.slopes)]];
    case "mean":
    case "sum":
    case "reduceMax":
    case "reduceMin": {
      const op = { mean: "Mean", sum: "Sum", reduceMax: "Max", reduceMin: "Min" }[step.op];
      return [op, [x, g.ints(step.axes)], { keep_dims: { b: step.keepDims } }];
    }
    case "reshape":
      return ["Reshape", [x, g.ints(values.get(step.output)!.shape)]];
    case "transpose":
      return ["Transpose", [x, g.ints(step.permutation)]];
    case "concat":
      return ["ConcatV2", [...names, g.ints([step.axis], [])], { N: { i: String(names.length) } }];
    case "slice":
      return ["Slice", [x, g.ints(step.begin), g.ints(step.size)]];
    case "pad": {
      const amounts = g.ints(step.amounts.flat(), [step.amounts.length, 2]);
      return ["PadV2", [x, amounts, g.constant(scalar(step.value))]];
    }
    case "resizeNearest":
    case "resizeLinear":
      return [
        step.op === "resizeNearest" ? "ResizeNearestNeighbor" : "ResizeBilinear",
        [x, g.ints(step.size)],
        { align_corners: { b: step.alignCorners }, half_pixel_centers: { b: step.halfPixelCenters } },
      ];
    default:
      return assertNever(step);
  }
}
