import { float32, type Tensor } from "../../core/tensor.ts";

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A layer as Keras' functional models list it. */
type LayerJson = {
  readonly class_name: string;
  readonly name: string;
  readonly config: Readonly<Record<string, Json>>;
  readonly inbound_nodes: Json;
};

/** A layer's output, with its shape, the batch in front. */
export interface Output {
  readonly layer: string;
  readonly shape: readonly number[];
}

/** Writes a functional Keras model layer by layer; every method answers the output of the layer that it made. */
export class Layers {
  readonly weights = new Map<string, Tensor>();
  readonly #layers: LayerJson[] = [];

  input(shape: readonly number[]): Output {
    const [, ...rest] = shape;
    const config = { batch_input_shape: [null, ...rest], dtype: "float32", sparse: false };
    return this.#add("InputLayer", config, [], shape);
  }

  add(
    className: string,
    config: Readonly<Record<string, Json>>,
    inputs: readonly Output[],
    shape: readonly number[],
    weights: Readonly<Record<string, Tensor>> = {},
  ): Output {
    const made = this.#add(className, config, inputs, shape);
    for (const [name, tensor] of Object.entries(weights)) this.weights.set(`${made.layer}/${name}`, tensor);
    return made;
  }

  activation(name: string, x: Output): Output {
    return this.add("Activation", { activation: name }, [x], x.shape);
  }

  reshape(x: Output, shape: readonly number[]): Output {
    return String(x.shape) === String(shape)
      ? x
      : this.add("Reshape", { target_shape: shape.slice(1) }, [x], shape);
  }

  /** x · factor + shift, a number of each a channel: Keras has no layer for it, but a depthwise convolution of one pixel. */
  affine(x: Output, factors: readonly number[], shifts: readonly number[]): Output {
    const size = x.shape.slice(1).reduce((product, side) => product * side, 1);
    // What is the same for a long row of channels needs no number for each.
    const isOne = x.shape.length !== 4 && new Set(factors).size === 1 && new Set(shifts).size === 1;
    if (isOne) [factors, shifts] = [factors.slice(0, 1), shifts.slice(0, 1)];
    const channels = factors.length;
    const map = x.shape.length === 4 ? x : this.reshape(x, [1, size / channels, 1, channels]);
    const config = { ...sliding([1, 1], [1, 1], "valid"), depth_multiplier: 1, activation: "linear" };
    const weights = { depthwise_kernel: float32(factors, [1, 1, channels, 1]), bias: float32(shifts) };
    return this.reshape(this.add("DepthwiseConv2D", config, [map], map.shape, weights), x.shape);
  }

  /** x · factor + shift, the same for all channels. */
  scaled(x: Output, factor: number, shift: number): Output {
    const all = (value: number): number[] => Array.from({ length: x.shape.at(-1)! }, () => value);
    return this.affine(x, all(factor), all(shift));
  }

  /** The whole model, from one layer's output to those of others. */
  topology(input: Output, outputs: readonly Output[]): Json {
    const config = {
      name: "network",
      layers: this.#layers,
      input_layers: [[input.layer, 0, 0]],
      output_layers: outputs.map(({ layer }) => [layer, 0, 0]),
    };
    return { class_name: "Model", config, keras_version: "2.2.4", backend: "tensorflow" };
  }

  #add(
    className: string,
    config: LayerJson["config"],
    inputs: readonly Output[],
    shape: readonly number[],
  ): Output {
    const layer = `${className.toLowerCase()}_${this.#layers.length + 1}`;
    const inbound = inputs.length > 0 ? [inputs.map((one) => [one.layer, 0, 0, {}])] : [];
    this.#layers.push({
      class_name: className,
      name: layer,
      config: { name: layer, trainable: false, ...config },
      inbound_nodes: inbound,
    });
    return { layer, shape };
  }
}

/** How a layer slides over a map. */
export function sliding(
  kernel: readonly [number, number],
  strides: readonly [number, number],
  padding: "same" | "valid",
) {
  return { kernel_size: kernel, strides, padding, data_format: "channels_last", use_bias: true } as const;
}
