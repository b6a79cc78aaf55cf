import { expect, test } from "vitest";
import { float32 } from "../core/tensor.ts";
import { GraphBuilder } from "./builder.ts";
import { OnnxFormatError } from "./errors.ts";
import type { Model, Node } from "./graph.ts";
import { isSorted } from "./graph-tools.ts";
import { readModel } from "./read.ts";
import { MessageWriter } from "./wire.ts";
import { writeModel } from "./write.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

function refusal(bytes: Uint8Array): string {
  try {
    readModel(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(OnnxFormatError);
    return error instanceof Error ? error.message : "";
  }
  throw new Error("it was read");
}

test.each([
  ["an empty file", new Uint8Array(0)],
  ["a Git LFS pointer", utf8("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")],
  ["a web page", utf8("<!DOCTYPE html><html><head><title>404</title></head></html>")],
  ["a JPEG picture", Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46)],
  ["a PNG picture", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10)],
  ["a ZIP archive", Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0)],
  ["an HDF5 file", Uint8Array.of(0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10)],
  ["a TensorFlow Lite model", Uint8Array.of(0x1c, 0, 0, 0, 0x54, 0x46, 0x4c, 0x33)],
  ["a gzip archive", Uint8Array.of(0x1f, 0x8b, 8, 0)],
  ["a JSON document", utf8('{"error": "Not Found"}')],
  ["a Python pickle", Uint8Array.of(0x80, 2, 0x8a, 10)],
])("%s is told from a model", (what, bytes) => {
  expect(refusal(bytes)).toContain(what);
});

/** A TensorProto in a graph in a model, its fields written by hand. */
function withTensor(write: (tensor: MessageWriter) => void): Uint8Array {
  const writer = new MessageWriter().int(1, 8n).message(7, (graph) => graph.message(5, write));
  return new Uint8Array(Buffer.concat(writer.finish()));
}

const elementsOf = (bytes: Uint8Array) => [...(readModel(bytes).graph.initializers.get("t")?.bytes ?? [])];

test.each<[string, number, (writer: MessageWriter) => MessageWriter, number[]]>([
  ["float_data, unpacked", 1, (w) => w.float(4, 1).float(4, -2), [0, 0, 128, 63, 0, 0, 0, 192]],
  [
    "float_data, packed",
    1,
    (w) => w.bytes(4, Uint8Array.of(0, 0, 128, 63, 0, 0, 0, 192)),
    [0, 0, 128, 63, 0, 0, 0, 192],
  ],
  ["int32_data of int32", 6, (w) => w.int(5, -1n).int(5, 258n), [255, 255, 255, 255, 2, 1, 0, 0]],
  ["int32_data of int8, packed", 3, (w) => w.bytes(5, Uint8Array.of(5, 7)), [5, 7]],
  ["int32_data of int8, negative", 3, (w) => w.int(5, -1n).int(5, -128n), [255, 128]],
  ["int32_data of float16", 10, (w) => w.int(5, 0x3c00n).int(5, 0xc000n), [0, 0x3c, 0, 0xc0]],
  ["int32_data of bool", 9, (w) => w.int(5, 1n).int(5, 0n), [1, 0]],
  ["int64_data", 7, (w) => w.int(7, -2n).int(7, 1n), [254, ...Array(7).fill(255), 1, ...Array(7).fill(0)]],
  ["uint64_data of uint32", 12, (w) => w.int(11, 0xffffffffn).int(11, 1n), [255, 255, 255, 255, 1, 0, 0, 0]],
])("%s becomes raw little-endian bytes", (_, type, write, expected) => {
  const bytes = withTensor((tensor) => write(tensor.int(1, 2n).int(2, BigInt(type)).string(8, "t")));
  expect(elementsOf(bytes)).toEqual(expected);
});

test.each<[string, (writer: MessageWriter) => MessageWriter, string]>([
  ["a negative size", (w) => w.int(1, -1n).int(2, 1n), "dimension -1"],
  ["a size beyond 2^53", (w) => w.int(1, 2n ** 60n).int(2, 1n), "dimension"],
  [
    "a product beyond 2^53",
    (w) =>
      w
        .int(1, 2n ** 40n)
        .int(1, 2n ** 40n)
        .int(2, 1n),
    "too large",
  ],
  ["an unknown type", (w) => w.int(1, 1n).int(2, 77n), "element type 77"],
  ["too few bytes", (w) => w.int(1, 2n).int(2, 1n).bytes(9, new Uint8Array(4)), "4 bytes of data"],
  ["a huge shape without data", (w) => w.int(1, 2n ** 50n).int(2, 7n), "0 elements"],
  ["a value that does not fit", (w) => w.int(1, 1n).int(2, 2n).int(5, 300n), "element 0 is 300"],
  ["segments", (w) => w.int(1, 1n).int(2, 1n).bytes(3, new Uint8Array(0)), "segments"],
  [
    "data in another file",
    (w) =>
      w
        .int(1, 1n)
        .int(2, 1n)
        .int(14, 1n)
        .message(13, (e) => e.string(1, "location").string(2, "w")),
    "'w'",
  ],
])("a tensor with %s is refused", (_, write, words) => {
  expect(refusal(withTensor((tensor) => write(tensor.string(8, "t"))))).toContain(words);
});

/** relu -> neg, with the nodes in whatever order is asked for. */
function chain(change: (nodes: readonly Node[]) => readonly Node[]): Model {
  const builder = new GraphBuilder({ opset: 18 });
  const a = builder.op("Relu", [builder.input("x", "float32", [2])], {}, { outputs: ["a"] });
  builder.output(builder.op("Neg", [a], {}, { outputs: ["b"] }));
  const model = builder.model();
  return { ...model, graph: { ...model.graph, nodes: change(model.graph.nodes) } };
}

test("nodes out of order are sorted", () => {
  const { nodes } = readModel(writeModel(chain((list) => list.toReversed()))).graph;
  expect(nodes.map((node) => node.opType)).toEqual(["Relu", "Neg"]);
  expect(isSorted(nodes)).toBe(true);
});

test("a cycle is refused", () => {
  const bytes = writeModel(chain(([relu, neg]) => [{ ...relu!, inputs: ["b"] }, neg!]));
  expect(refusal(bytes)).toMatchInlineSnapshot(
    `"The graph has a cycle: 2 nodes wait for each other, among them Relu 'a', Neg 'b'. An ONNX graph runs forward only. Export the model again, or check it with onnx.checker."`,
  );
});

test("a value that nothing makes is refused", () => {
  expect(refusal(writeModel(chain(([, neg]) => [neg!])))).toMatchInlineSnapshot(
    `"graph: the value 'a' is used, but nothing makes it. It is no input, no initializer and no node's output. Export the model again, or check it with onnx.checker."`,
  );
});

test("a name given twice is refused", () => {
  expect(
    refusal(writeModel(chain(([relu, neg]) => [relu!, { ...neg!, outputs: ["a"] }]))),
  ).toMatchInlineSnapshot(
    `"graph.node[1]: the name 'a' is given to more than one value. Every value of a graph has a name of its own. Export the model again, or check it with onnx.checker."`,
  );
});

test("an initializer may stand among the inputs, as in files of format 3", () => {
  const builder = new GraphBuilder({ opset: 18 });
  builder.output(builder.op("Relu", [builder.input("w", "float32", [1])]));
  const model = builder.model();
  const old: Model = {
    ...model,
    irVersion: 3,
    graph: { ...model.graph, initializers: new Map([["w", float32([1])]]) },
  };
  expect(readModel(writeModel(old))).toEqual(old);
});

test("subgraphs nested too deep are refused", () => {
  let graph = new GraphBuilder({ opset: 18 }).graph();
  for (let depth = 0; depth < 40; depth++) {
    const builder = new GraphBuilder({ opset: 18 });
    builder.ops("Loop", [], { body: graph }, []);
    graph = builder.graph();
  }
  const model = { ...chain((nodes) => nodes), graph };
  expect(refusal(writeModel(model))).toContain("nested more than 16 deep");
});
