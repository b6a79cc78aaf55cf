import type { DType, Tensor } from "../core/tensor.ts";

/** One axis: a size, a name for a size known only at run time ("N"), or undefined where nothing is known. */
export type Dim = number | string | undefined;
export type Shape = readonly Dim[];

/** What is known of a tensor that flows through a graph. */
export interface TensorType {
  readonly kind: "tensor";
  readonly dtype: DType;
  /** undefined: not even the rank is known. */
  readonly shape: Shape | undefined;
  readonly extra?: Uint8Array;
}

/** Sequences, maps, optionals and sparse tensors: carried through as the bytes they came as. */
export interface OpaqueType {
  readonly kind: "opaque";
  readonly bytes: Uint8Array;
}

export interface ValueInfo {
  readonly name: string;
  /** undefined: the file names the value without saying what it is. */
  readonly type: TensorType | OpaqueType | undefined;
  /** Fields of the message that Tsugiki does not read, kept so that writing loses nothing. */
  readonly extra?: Uint8Array;
}

export type Attribute = AttributeValue & { readonly extra?: Uint8Array };

type AttributeValue =
  | { readonly type: "int"; readonly value: bigint }
  | { readonly type: "ints"; readonly value: readonly bigint[] }
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "floats"; readonly value: readonly number[] }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "strings"; readonly value: readonly string[] }
  | { readonly type: "tensor"; readonly value: Tensor }
  | { readonly type: "graph"; readonly value: Graph }
  /** Lists of tensors or graphs, sparse tensors, types, text that is not UTF-8: the whole message's bytes. */
  | { readonly type: "opaque"; readonly bytes: Uint8Array };

export interface Node {
  readonly name: string;
  readonly opType: string;
  /** "" is ONNX's own domain ("ai.onnx" is read as ""). */
  readonly domain: string;
  /** Names of values; "" stands for an optional input left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly extra?: Uint8Array;
}

/** A dataflow graph, its nodes in topological order. Never changed: each pass returns a new one. */
export interface Graph {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly initializers: ReadonlyMap<string, Tensor>;
  /** What the file says, or shape inference found, of values that are neither input nor output. */
  readonly values: ReadonlyMap<string, ValueInfo>;
  readonly extra?: Uint8Array;
}

/** A graph with what makes it a file: versions and metadata. */
export interface Model {
  readonly irVersion: number;
  /** Operator set version by domain; "" is ONNX's own. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly producer: string;
  readonly graph: Graph;
  readonly metadata: ReadonlyMap<string, string>;
  readonly extra?: Uint8Array;
}
