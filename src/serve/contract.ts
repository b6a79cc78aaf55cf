/** What the server bounds; every hostile request meets one of these. */
export interface Limits {
  /** Bytes of a request's body. Default 20 million. */
  readonly bytes: number;
  /** Pixels of a picture, by its header, before it is decoded. Default 50 million. */
  readonly pixels: number;
  /** Pictures in one request. Default 64. */
  readonly pictures: number;
  /** Pictures accepted and not begun; further ones are refused with 503. Default 256. */
  readonly queue: number;
  /** Bytes of bodies held at once, all requests together. Default 256 million. */
  readonly memory: number;
  /** Seconds from a request's headers to its answer. Default 30. */
  readonly seconds: number;
  /** Connections open at once. Default 1,024. */
  readonly connections: number;
}

export interface ServeOptions {
  /** Runs' folders, or `model.onnx` files of theirs. */
  readonly models: readonly string[];
  /** Names of the models, one after another; those left out are named by their folders. */
  readonly names?: readonly string[] | undefined;
  /** Default 127.0.0.1: this machine only. */
  readonly host?: string | undefined;
  /** Default 8000; 0 takes any free one. */
  readonly port?: number | undefined;
  /** Names by which it is called, beside those of loopback; of a server on other addresses, any where left out. */
  readonly allowHosts?: readonly string[] | undefined;
  readonly limits?: Partial<Limits> | undefined;
  /** Told of what went wrong in the server itself, answered with 500. Default: written to stderr. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

export interface RunningServer {
  /** Such as http://127.0.0.1:8000, without a slash at its end. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly models: readonly ServedModelInfo[];
  /**
   * Answers what was accepted, refuses what comes after, frees the engines. Requests that are not answered within
   * `limits.seconds` are cut off. Stopping twice does no harm.
   */
  stop(): Promise<void>;
}

export interface ServedModelInfo {
  readonly name: string;
  readonly file: string;
  readonly classes: readonly string[];
}

/** Open Inference Protocol: the datatypes of a classifier's tensors. */
export type Datatype = "UINT8" | "FP32" | "BOOL";

export interface TensorMetadata {
  readonly name: string;
  readonly datatype: Datatype;
  /** -1: any size. */
  readonly shape: readonly number[];
}

/** An output that an infer request wants, and how. */
export interface WantedOutput {
  readonly name: string;
  readonly binary: boolean;
}

/** A tensor of an answer; `BOOL` holds 0 and 1. */
export interface OutputTensor extends TensorMetadata {
  readonly values: Float32Array | Uint8Array;
}
