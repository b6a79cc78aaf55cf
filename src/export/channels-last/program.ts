import type { Tensor } from "../../core/tensor.ts";

/**
 * A network as phones and TensorFlow.js run it: channels last, all shapes known, each step one operator that TensorFlow
 * Lite and TensorFlow.js both have. `lower` makes it from an ONNX graph; each writer has one row a step.
 */
export interface Program {
  readonly name: string;
  /** Names of the values that are fed, and of those that are answered. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Every value that is fed or made by a step. */
  readonly values: ReadonlyMap<string, Value>;
  /** Weights and parameters by name, laid out as their steps say; "float32" or "int32". */
  readonly constants: ReadonlyMap<string, Tensor>;
  /** In an order in which they can run. */
  readonly steps: readonly Step[];
  /** Values of the graph that it was made from, by their names there, as far as they are values here too. */
  readonly origins?: ReadonlyMap<string, Origin>;
}

/** Where a graph's value stands in a program: axis i there is axis `order[i]` of the graph's. */
export interface Origin {
  readonly value: string;
  readonly order: readonly number[];
}

export interface Value {
  readonly dtype: "float32" | "int32";
  readonly shape: readonly number[];
}

/** What follows a sum or product within its step. */
export type Activation = "none" | "relu" | "relu6";

/** TensorFlow's two: "same" pads so that the output has ceil(side / stride), the odd pixel at the end; "valid" pads nothing. */
export type Padding = "same" | "valid";

type Pair = readonly [height: number, width: number];

interface Windowed {
  readonly input: string;
  readonly strides: Pair;
  readonly padding: Padding;
}

/** One operator: `output` is made of values or constants, by name. Maps are [N, H, W, C]. */
export type Step = { readonly output: string } & (
  | ({
      readonly op: "conv2d";
      /** [out, height, width, in], float32, a constant. */
      readonly filter: string;
      /** [out]. */
      readonly bias: string;
      readonly dilations: Pair;
      readonly activation: Activation;
    } & Windowed)
  | ({
      readonly op: "depthwiseConv2d";
      /** [1, height, width, in * multiplier], the outputs of a channel side by side. */
      readonly filter: string;
      /** [in * multiplier]. */
      readonly bias: string;
      readonly multiplier: number;
      readonly dilations: Pair;
      readonly activation: Activation;
    } & Windowed)
  | ({ readonly op: "maxPool" | "averagePool"; readonly window: Pair } & Windowed)
  | {
      /** input · weightsᵀ + bias of [N, in] and [out, in]. */
      readonly op: "fullyConnected";
      readonly input: string;
      readonly weights: string;
      readonly bias: string;
      readonly activation: Activation;
    }
  | {
      /** Of the last two axes, those before them in parallel. */
      readonly op: "matMul";
      readonly inputs: readonly [string, string];
      readonly transposed: readonly [boolean, boolean];
    }
  | {
      /** Element by element, shapes broadcast. */
      readonly op: "add" | "subtract" | "multiply" | "divide" | "maximum" | "minimum" | "power";
      readonly inputs: readonly [string, string];
    }
  | { readonly op: Unary; readonly input: string }
  | { readonly op: "leakyRelu"; readonly input: string; readonly slope: number }
  | { readonly op: "prelu"; readonly input: string /** Broadcast over the input. */; readonly slopes: string }
  | { /** Over the last axis. */ readonly op: "softmax"; readonly input: string }
  | {
      readonly op: "mean" | "sum" | "reduceMax" | "reduceMin";
      readonly input: string;
      readonly axes: readonly number[];
      readonly keepDims: boolean;
    }
  | { readonly op: "reshape"; readonly input: string }
  | { readonly op: "transpose"; readonly input: string; readonly permutation: readonly number[] }
  | { readonly op: "concat"; readonly inputs: readonly string[]; readonly axis: number }
  | {
      readonly op: "slice";
      readonly input: string;
      readonly begin: readonly number[];
      readonly size: readonly number[];
    }
  | {
      /** With `value`, which is 0 but in front of a maximum. */
      readonly op: "pad";
      readonly input: string;
      readonly amounts: readonly (readonly [before: number, after: number])[];
      readonly value: number;
    }
  | {
      readonly op: "resizeNearest" | "resizeLinear";
      readonly input: string;
      readonly size: Pair;
      readonly halfPixelCenters: boolean;
      readonly alignCorners: boolean;
    }
);

type Unary =
  | "relu"
  | "relu6"
  | "elu"
  | "sigmoid"
  | "tanh"
  | "hardSwish"
  | "gelu"
  | "exp"
  | "log"
  | "sqrt"
  | "rsqrt"
  | "square"
  | "abs"
  | "negate"
  | "floor";
