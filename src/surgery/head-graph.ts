import { assert, assertNever } from "../core/assert.ts";
import type { Random } from "../core/random.ts";
import { float32, scalar, sizeOf, type Tensor } from "../core/tensor.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import type { Model } from "../onnx/graph.ts";
import { targetOpset } from "./upgrade.ts";

export const activations = ["relu", "tanh", "sigmoid", "gelu", "silu", "linear"] as const;
export type Activation = (typeof activations)[number];

export type HeadLayer =
  | { readonly kind: "dense"; readonly units: number; readonly activation: Activation }
  /** Zeroes a share `rate` of the values in training; absent at inference. */
  | { readonly kind: "dropout"; readonly rate: number };

/** The layers before the last one, a linear layer onto the classes, which is implied: [] is the linear head. */
export type HeadSpec = readonly HeadLayer[];

export interface HeadSize {
  /** Length of the feature vector. */
  readonly width: number;
  readonly classes: number;
}

/** One Gemm of a head: its parameters are `head.<i>.weight` [inputs, units] and `head.<i>.bias` [units]. */
export interface DenseLayer {
  readonly weight: string;
  readonly bias: string;
  readonly inputs: number;
  readonly units: number;
  readonly activation: Activation;
}

/** The Gemm layers of a head, the last one onto the classes among them, in order. */
export function denseLayers(spec: HeadSpec, { width, classes }: HeadSize): readonly DenseLayer[] {
  const last = { kind: "dense", units: classes, activation: "linear" } as const;
  let inputs = width;
  return [...spec, last]
    .filter((layer) => layer.kind === "dense")
    .map(({ units, activation }, i) => {
      const dense = { weight: `head.${i}.weight`, bias: `head.${i}.bias`, inputs, units, activation };
      inputs = units;
      return dense;
    });
}

/** Names of a head's parameters, weight and bias of each layer in order. */
export function headParameterNames(spec: HeadSpec, size: HeadSize): readonly string[] {
  return denseLayers(spec, size).flatMap((layer) => [layer.weight, layer.bias]);
}

/**
 * A head of its own: `features` float32 [N, width] to `logits` float32 [N, classes], without dropout. Its parameters
 * are `weights`, or drawn by `initialWeights` from a seeded generator.
 */
export function headGraph(
  spec: HeadSpec,
  size: HeadSize,
  parameters: { readonly weights: ReadonlyMap<string, Tensor> } | { readonly random: Random },
): Model {
  const weights =
    "weights" in parameters ? parameters.weights : initialWeights(spec, size, parameters.random);
  const builder = new GraphBuilder({ opset: targetOpset, name: "head" });
  const features = builder.input("features", "float32", ["N", size.width]);
  for (const layer of denseLayers(spec, size)) {
    declare(builder, weights, layer.weight, [layer.inputs, layer.units]);
    declare(builder, weights, layer.bias, [layer.units]);
  }
  const logits = writeHead(builder, spec, size, features);
  builder.op("Identity", [logits], {}, { outputs: ["logits"] });
  builder.output("logits", "float32", ["N", size.classes]);
  return builder.model();
}

function declare(
  builder: GraphBuilder,
  weights: ReadonlyMap<string, Tensor>,
  name: string,
  shape: readonly number[],
): void {
  const tensor = weights.get(name);
  assert(tensor, `no weights for ${name}`);
  assert(
    tensor.dtype === "float32" && String(tensor.shape) === String(shape),
    `${name} must be float32 [${shape}], not ${tensor.dtype} [${tensor.shape}]`,
  );
  builder.initializer(name, tensor);
}

/**
 * Writes a head's nodes onto `features` and returns its logits. The parameters must be declared under their names;
 * `dropout` writes what stands for a dropout layer on `value` in training, and inference leaves it out.
 */
export function writeHead(
  builder: GraphBuilder,
  spec: HeadSpec,
  size: HeadSize,
  features: string,
  dropout?: (value: string, units: number, rate: number) => string,
): string {
  const dense = denseLayers(spec, size)[Symbol.iterator]();
  let value = features;
  let units = size.width;
  const layer = (): void => {
    const next = dense.next().value;
    assert(next, "a head has one Gemm a dense layer and one more");
    const sum = builder.op(
      "Gemm",
      [value, next.weight, next.bias],
      {},
      { name: next.weight.replace(".weight", "") },
    );
    value = activate(builder, next.activation, sum);
    units = next.units;
  };
  for (const each of spec) {
    if (each.kind === "dense") layer();
    else if (dropout) value = dropout(value, units, each.rate);
  }
  layer();
  return value;
}

function activate(builder: GraphBuilder, activation: Activation, x: string): string {
  switch (activation) {
    case "relu":
      return builder.op("Relu", [x]);
    case "tanh":
      return builder.op("Tanh", [x]);
    case "sigmoid":
      return builder.op("Sigmoid", [x]);
    case "silu":
      return builder.op("Mul", [x, builder.op("Sigmoid", [x])]);
    case "gelu": {
      /** x·Φ(x) = x·½(1 + erf(x / √2)) (Hendrycks and Gimpel 2016), not its tanh approximation. */
      const erf = builder.op("Erf", [builder.op("Mul", [x, builder.constant(scalar(Math.SQRT1_2))])]);
      const half = builder.constant(scalar(0.5));
      const phi = builder.op("Mul", [builder.op("Add", [erf, builder.constant(scalar(1))]), half]);
      return builder.op("Mul", [x, phi]);
    }
    case "linear":
      return x;
    default:
      return assertNever(activation);
  }
}

/**
 * Weights drawn uniformly from ±limit, biases 0. Layers that rectify: limit = √(6 / inputs) (He et al. 2015, Keras'
 * he_uniform); the others and the last: √(6 / (inputs + units)) (Glorot and Bengio 2010, Keras' glorot_uniform).
 */
export function initialWeights(spec: HeadSpec, size: HeadSize, random: Random): ReadonlyMap<string, Tensor> {
  const weights = new Map<string, Tensor>();
  for (const { weight, bias, inputs, units, activation } of denseLayers(spec, size)) {
    const rectifies = activation === "relu" || activation === "gelu" || activation === "silu";
    const limit = Math.sqrt(6 / (rectifies ? inputs : inputs + units));
    const shape = [inputs, units];
    const data = Float32Array.from({ length: sizeOf(shape) }, () => (2 * random.next() - 1) * limit);
    weights.set(weight, float32(data, shape));
    weights.set(bias, float32(new Float32Array(units), [units]));
  }
  return weights;
}
