import { random } from "../src/core/random.ts";
import { float32 } from "../src/core/tensor.ts";
import { GraphBuilder } from "../src/onnx/builder.ts";
import type { Model } from "../src/onnx/graph.ts";

/** ResNet-18 (He et al. 2016) up to its feature vector, BatchNorm folded, weights drawn by He's rule: 11.2 M of them. */
export function resnet18(size: number): Model {
  const b = new GraphBuilder({ opset: 18, name: "resnet18" });
  const rng = random(1);
  const conv = (x: string, inputs: number, outputs: number, kernel: number, stride: number): string => {
    const std = Math.sqrt(2 / (inputs * kernel ** 2));
    const data = Float32Array.from({ length: outputs * inputs * kernel ** 2 }, () => std * rng.normal());
    const weight = b.initializer("weight", float32(data, [outputs, inputs, kernel, kernel]));
    const bias = b.initializer("bias", float32(new Float32Array(outputs)));
    const pad = kernel >> 1;
    return b.op("Conv", [x, weight, bias], {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
    });
  };
  const relu = (x: string): string => b.op("Relu", [x]);
  const block = (x: string, inputs: number, outputs: number, stride: number): string => {
    const inner = conv(relu(conv(x, inputs, outputs, 3, stride)), outputs, outputs, 3, 1);
    const around = stride === 1 && inputs === outputs ? x : conv(x, inputs, outputs, 1, stride);
    return relu(b.op("Add", [inner, around]));
  };
  let x = relu(conv(b.input("input", "float32", ["N", 3, size, size]), 3, 64, 7, 2));
  x = b.op("MaxPool", [x], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  let channels = 64;
  for (const outputs of [64, 128, 256, 512]) {
    for (const first of [true, false]) {
      x = block(x, channels, outputs, first && outputs > 64 ? 2 : 1);
      channels = outputs;
    }
  }
  const features = b.op("Flatten", [b.op("GlobalAveragePool", [x])], {}, { outputs: ["features"] });
  b.output(features, "float32", ["N", 512]);
  return b.model();
}
