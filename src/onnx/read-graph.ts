import type { Tensor } from "../core/tensor.ts";
import { OnnxFormatError } from "./errors.ts";
import type { Graph, Node, ValueInfo } from "./graph.ts";
import { sorted, uses } from "./graph-tools.ts";
import { readAttribute } from "./read-attribute.ts";
import { type ExternalData, readTensor } from "./read-tensor.ts";
import { readValueInfo } from "./read-type.ts";
import { readMessage } from "./wire.ts";

/** Where in the model a graph stands. */
export interface Context {
  /** How many graphs lie around it. */
  readonly depth: number;
  /** Whether those graphs have a value of this name, which it may use. */
  readonly sees: (name: string) => boolean;
  readonly externalData: ExternalData | undefined;
}

/** Deeper nesting than any exporter writes, and shallow enough for the call stack. */
const maxDepth = 16;

/** Bytes of a subgraph are read only when the names around it are known. */
type PendingNode = (context: Context) => Node;

/** Reads a GraphProto; nodes out of order are sorted. Throws OnnxFormatError, or GraphError on a cycle. */
export function readGraph(bytes: Uint8Array, at: string, context: Context): Graph {
  if (context.depth > maxDepth) {
    throw new OnnxFormatError(
      {
        what: `${at}: subgraphs are nested more than ${maxDepth} deep.`,
        why: "Real models nest two or three.",
      },
      { at },
    );
  }
  const pending: PendingNode[] = [];
  const inputs: ValueInfo[] = [];
  const outputs: ValueInfo[] = [];
  const values = new Map<string, ValueInfo>();
  const initializers = new Map<string, Tensor>();
  const defined = new Set<string>();
  let name = "";
  const extra = readMessage(bytes, at, {
    1: (field) => pending.push(readNode(field.bytes(), `${at}.node[${pending.length}]`, defined)),
    2: (field) => {
      name = field.string();
    },
    5: (field) => {
      const found = readTensor(
        field.bytes(),
        `${at}.initializer[${initializers.size}]`,
        context.externalData,
      );
      if (initializers.has(found.name)) throw duplicate(found.name, at);
      initializers.set(found.name, found.tensor);
    },
    11: (field) => inputs.push(readValueInfo(field.bytes(), `${at}.input[${inputs.length}]`)),
    12: (field) => outputs.push(readValueInfo(field.bytes(), `${at}.output[${outputs.length}]`)),
    13: (field) => {
      const value = readValueInfo(field.bytes(), `${at}.value_info[${values.size}]`);
      values.set(value.name, value);
    },
  });
  const inputNames = inputs.map((input) => input.name);
  for (const names of [inputNames, outputs.map((output) => output.name)]) {
    const seen = new Set<string>();
    for (const item of names) {
      if (seen.has(item)) throw duplicate(item, at);
      seen.add(item);
    }
  }
  // An initializer may stand among the inputs too: it is their default then.
  for (const item of new Set([...inputNames, ...initializers.keys()])) {
    if (defined.has(item)) throw duplicate(item, at);
    defined.add(item);
  }
  for (const item of sparseNames(extra, at)) defined.add(item);
  const sees = (item: string): boolean => defined.has(item) || context.sees(item);
  const nodes = pending.map((node) => node({ ...context, depth: context.depth + 1, sees }));
  checkNames(nodes, outputs, sees, at);
  return { name, nodes: sorted(nodes), inputs, outputs, initializers, values, ...(extra && { extra }) };
}

function duplicate(name: string, at: string): OnnxFormatError {
  return new OnnxFormatError(
    {
      what: `${at}: the name '${name}' is given to more than one value.`,
      why: "Every value of a graph has a name of its own.",
      next: "Export the model again, or check it with onnx.checker.",
    },
    { at },
  );
}

function checkNames(
  nodes: readonly Node[],
  outputs: readonly ValueInfo[],
  sees: (name: string) => boolean,
  at: string,
): void {
  const wanted = [...nodes.flatMap((node) => [...uses(node)]), ...outputs.map((output) => output.name)];
  const missing = wanted.find((name) => !sees(name));
  if (missing === undefined) return;
  throw new OnnxFormatError(
    {
      what: `${at}: the value '${missing}' is used, but nothing makes it.`,
      why: "It is no input, no initializer and no node's output.",
      next: "Export the model again, or check it with onnx.checker.",
    },
    { at },
  );
}

/** Names of sparse initializers, which stay in `extra` as they are. */
function sparseNames(extra: Uint8Array | undefined, at: string): string[] {
  const names: string[] = [];
  if (extra === undefined) return names;
  readMessage(extra, at, {
    15: (sparse) =>
      readMessage(sparse.bytes(), at, {
        1: (values) => readMessage(values.bytes(), at, { 8: (field) => names.push(field.string()) }),
      }),
  });
  return names;
}

/** Reads a NodeProto up to its attributes, adding its outputs to `defined`. */
function readNode(bytes: Uint8Array, at: string, defined: Set<string>): PendingNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: Uint8Array[] = [];
  let [name, opType, domain] = ["", "", ""];
  const extra = readMessage(bytes, at, {
    1: (field) => inputs.push(field.string()),
    2: (field) => outputs.push(field.string()),
    3: (field) => {
      name = field.string();
    },
    4: (field) => {
      opType = field.string();
    },
    5: (field) => attributes.push(field.bytes()),
    7: (field) => {
      domain = field.string();
    },
  });
  for (const output of outputs) {
    if (output !== "" && defined.has(output)) throw duplicate(output, at);
    if (output !== "") defined.add(output);
  }
  return (context) => {
    const entries = attributes.map((attribute) => readAttribute(attribute, at, context));
    const map = new Map(entries);
    if (map.size !== entries.length)
      throw duplicate(entries.map(([key]) => key).join(", "), `${at}.attribute`);
    return {
      name,
      opType,
      domain: domain === "ai.onnx" ? "" : domain,
      inputs,
      outputs,
      attributes: map,
      ...(extra && { extra }),
    };
  };
}
