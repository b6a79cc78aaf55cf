import { toInt } from "../core/tensor.ts";
import { GraphError, OnnxFormatError } from "./errors.ts";
import type { Graph, Model } from "./graph.ts";
import { type Context, readGraph } from "./read-graph.ts";
import { type ExternalData, readEntry } from "./read-tensor.ts";
import { sniff } from "./sniff.ts";
import { readMessage } from "./wire.ts";

export type { ExternalData } from "./read-tensor.ts";

export interface ReadOptions {
  /** Fetches weights that lie in files beside the model; without it such a model is refused. */
  readonly externalData?: ExternalData;
}

/**
 * Reads a serialised ModelProto. Weights stay views of `bytes`, which must not change afterwards. Throws OnnxFormatError
 * on anything else, with a guess of what it is, and on a graph that contradicts itself.
 */
export function readModel(bytes: Uint8Array, { externalData }: ReadOptions = {}): Model {
  // A Buffer's subarrays are Buffers too: those would show up as tensor bytes.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return parse(plain, { depth: 0, sees: () => false, externalData });
  } catch (error) {
    if (error instanceof GraphError)
      throw new OnnxFormatError(error.parts, { at: "graph" }, { cause: error });
    if (!(error instanceof OnnxFormatError)) throw error;
    const guess = sniff(plain);
    if (guess !== undefined) {
      throw new OnnxFormatError(
        { what: "This is no ONNX model:", why: `it looks like ${guess.what}.`, next: guess.next },
        { at: "" },
        { cause: error },
      );
    }
    if (error.parts.next !== undefined) throw error;
    throw new OnnxFormatError(
      {
        ...error.parts,
        next: "Is it an .onnx file, and was it downloaded to the end? Compare its size with the original.",
      },
      error.evidence,
      { cause: error },
    );
  }
}

function parse(bytes: Uint8Array, context: Context): Model {
  const found: { graph?: Graph; graphBytes?: Uint8Array; irVersion?: number } = {};
  const opsets = new Map<string, number>();
  const metadata = new Map<string, string>();
  let producer = "";
  const extra = readMessage(bytes, "the model", {
    1: (field) => {
      found.irVersion = toInt(field.int());
    },
    2: (field) => {
      producer = field.string();
    },
    7: (field) => {
      found.graphBytes = field.bytes();
    },
    8: (field) => readOpset(field.bytes(), opsets),
    14: (field) => readEntry(field.bytes(), "metadata", metadata),
  });
  if (found.graphBytes === undefined || found.irVersion === undefined) {
    const missing = found.graphBytes === undefined ? "no graph" : "no format version (ir_version)";
    throw new OnnxFormatError(
      { what: `The file holds ${missing}.`, why: "Every ONNX model has one." },
      { at: "" },
    );
  }
  return {
    irVersion: found.irVersion,
    opsets,
    producer,
    graph: readGraph(found.graphBytes, "graph", context),
    metadata,
    ...(extra && { extra }),
  };
}

function readOpset(bytes: Uint8Array, into: Map<string, number>): void {
  const opset = { domain: "", version: 0 };
  readMessage(bytes, "opset_import", {
    1: (field) => {
      opset.domain = field.string();
    },
    2: (field) => {
      opset.version = toInt(field.int());
    },
  });
  into.set(opset.domain === "ai.onnx" ? "" : opset.domain, opset.version);
}
