import { TsugikiError } from "../core/errors.ts";

/** Bytes that are no ONNX model, or one whose parts contradict each other. */
export class OnnxFormatError extends TsugikiError<{
  /** Path through the message, such as "graph.node[3].attribute[0]"; "" for the file as a whole. */
  readonly at: string;
}> {
  override readonly code = "ONNX_FORMAT";
}

/** A graph that was put together wrongly: an unknown name, one given twice, a cycle. */
export class GraphError extends TsugikiError<{ readonly names: readonly string[] }> {
  override readonly code = "ONNX_GRAPH";
}

/** An attribute that is missing or of another type than its operator wants. */
export class AttributeError extends TsugikiError<{
  readonly node: string;
  readonly attribute: string;
  readonly expected: string;
  readonly actual: string;
}> {
  override readonly code = "ONNX_ATTRIBUTE";
}

/** Shapes or types that an operator cannot take: the model, or the input size given to it, is wrong. */
export class ShapeError extends TsugikiError<{ readonly node: string; readonly opType: string }> {
  override readonly code = "ONNX_SHAPE";
}

/** A model file, or the weights file beside it, that cannot be read or written. */
export class ModelFileError extends TsugikiError<{ readonly path: string }> {
  override readonly code = "MODEL_FILE";
}
