import { byteSize, floats, integers, type Tensor } from "../core/tensor.ts";
import type { Attribute, Dim, Graph, Model, Node, ValueInfo } from "./graph.ts";

/** A model as readable text, one line a node, for inline snapshots; initializers of up to 8 numbers show their values. */
export function printGraph(model: Model): string {
  const opsets = [...model.opsets].map(([domain, version]) => `${domain || "onnx"} ${version}`);
  return [`graph ${model.graph.name} (${opsets.join(", ")})`, ...printBody(model.graph, "  ")].join("\n");
}

function printBody(graph: Graph, indent: string): string[] {
  const types = new Map(graph.values);
  for (const value of [...graph.inputs, ...graph.outputs]) types.set(value.name, value);
  return [
    ...graph.inputs.map((input) => `${indent}input %${input.name}${printType(input)}`),
    ...[...graph.initializers].map(([name, tensor]) => `${indent}init %${name}: ${printTensor(tensor)}`),
    ...graph.nodes.flatMap((node) => printNode(node, types, indent)),
    ...graph.outputs.map((output) => `${indent}output %${output.name}${printType(output)}`),
  ];
}

function printType(value: ValueInfo | undefined): string {
  const type = value?.type;
  if (type === undefined) return "";
  if (type.kind === "opaque") return ": opaque";
  const dims = type.shape === undefined ? "..." : type.shape.map(printDim).join(",");
  return `: ${type.dtype}[${dims}]`;
}

function printDim(dim: Dim): string {
  return dim === undefined ? "?" : String(dim);
}

function printTensor(tensor: Tensor): string {
  const type = `${tensor.dtype}[${tensor.shape.join(",")}]`;
  const values = byteSize(tensor.dtype, tensor.shape) <= 64 ? shortList(tensor) : undefined;
  return values === undefined || values.length > 8 ? type : `${type} = ${values.join(" ")}`;
}

function shortList(tensor: Tensor): (string | number)[] | undefined {
  if (tensor.dtype === "float32") return Array.from(floats(tensor), (value) => Number(value.toPrecision(6)));
  if (tensor.dtype === "int64" || tensor.dtype === "int32") return integers(tensor);
  if (tensor.dtype === "uint8" || tensor.dtype === "bool") return [...tensor.bytes];
  return tensor.strings?.map((text) => JSON.stringify(text));
}

function printNode(node: Node, types: ReadonlyMap<string, ValueInfo>, indent: string): string[] {
  const outputs = node.outputs.map((name) => (name === "" ? "_" : `%${name}${printType(types.get(name))}`));
  const inputs = node.inputs.map((name) => (name === "" ? "_" : `%${name}`));
  const opType = node.domain === "" ? node.opType : `${node.domain}.${node.opType}`;
  const attributes = [...node.attributes].sort(([a], [b]) => (a < b ? -1 : 1));
  const plain = attributes.filter(([, attribute]) => attribute.type !== "graph");
  const list = plain.map(([name, attribute]) => `${name}=${printAttribute(attribute)}`).join(", ");
  const line = `${indent}${outputs.join(", ")} = ${opType}(${inputs.join(", ")})${list && ` {${list}}`}`;
  const lines = [line];
  for (const [name, attribute] of attributes) {
    if (attribute.type !== "graph") continue;
    lines.push(
      `${indent}  ${name}: graph ${attribute.value.name}`,
      ...printBody(attribute.value, `${indent}    `),
    );
  }
  return lines;
}

function printAttribute(attribute: Attribute): string {
  switch (attribute.type) {
    case "int":
      return String(attribute.value);
    case "float":
      return printFloat(attribute.value);
    case "ints":
      return `[${attribute.value.join(",")}]`;
    case "floats":
      return `[${attribute.value.map(printFloat).join(",")}]`;
    case "string":
      return JSON.stringify(attribute.value);
    case "strings":
      return JSON.stringify(attribute.value);
    case "tensor":
      return printTensor(attribute.value);
    case "graph":
      return `graph ${attribute.value.name}`;
    case "opaque":
      return `opaque ${attribute.bytes.length} bytes`;
  }
}

/** Shows that a float is one: 1 as "1.0", 0.1 in single precision as "0.1". */
function printFloat(value: number): string {
  const text = String(Number(value.toPrecision(7)));
  return Number.isInteger(value) && !text.includes("e") ? `${text}.0` : text;
}
