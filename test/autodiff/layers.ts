import { random } from "../../src/core/random.ts";
import { float32, int64, scalar, sizeOf } from "../../src/core/tensor.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import type { Model } from "../../src/onnx/graph.ts";

interface ConvOptions {
  readonly side?: number;
  readonly stride?: number;
  readonly groups?: number;
  readonly pad?: number;
}

/** Layers as exporters write them, with weights drawn from a seed and their names kept. */
export class Layers {
  readonly b = new GraphBuilder({ opset: 18 });
  readonly weights: string[] = [];
  readonly #rng;

  constructor(seed: number) {
    this.#rng = random(seed);
  }

  /** A weight of normal numbers around `mean`. */
  weight(name: string, shape: readonly number[], spread: number, mean = 0): string {
    const data = Float32Array.from({ length: sizeOf(shape) }, () => mean + spread * this.#rng.normal());
    const unique = this.b.initializer(name, float32(data, shape));
    this.weights.push(unique);
    return unique;
  }

  number(value: number): string {
    return this.b.constant(scalar(value));
  }

  ints(...values: number[]): string {
    return this.b.constant(int64(values), "ints");
  }

  op(opType: string, inputs: readonly string[], attributes = {}): string {
    return this.b.op(opType, inputs, attributes);
  }

  conv(x: string, from: number, to: number, options: ConvOptions = {}): string {
    const { side = 3, stride = 1, groups = 1, pad = (side - 1) / 2 } = options;
    const fan = (from / groups) * side * side;
    const weight = this.weight("conv.weight", [to, from / groups, side, side], Math.sqrt(2 / fan));
    return this.op("Conv", [x, weight, this.weight("conv.bias", [to], 0.1)], {
      kernel_shape: [side, side],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
      group: groups,
    });
  }

  /** With running statistics that are not 0 and 1. */
  batchNorm(x: string, channels: number): string {
    const scale = this.weight("bn.scale", [channels], 0.1, 1);
    const bias = this.weight("bn.bias", [channels], 0.1);
    const drawn = (from: number) => Float32Array.from({ length: channels }, () => from + this.#rng.next());
    const mean = this.b.initializer("bn.mean", float32(drawn(-0.5)));
    const variance = this.b.initializer("bn.variance", float32(drawn(0.7)));
    return this.op("BatchNormalization", [x, scale, bias, mean, variance]);
  }

  /** x·W + b over the last axis. */
  dense(x: string, from: number, to: number): string {
    const product = this.op("MatMul", [x, this.weight("dense.weight", [from, to], Math.sqrt(1 / from))]);
    return this.op("Add", [this.weight("dense.bias", [to], 0.1), product]);
  }

  layerNorm(x: string, width: number, decomposed = false): string {
    const [scale, bias] = [
      this.weight("ln.scale", [width], 0.1, 1),
      this.weight("ln.bias", [width], 0.1),
    ] as const;
    if (!decomposed) return this.op("LayerNormalization", [x, scale, bias], { axis: -1, epsilon: 1e-6 });
    const mean = (value: string) => this.op("ReduceMean", [value, this.ints(-1)]);
    const centred = this.op("Sub", [x, mean(x)]);
    const variance = mean(this.op("Pow", [centred, this.number(2)]));
    const deviation = this.op("Sqrt", [this.op("Add", [variance, this.number(1e-6)])]);
    const normal = this.op("Div", [centred, deviation]);
    return this.op("Add", [this.op("Mul", [normal, scale]), bias]);
  }

  relu(x: string): string {
    return this.op("Relu", [x]);
  }

  silu(x: string): string {
    return this.op("Mul", [x, this.op("Sigmoid", [x])]);
  }

  /** x·½(1 + erf(x / √2)) as torch.onnx writes it. */
  gelu(x: string): string {
    const erf = this.op("Erf", [this.op("Div", [x, this.number(Math.SQRT2)])]);
    return this.op("Mul", [this.op("Mul", [x, this.op("Add", [erf, this.number(1)])]), this.number(0.5)]);
  }

  /** [N, T, width] -> [N, T, width]; `mask` changes the scores [N, heads, T, T]. */
  attention(x: string, width: number, heads: number, mask = (scores: string) => scores): string {
    const depth = width / heads;
    const inHeads = (value: string): string => {
      const split = this.op("Reshape", [value, this.ints(0, -1, heads, depth)]);
      return this.op("Transpose", [split], { perm: [0, 2, 1, 3] });
    };
    const [q, k, v] = [0, 1, 2].map(() => inHeads(this.dense(x, width, width))) as [string, string, string];
    const scores = this.op("MatMul", [q, this.op("Transpose", [k], { perm: [0, 1, 3, 2] })]);
    const scaled = mask(this.op("Div", [scores, this.number(Math.sqrt(depth))]));
    const mixed = this.op("MatMul", [this.op("Softmax", [scaled], { axis: -1 }), v]);
    const joined = this.op("Transpose", [mixed], { perm: [0, 2, 1, 3] });
    return this.dense(this.op("Reshape", [joined, this.ints(0, -1, width)]), width, width);
  }

  /** dense, GELU, dense: four times as wide in between. */
  mlp(x: string, width: number): string {
    return this.dense(this.gelu(this.dense(x, width, 4 * width)), 4 * width, width);
  }

  /** [N, C, h, w] -> [N, C] */
  pooled(x: string): string {
    return this.op("Flatten", [this.op("GlobalAveragePool", [x])]);
  }

  ending(features: string, width: number): Model {
    this.b.output(this.b.op("Identity", [features], {}, { outputs: ["features"] }), "float32", ["N", width]);
    return this.b.model();
  }
}
