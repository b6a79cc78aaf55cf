import type { Tensor } from "../core/tensor.ts";
import { dtypeNumber } from "./dtypes.ts";
import { OnnxFormatError } from "./errors.ts";
import type { Attribute, Dim, Graph, Model, Node, ValueInfo } from "./graph.ts";
import { attributeTypes } from "./read-attribute.ts";
import { concat, MessageWriter } from "./wire.ts";

/** Protobuf, and so ONNX Runtime, takes no larger message. */
const maxBytes = 2 ** 31 - 1;

/** Serialises a model; the weights are copied once, into the array that is returned. */
export function writeModel(model: Model): Uint8Array {
  return concat(writeModelChunks(model));
}

/**
 * Serialises a model as chunks to be written one after the other: large weights are not copied but stand among them as
 * they are. Throws OnnxFormatError when they would exceed 2 GiB, protobuf's limit.
 */
export function writeModelChunks(model: Model): readonly Uint8Array[] {
  const writer = new MessageWriter().int(1, BigInt(model.irVersion));
  if (model.producer !== "") writer.string(2, model.producer);
  for (const [domain, version] of model.opsets) {
    writer.message(8, (opset) => opset.string(1, domain).int(2, BigInt(version)));
  }
  for (const [key, value] of model.metadata)
    writer.message(14, (entry) => entry.string(1, key).string(2, value));
  const chunks = writer
    .message(7, (graph) => writeGraph(graph, model.graph))
    .raw(model.extra)
    .finish();
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  if (size > maxBytes) {
    throw new OnnxFormatError(
      {
        what: `The model takes ${size} bytes, but one file holds at most ${maxBytes}.`,
        why: "Protobuf knows no larger message.",
        next: "Take a smaller backbone, or store its weights as float16.",
      },
      { at: "" },
    );
  }
  return chunks;
}

function writeGraph(writer: MessageWriter, graph: Graph): void {
  for (const node of graph.nodes) writer.message(1, (inner) => writeNode(inner, node));
  writer.string(2, graph.name);
  for (const [name, tensor] of graph.initializers)
    writer.message(5, (inner) => writeTensor(inner, tensor, name));
  for (const value of graph.inputs) writer.message(11, (inner) => writeValueInfo(inner, value));
  for (const value of graph.outputs) writer.message(12, (inner) => writeValueInfo(inner, value));
  for (const value of graph.values.values()) writer.message(13, (inner) => writeValueInfo(inner, value));
  writer.raw(graph.extra);
}

function writeNode(writer: MessageWriter, node: Node): void {
  for (const input of node.inputs) writer.string(1, input);
  for (const output of node.outputs) writer.string(2, output);
  if (node.name !== "") writer.string(3, node.name);
  writer.string(4, node.opType);
  for (const [name, attribute] of node.attributes) {
    if (attribute.type === "opaque") writer.bytes(5, attribute.bytes);
    else writer.message(5, (inner) => writeAttribute(inner, name, attribute));
  }
  if (node.domain !== "") writer.string(7, node.domain);
  writer.raw(node.extra);
}

function writeAttribute(
  writer: MessageWriter,
  name: string,
  attribute: Exclude<Attribute, { type: "opaque" }>,
): void {
  writer.string(1, name);
  // The value is written even where it is the default: onnx.checker asks for the field's presence.
  writeValue(writer, attribute);
  writer.int(20, BigInt(attributeTypes[attribute.type])).raw(attribute.extra);
}

function writeValue(writer: MessageWriter, attribute: Exclude<Attribute, { type: "opaque" }>): void {
  switch (attribute.type) {
    case "float":
      writer.float(2, attribute.value);
      return;
    case "int":
      writer.int(3, attribute.value);
      return;
    case "string":
      writer.string(4, attribute.value);
      return;
    case "tensor":
      writer.message(5, (inner) => writeTensor(inner, attribute.value));
      return;
    case "graph":
      writer.message(6, (inner) => writeGraph(inner, attribute.value));
      return;
    case "floats":
      for (const item of attribute.value) writer.float(7, item);
      return;
    case "ints":
      for (const item of attribute.value) writer.int(8, item);
      return;
    case "strings":
      for (const item of attribute.value) writer.string(9, item);
      return;
  }
}

function writeTensor(writer: MessageWriter, tensor: Tensor, name?: string): void {
  for (const dim of tensor.shape) writer.int(1, BigInt(dim));
  writer.int(2, BigInt(dtypeNumber(tensor.dtype)));
  if (tensor.dtype === "string") for (const text of tensor.strings ?? []) writer.string(6, text);
  if (name !== undefined) writer.string(8, name);
  if (tensor.dtype !== "string") writer.bytes(9, tensor.bytes);
}

function writeValueInfo(writer: MessageWriter, { name, type, extra }: ValueInfo): void {
  writer.string(1, name);
  if (type?.kind === "opaque") writer.bytes(2, type.bytes);
  if (type?.kind === "tensor") {
    writer.message(2, (outer) => {
      outer.message(1, (inner) => {
        inner.int(1, BigInt(dtypeNumber(type.dtype)));
        const { shape } = type;
        if (shape !== undefined) inner.message(2, (dims) => writeDims(dims, shape));
      });
      outer.raw(type.extra);
    });
  }
  writer.raw(extra);
}

function writeDims(writer: MessageWriter, shape: readonly Dim[]): void {
  for (const dim of shape) {
    writer.message(1, (inner) => {
      if (typeof dim === "number") inner.int(1, BigInt(dim));
      else if (dim !== undefined) inner.string(2, dim);
    });
  }
}
