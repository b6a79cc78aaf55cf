import { random } from "../../src/core/random.ts";
import { float32, int64, sizeOf, type Tensor } from "../../src/core/tensor.ts";
import { float } from "../../src/onnx/attributes.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import type { Model, Shape } from "../../src/onnx/graph.ts";

/** Small networks in the manner of the families that users bring, with drawn weights. */
export class Net {
  readonly b: GraphBuilder;
  readonly #rng = random(7);

  constructor(input: Shape = ["N", 3, 32, 32], opset = 17) {
    this.b = new GraphBuilder({ opset });
    this.b.input("input", "float32", input);
  }

  weight(...shape: number[]): string {
    const fan = sizeOf(shape.slice(1)) || 1;
    const draw = () => this.#rng.normal() / Math.sqrt(fan);
    return this.b.constant(float32(Float32Array.from({ length: sizeOf(shape) }, draw), shape), "weight");
  }

  ints(...values: number[]): string {
    return this.b.constant(int64(values), "ints");
  }

  conv(x: string, from: number, to: number, side = 3, stride = 1): string {
    const pad = (side - 1) / 2;
    return this.b.op("Conv", [x, this.weight(to, from, side, side), this.weight(to)], {
      kernel_shape: [side, side],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
    });
  }

  gemm(x: string, from: number, to: number, name?: string): string {
    const inputs = [x, this.weight(to, from), this.weight(to)];
    return this.b.op("Gemm", inputs, { transB: 1 }, name === undefined ? {} : { outputs: [name] });
  }

  matmulAdd(x: string, from: number, to: number): string {
    return this.b.op("Add", [this.b.op("MatMul", [x, this.weight(from, to)]), this.weight(to)]);
  }

  relu(x: string): string {
    return this.b.op("Relu", [x]);
  }

  /** [N, 8, 8, 8] for 32 px. */
  stem(): string {
    const first = this.relu(this.conv("input", 3, 6, 3, 2));
    return this.b.op("Relu", [this.conv(first, 6, 8, 3, 2)], {}, { outputs: ["map"] });
  }

  pool(x: string): string {
    return this.b.op("GlobalAveragePool", [x], {}, { name: "pool" });
  }

  flatten(x: string, name?: string): string {
    return this.b.op("Flatten", [x], {}, name === undefined ? {} : { outputs: [name] });
  }

  named(opType: string, x: string, name: string, attributes = {}): string {
    return this.b.op(opType, [x], attributes, { outputs: [name] });
  }

  ending(...outputs: readonly string[]): Model {
    for (const output of outputs) this.b.output(output);
    return this.b.model();
  }
}

/** A pooled convolutional classifier: map -> pool -> `flat` -> Gemm `logits`. */
export function gemmClassifier(input?: Shape): Model {
  const net = new Net(input);
  net.gemm(net.flatten(net.pool(net.stem()), "flat"), 8, 5, "output");
  return net.ending("output");
}

/** Its classifier is MatMul and Add, behind a softmax. */
export function matmulClassifier(): Model {
  const net = new Net();
  const pooled = net.b.op("ReduceMean", [net.stem()], { axes: [2, 3], keepdims: 0 }, { outputs: ["mean"] });
  net.named("Softmax", net.matmulAdd(pooled, 8, 5), "out");
  return net.ending("out");
}

/** SqueezeNet: a 1x1 convolution onto the classes, then the pool. */
export function squeezeNet(classes: number): Model {
  const net = new Net();
  const dropped = net.b.op("Dropout", [net.conv(net.stem(), 8, 16)]);
  const classed = net.relu(net.conv(dropped, 16, classes, 1));
  net.flatten(net.pool(classed), "out");
  return net.ending("out");
}

/** Keras' MobileNet: the pool, then Reshape, a 1x1 convolution onto the classes, Reshape and Softmax. */
export function kerasMobileNet(softmax: boolean): Model {
  const net = new Net();
  const pooled = net.named("Dropout", net.pool(net.stem()), "dropped");
  const classed = net.conv(pooled, 8, 5, 1);
  const flat = net.b.op("Reshape", [classed, net.ints(-1, 5)], {}, { outputs: ["flat"] });
  return net.ending(softmax ? net.named("Softmax", flat, "act") : flat);
}

/** VGG: dense layers on the flattened map, with dropout between them. */
export function vgg(input?: Shape): Model {
  const net = new Net(input);
  const first = net.relu(net.gemm(net.flatten(net.stem(), "flat"), 512, 12));
  const second = net.named("Relu", net.gemm(net.named("Dropout", first, "drop1"), 12, 10), "fc2");
  net.gemm(net.named("Dropout", second, "drop2"), 10, 5, "out");
  return net.ending("out");
}

/** MobileNet v3: the pool, a 1x1 convolution that widens, hard swish, Flatten, Gemm. */
export function mobileNetV3(headless = false): Model {
  const net = new Net();
  const wide = net.b.op("HardSwish", [net.conv(net.pool(net.stem()), 8, 20, 1)]);
  const flat = net.flatten(wide, "flat");
  return net.ending(headless ? flat : net.gemm(flat, 20, 5, "out"));
}

/** A convolution that widens, then the pool: a headless MobileNet v2, whose output says nothing of what it is. */
export function headlessWide(): Model {
  const net = new Net();
  net.flatten(net.pool(net.relu(net.conv(net.stem(), 8, 32, 1))), "out");
  return net.ending("out");
}

export interface Transformer {
  readonly ending: "classifier" | "tokens" | "clip";
  /** undefined: the class token is fixed to one picture, as exporters without dynamic axes write it. */
  readonly classToken: "expanded" | "fixed" | "none";
}

/** A vision transformer without its attention: patches, class token, positions, a norm. 16 patches of 8 px, width 8. */
export function transformer({ ending, classToken }: Transformer): Model {
  const net = new Net(["N", 3, 32, 32]);
  const { b } = net;
  const patches = b.op("Conv", ["input", net.weight(8, 3, 8, 8)], { strides: [8, 8] });
  const rows = b.op("Reshape", [patches, net.ints(0, 8, -1)]);
  let tokens = b.op("Transpose", [rows], { perm: [0, 2, 1] });
  if (classToken !== "none") {
    const one = net.weight(1, 1, 8);
    const batch = b.op("Gather", [b.op("Shape", [tokens]), net.ints(0)]);
    const shape = b.op("Concat", [batch, net.ints(1, 8)], { axis: 0 });
    const token = classToken === "fixed" ? one : b.op("Expand", [one, shape]);
    tokens = b.op("Concat", [token, tokens], { axis: 1 });
  }
  const placed = b.op("Add", [tokens, net.weight(1, classToken === "none" ? 16 : 17, 8)]);
  const normal = b.op(
    "LayerNormalization",
    [placed, net.weight(8), net.weight(8)],
    { epsilon: float(1e-6) },
    { outputs: ["last_hidden_state"] },
  );
  if (ending === "tokens") return net.ending(normal);
  const first = b.op("Gather", [normal, b.constant(int64([0], []))], { axis: 1 }, { outputs: ["cls"] });
  if (ending === "classifier") return net.ending(net.gemm(first, 8, 5, "out"));
  b.op("MatMul", [first, net.weight(8, 6)], {}, { outputs: ["image_embeds"] });
  return net.ending("image_embeds", normal);
}

/** A picture of normal numbers: the input of a network of that batch and side. */
export function picture(side: number, batch = 1, seed = 3): Tensor {
  const rng = random(seed);
  const length = batch * 3 * side * side;
  return float32(
    Float32Array.from({ length }, () => rng.normal()),
    [batch, 3, side, side],
  );
}
