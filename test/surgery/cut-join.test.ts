import { expect, test } from "vitest";
import { random } from "../../src/core/random.ts";
import { float32, type Tensor } from "../../src/core/tensor.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import type { Model } from "../../src/onnx/graph.ts";
import { cut, dropUnusedDomains, prune } from "../../src/surgery/cut.ts";
import { join, reserve } from "../../src/surgery/join.ts";
import { randomGraph } from "./random-graph.ts";
import { exposing, run } from "./run.ts";

const seeds = Array.from({ length: 60 }, (_, i) => i);

function feed(seed: number): Tensor {
  const rng = random(seed);
  return float32(
    Float32Array.from({ length: 6 }, () => rng.normal()),
    [2, 3],
  );
}

test("a cut anywhere leaves the value what it was, and nothing behind it", async () => {
  for (const seed of seeds) {
    const { model, values } = randomGraph(seed);
    const value = values[random(seed + 1000).int(values.length)]!;
    const part = cut(model, [{ name: value, type: undefined }]);
    const x = feed(seed);
    const { [value]: expected } = await run(exposing(model, value), { x });
    expect((await run(part, { x }))[value], `seed ${seed}, ${value}`).toEqual(expected);
    // Nothing can be taken away: every node that is left is needed.
    for (const node of part.graph.nodes) {
      const nodes = part.graph.nodes.filter((other) => other !== node);
      await expect(
        run({ ...part, graph: { ...part.graph, nodes } }, { x }),
        `seed ${seed}`,
      ).rejects.toThrow();
    }
    expect(prune(part.graph)).toEqual(part.graph);
  }
}, 60_000);

test("two graphs with the same names, joined, give what the second makes of the first", async () => {
  for (const seed of seeds) {
    const first = randomGraph(seed).model;
    const wanted = randomGraph(seed + 500).model;
    const output = first.graph.outputs[0]!.name;
    const x = feed(seed);
    const { [output]: between } = await run(first, { x });
    const [expected] = Object.values(await run(wanted, { x: between! }));
    // The second's outputs must be its own: the first gives way.
    const body = reserve(
      first,
      wanted.graph.outputs.map(({ name }) => name),
    );
    const joined = join(body, wanted, { x: body.graph.outputs[0]!.name });
    const [actual] = Object.values(await run(joined, { x }));
    expect(actual, `seed ${seed}`).toEqual(expected);
    const names = joined.graph.nodes.map(({ name }) => name).filter((name) => name !== "");
    expect(new Set(names).size, `seed ${seed}`).toBe(names.length);
  }
}, 60_000);

function relu(input: string, output: string): Model {
  const b = new GraphBuilder({ opset: 18 });
  b.input(input, "float32", [2, 3]);
  b.output(b.op("Relu", [input], {}, { outputs: [output] }), "float32", [2, 3]);
  return b.model();
}

test("free inputs of the second become inputs, and kept values of the first outputs", async () => {
  const b = new GraphBuilder({ opset: 18 });
  b.input("a", "float32", [2, 3]);
  b.input("x", "float32", [2, 3]);
  b.output(b.op("Sub", ["a", "x"], {}, { outputs: ["z"] }), "float32", [2, 3]);
  const joined = join(relu("x", "y"), b.model(), { a: "y" }, ["y"]);
  // The second's own x bears the first's input's name: it gives way.
  expect(joined.graph.inputs.map(({ name }) => name)).toEqual(["x", "x_1"]);
  const answer = await run(joined, { x: feed(1), x_1: feed(2) });
  const { y } = await run(relu("x", "y"), { x: feed(1) });
  expect(Object.keys(answer)).toEqual(["z", "y"]);
  expect(answer.y).toEqual(y);
  const { z } = await run(b.model(), { a: y!, x: feed(2) });
  expect(answer.z).toEqual(z);
});

test("a wire to or from nowhere is a bug that is said", () => {
  expect(() => join(relu("x", "y"), relu("a", "b"), { c: "y" })).toThrow("the second graph has no input 'c'");
  expect(() => join(relu("x", "y"), relu("a", "b"), { a: "q" })).toThrow("the first graph has no value 'q'");
  expect(() => join(relu("x", "y"), relu("a", "y"), { a: "y" })).toThrow("both graphs have a value 'y'");
});

test("a graph whose names are free is reserved as it stands", () => {
  const model = relu("x", "y");
  expect(reserve(model, ["z"])).toBe(model);
  const { graph } = reserve(reserve(model, ["y"]), ["y_inner"]);
  expect(graph.outputs.map(({ name }) => name)).toEqual(["y_inner_inner"]);
});

test("operator sets that no node uses are dropped, those inside subgraphs kept", () => {
  const { model } = randomGraph(3);
  const opsets = new Map([...model.opsets, ["ai.onnx.ml", 3], ["com.acme", 1]]);
  const inner = new GraphBuilder({ opset: 18 });
  inner.domain("com.acme", 1);
  const [node] = model.graph.nodes;
  const odd = { ...node!, outputs: ["odd"], domain: "com.acme" };
  const body = { ...inner.graph(), nodes: [odd] };
  const holder = {
    ...node!,
    outputs: ["held"],
    attributes: new Map([["body", { type: "graph", value: body } as const]]),
  };
  const graph = { ...model.graph, nodes: [...model.graph.nodes, holder] };
  expect([...dropUnusedDomains({ ...model, opsets, graph }).opsets.keys()]).toEqual(["", "com.acme"]);
});
