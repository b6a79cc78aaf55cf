import { expect, test } from "vitest";
import { float32, int64, scalar } from "../core/tensor.ts";
import { attrs, intAttr } from "./attributes.ts";
import { float, floats, GraphBuilder } from "./builder.ts";
import { AttributeError, GraphError } from "./errors.ts";
import type { Model } from "./graph.ts";
import { consumers, freeInputs, freshName, producers, subgraphUses } from "./graph-tools.ts";
import { printGraph } from "./text.ts";

function classifier(): Model {
  const builder = new GraphBuilder({ opset: 18, name: "classifier" });
  const x = builder.input("image", "float32", ["N", 3, 8, 8]);
  const w = builder.initializer("w", float32(new Float32Array(24), [2, 3, 2, 2]));
  const conv = builder.op("Conv", [x, w], { strides: [2, 2], auto_pad: "VALID" }, { name: "stem" });
  const pooled = builder.op("ReduceMean", [conv, builder.constant(int64([2, 3]), "axes")], { keepdims: 0 });
  const [values, indices] = builder.ops("TopK", [pooled, builder.constant(int64([1]))], { axis: 1 }, 2);
  builder.output(values ?? "", "float32", ["N", 1]);
  builder.output(indices ?? "");
  return builder.model({ metadata: { labels: "cat,dog" } });
}

test("a graph is written node by node", () => {
  expect(printGraph(classifier())).toMatchInlineSnapshot(`
    "graph classifier (onnx 18)
      input %image: float32[N,3,8,8]
      init %w: float32[2,3,2,2]
      init %axes_0: int64[2] = 2 3
      init %constant_0: int64[1] = 1
      %stem = Conv(%image, %w) {auto_pad="VALID", strides=[2,2]}
      %ReduceMean_0 = ReduceMean(%stem, %axes_0) {keepdims=0}
      %TopK_0: float32[N,1], %TopK_0_1 = TopK(%ReduceMean_0, %constant_0) {axis=1}
      output %TopK_0: float32[N,1]
      output %TopK_0_1"
  `);
});

test("a taken name gets a suffix, an input's name must be free", () => {
  const builder = new GraphBuilder({ opset: 18 });
  builder.input("w", "float32", [1]);
  expect(builder.initializer("w", scalar(1))).toBe("w_0");
  expect(builder.initializer("w", scalar(1))).toBe("w_1");
  expect(() => builder.input("w", "float32", [1])).toThrow(GraphError);
});

test("an unknown value is refused, with the nearest names", () => {
  const builder = new GraphBuilder({ opset: 18 });
  builder.input("features", "float32", [1]);
  expect(() => builder.op("Relu", ["feature"])).toThrowErrorMatchingInlineSnapshot(
    `[GraphError: Relu uses 'feature', but the graph has no such value yet. Closest: 'features'. Declare it first; the body of an If, Loop or Scan names outer values in \`captures\`.]`,
  );
});

test("a builder goes on from a model, without its outputs", () => {
  const builder = GraphBuilder.from(classifier());
  builder.output(builder.op("Relu", ["stem"]));
  const { graph, metadata } = builder.model({ metadata: { size: "8" } });
  expect(graph.nodes.map((node) => node.opType)).toEqual(["Conv", "ReduceMean", "TopK", "Relu"]);
  expect(graph.outputs.map((output) => output.name)).toEqual(["Relu_0"]);
  expect([...metadata]).toEqual([
    ["labels", "cat,dog"],
    ["size", "8"],
  ]);
});

test("plain values become attributes of the type they are", () => {
  const builder = new GraphBuilder({ opset: 18 });
  const given = {
    int: 1,
    big: 2n,
    float: 0.5,
    one: float(1),
    ints: [1, 2n],
    floats: floats([1]),
    text: "a",
    none: undefined,
  };
  builder.op("Custom", [], given);
  const [node] = builder.graph().nodes;
  expect([...(node?.attributes ?? [])].map(([name, { type }]) => [name, type])).toEqual([
    ["int", "int"],
    ["big", "int"],
    ["float", "float"],
    ["one", "float"],
    ["ints", "ints"],
    ["floats", "floats"],
    ["text", "string"],
  ]);
  expect({ ...attrs(node!) }).toEqual({
    int: 1,
    big: 2,
    float: 0.5,
    one: 1,
    ints: [1, 2],
    floats: [1],
    text: "a",
  });
  expect(intAttr(node!, "absent", 3)).toBe(3);
  expect(() => intAttr(node!, "text", 3)).toThrow(AttributeError);
});

test("the file format version follows the opset, by the table in onnx's Versioning.md", () => {
  const versions = [9, 13, 18, 20, 22, 23].map((opset) => new GraphBuilder({ opset }).model().irVersion);
  expect(versions).toEqual([4, 7, 8, 9, 10, 11]);
});

test("who makes and uses a value, captures of subgraphs included", () => {
  const body = new GraphBuilder({ opset: 18, captures: ["image"] });
  body.output(body.op("Relu", ["image"], {}, { outputs: ["inner"] }));
  const builder = GraphBuilder.from(classifier());
  const condition = builder.constant({ dtype: "bool", shape: [], bytes: Uint8Array.of(1) });
  builder.output(builder.op("If", [condition], { then_branch: body.graph(), else_branch: body.graph() }));
  const graph = builder.graph();
  expect(producers(graph).get("stem")?.opType).toBe("Conv");
  expect(
    consumers(graph)
      .get("image")
      ?.map((node) => node.opType),
  ).toEqual(["Conv", "If"]);
  expect([...subgraphUses(graph.nodes.at(-1)!)]).toEqual(["image"]);
  expect(freshName(graph, "inner")).toBe("inner_0");
  expect(freeInputs({ ...graph, initializers: new Map([["image", scalar(0)]]) })).toEqual([]);
});

test("node names stay distinct where a model's node bears the name that a new value would get", () => {
  const first = new GraphBuilder({ opset: 18 });
  const x = first.input("x", "float32", [1]);
  // As the engine leaves it after folding: the node is called Relu_0, its value is not.
  first.output(first.op("Relu", [x], {}, { name: "Relu_0", outputs: ["y"] }), "float32", [1]);
  const second = GraphBuilder.from(first.model());
  second.output(second.op("Relu", ["y"]), "float32", [1]);
  const names = second.model().graph.nodes.map(({ name }) => name);
  expect(new Set(names).size).toBe(2);
});
