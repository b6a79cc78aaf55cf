import { float32, sizeOf } from "../../core/tensor.ts";
import { reshaped, transposed } from "../channels-last/constants.ts";
import type { Step } from "../channels-last/program.ts";
import type { LayerPen } from "./layer-pen.ts";
import { type Output, sliding } from "./layers.ts";

export type StepOf<Op extends Step["op"]> = Step extends infer S
  ? S extends { readonly op: infer All }
    ? Op extends All
      ? S
      : never
    : never
  : never;

export function convolution(
  pen: LayerPen,
  step: StepOf<"conv2d"> | StepOf<"depthwiseConv2d">,
  shape: readonly number[],
): Output {
  const filter = pen.constant(step.filter)!;
  const bias = pen.constant(step.bias)!;
  const [, height = 1, width = 1, channels = 1] = filter.shape;
  const common = {
    ...sliding([height, width], step.strides, step.padding),
    activation: step.activation === "none" ? "linear" : step.activation,
  };
  const x = pen.x(step);
  if (step.op === "conv2d") {
    // [out, h, w, in] -> [h, w, in, out]
    const config = { ...common, filters: filter.shape[0]!, dilation_rate: step.dilations };
    return pen.k.add("Conv2D", config, [x], shape, { kernel: transposed(filter, [1, 2, 3, 0]), bias });
  }
  // The layer of that name takes a dilation and does not heed it.
  if (step.dilations.some((by) => by > 1)) pen.refuse(step, "it is dilated");
  const kernel = reshaped(filter, [height, width, channels / step.multiplier, step.multiplier]);
  const config = { ...common, depth_multiplier: step.multiplier };
  return pen.k.add("DepthwiseConv2D", config, [x], shape, { depthwise_kernel: kernel, bias });
}

const merging = { add: "Add", multiply: "Multiply", maximum: "Maximum", minimum: "Minimum" } as const;

/** Of two values by merging layers; with constants by depthwise convolutions of one pixel. */
export function binary(pen: LayerPen, step: StepOf<"add">, shape: readonly number[]): Output {
  const { k } = pen;
  const [left, right] = step.inputs;
  const constants = step.inputs.map((name) => pen.constant(name) !== undefined);
  if (!constants[0] && !constants[1]) {
    const [a, b] = [pen.x(step, left), pen.x(step, right)];
    if (a.shape.length !== b.shape.length) pen.refuse(step, "its sides have different numbers of axes");
    if (step.op === "subtract") return k.add("Add", {}, [a, k.scaled(b, -1, 0)], shape);
    if (step.op === "divide" || step.op === "power") return pen.refuse(step, "both sides are computed");
    return k.add(merging[step.op], {}, [a, b], shape);
  }
  const x = pen.x(step, constants[0] ? right : left);
  if (sizeOf(x.shape) !== sizeOf(shape)) return pen.refuse(step, "it repeats what it computes with");
  const numbers = pen.byChannel(step, constants[0] ? left : right, shape.at(-1)!);
  const all = (value: number): number[] => numbers.map(() => value);
  const negative = numbers.map((value) => -value);
  switch (step.op) {
    case "add":
      return k.affine(x, all(1), numbers);
    case "multiply":
      return k.affine(x, numbers, all(0));
    case "subtract":
      return constants[0] ? k.affine(x, all(-1), numbers) : k.affine(x, all(1), negative);
    case "divide":
      if (constants[0]) return pen.refuse(step, "it divides by what is computed");
      return k.affine(
        x,
        numbers.map((value) => 1 / value),
        all(0),
      );
    // max(x, c) = relu(x - c) + c, min(x, c) = c - relu(c - x)
    case "maximum":
      return k.affine(k.activation("relu", k.affine(x, all(1), negative)), all(1), numbers);
    case "minimum":
      return k.affine(k.activation("relu", k.affine(x, all(-1), numbers)), all(-1), numbers);
    default:
      return pen.refuse(step, "Keras has no such layer");
  }
}

/** With zeros around a map; in front of a maximum they do for the lowest of numbers where nothing is below them. */
export function padded(pen: LayerPen, step: StepOf<"pad">, shape: readonly number[]): Output {
  const [batch, rows, columns, channels] = step.amounts;
  const onMap = step.amounts.length === 4 && String([batch, channels]) === "0,0,0,0";
  if (!onMap || !rows || !columns) return pen.refuse(step, "it is not around a map");
  const lowest = step.value < -3e38 && pen.isPositive(step.input);
  if (step.value !== 0 && !lowest) return pen.refuse(step, "it pads with other numbers than 0");
  const config = { padding: [rows, columns], data_format: "channels_last" };
  return pen.k.add("ZeroPadding2D", config, [pen.x(step)], shape);
}

/** Part of a map by cropping it, part of the channels by a convolution that picks them. */
export function sliced(pen: LayerPen, step: StepOf<"slice">, shape: readonly number[]): Output {
  const x = pen.x(step);
  if (x.shape.length !== 4) return pen.refuse(step, "it is not of a map");
  const [, top = 0, left = 0, first = 0] = step.begin;
  const [, rows = 0, columns = 0, channels = 0] = x.shape;
  const [, height = 0, width = 0, size = 0] = step.size;
  const cropped =
    height === rows && width === columns
      ? x
      : pen.k.add(
          "Cropping2D",
          {
            cropping: [
              [top, rows - top - height],
              [left, columns - left - width],
            ],
            data_format: "channels_last",
          },
          [x],
          [1, height, width, channels],
        );
  if (size === channels) return cropped;
  const kernel = new Float32Array(channels * size);
  for (let i = 0; i < size; i++) kernel[(first + i) * size + i] = 1;
  const config = { ...sliding([1, 1], [1, 1], "valid"), filters: size, activation: "linear" };
  const weights = {
    kernel: float32(kernel, [1, 1, channels, size]),
    bias: float32(new Float32Array(size)),
  };
  return pen.k.add("Conv2D", config, [cropped], shape, weights);
}

/** Every pixel repeated. */
export function enlarged(pen: LayerPen, step: StepOf<"resizeNearest">, shape: readonly number[]): Output {
  const x = pen.x(step);
  const size = [shape[1]! / x.shape[1]!, shape[2]! / x.shape[2]!];
  if (step.alignCorners || !size.every(Number.isInteger)) pen.refuse(step, "it is not by whole numbers");
  return pen.k.add("UpSampling2D", { size, data_format: "channels_last" }, [x], shape);
}
