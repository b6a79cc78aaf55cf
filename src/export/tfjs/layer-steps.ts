import { float32 } from "../../core/tensor.ts";
import { transposed } from "../channels-last/constants.ts";
import type { Step } from "../channels-last/program.ts";
import { binary, convolution, enlarged, padded, sliced } from "./layer-parts.ts";
import type { LayerPen } from "./layer-pen.ts";
import { type Output, sliding } from "./layers.ts";

/** A program's step as Keras layers, such as TensorFlow.js 1.3.1 knows, which Teachable Machine's loader carries. */
export function layerOf(pen: LayerPen, step: Step): Output {
  const { k } = pen;
  const shape = pen.shape(step);
  switch (step.op) {
    case "conv2d":
    case "depthwiseConv2d":
      return convolution(pen, step, shape);
    case "fullyConnected": {
      const x = pen.x(step);
      if (x.shape[0] !== 1) pen.refuse(step, "it has several rows");
      const activation = step.activation === "none" ? "linear" : step.activation;
      const kernel = transposed(pen.constant(step.weights)!, [1, 0]);
      const weights = { kernel, bias: pen.constant(step.bias)! };
      return k.add("Dense", { units: shape[1]!, use_bias: true, activation }, [x], shape, weights);
    }
    case "maxPool":
    case "averagePool": {
      const { strides, padding, data_format } = sliding(step.window, step.strides, step.padding);
      const name = step.op === "maxPool" ? "MaxPooling2D" : "AveragePooling2D";
      return k.add(name, { pool_size: step.window, strides, padding, data_format }, [pen.x(step)], shape);
    }
    case "add":
    case "subtract":
    case "multiply":
    case "divide":
    case "maximum":
    case "minimum":
    case "power":
      return binary(pen, step, shape);
    case "relu":
    case "relu6":
    case "elu":
    case "sigmoid":
    case "tanh":
    case "softmax":
      return k.activation(step.op, pen.x(step));
    case "leakyRelu":
      return k.add("LeakyReLU", { alpha: step.slope }, [pen.x(step)], shape);
    case "prelu": {
      const places = shape.slice(1, -1).map((_, i) => i + 1);
      const slopes = pen.byChannel(step, step.slopes, shape.at(-1)!);
      const alpha = float32(slopes, [...places.map(() => 1), slopes.length]);
      return k.add("PReLU", { shared_axes: places }, [pen.x(step)], shape, { alpha });
    }
    case "hardSwish": {
      // x · relu6(x + 3) / 6
      const x = pen.x(step);
      const gate = k.scaled(k.activation("relu6", k.scaled(x, 1, 3)), 1 / 6, 0);
      return k.add("Multiply", {}, [x, gate], shape);
    }
    case "negate":
      return k.scaled(pen.x(step), -1, 0);
    case "abs":
      return k.add("Maximum", {}, [pen.x(step), k.scaled(pen.x(step), -1, 0)], shape);
    case "square":
      return k.add("Multiply", {}, [pen.x(step), pen.x(step)], shape);
    case "mean":
    case "reduceMax": {
      const x = pen.x(step);
      if (x.shape.length !== 4 || String(step.axes) !== "1,2") pen.refuse(step, "it is not over a whole map");
      const name = step.op === "mean" ? "GlobalAveragePooling2D" : "GlobalMaxPooling2D";
      const pooled = k.add(name, { data_format: "channels_last" }, [x], [1, x.shape[3]!]);
      return k.reshape(pooled, shape);
    }
    case "reshape":
      return shape[0] === 1 ? k.reshape(pen.x(step), shape) : pen.refuse(step, "it moves the batch");
    case "transpose":
      if (step.permutation[0] !== 0) pen.refuse(step, "it moves the batch");
      return k.add("Permute", { dims: step.permutation.slice(1) }, [pen.x(step)], shape);
    case "concat": {
      if (step.axis === 0) pen.refuse(step, "it joins along the batch");
      const inputs = step.inputs.map((name) => pen.x(step, name));
      return k.add("Concatenate", { axis: step.axis }, inputs, shape);
    }
    case "pad":
      return padded(pen, step, shape);
    case "slice":
      return sliced(pen, step, shape);
    case "resizeNearest":
      return enlarged(pen, step, shape);
    case "matMul":
    case "sum":
    case "reduceMin":
    case "resizeLinear":
    case "gelu":
    case "exp":
    case "log":
    case "sqrt":
    case "rsqrt":
    case "floor":
      return pen.refuse(step, "there is no such layer");
    default:
      return step satisfies never;
  }
}
