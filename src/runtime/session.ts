import type { Tensor } from "../core/tensor.ts";

/** A graph ready to run. */
export interface Session {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Runs the graph once; `fetch` names the outputs wanted (all when left out). Throws EngineError. */
  run(feeds: Readonly<Record<string, Tensor>>, fetch?: readonly string[]): Promise<Record<string, Tensor>>;
  /** Frees the engine's memory; the session is of no use afterwards. */
  release(): Promise<void>;
}

export interface LoadOptions {
  /**
   * "one": one run at a time, as fast as it can be, its operators spread over the cores. "many": independent runs, each
   * on a core of its own while the caller goes on; have `Runtime.concurrency` of them under way at once.
   */
  readonly runs?: "one" | "many";
}

/** An engine that runs ONNX files: onnxruntime for Node, later the same on the web. */
export interface Runtime {
  /** Name and version, for records: "onnxruntime-node 1.30.0". */
  readonly name: string;
  /** How many runs of a session loaded for "many" are worth having under way at once. */
  readonly concurrency: number;
  /** Prepares a serialised ONNX model. Throws EngineError when the engine refuses it. */
  load(model: Uint8Array, options?: LoadOptions): Promise<Session>;
  /** The engine's own graph with constants and BatchNorm folded, every operator still a standard one. */
  optimise(model: Uint8Array): Promise<Uint8Array>;
}
