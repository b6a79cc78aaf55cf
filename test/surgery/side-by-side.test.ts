import { expect, test } from "vitest";
import { floats } from "../../src/core/tensor.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import type { Model } from "../../src/onnx/graph.ts";
import { sideBySide } from "../../src/surgery/side-by-side.ts";
import { gemmClassifier, headlessWide, matmulClassifier, Net, picture } from "./networks.ts";
import { run } from "./run.ts";

/** The rows of several networks' own answers, one behind another. */
async function alone(models: readonly Model[], batch: number): Promise<number[][]> {
  const x = picture(32, batch);
  const rows: number[][] = Array.from({ length: batch }, () => []);
  for (const model of models) {
    const { name } = model.graph.outputs[0]!;
    const y = (await run(model, { input: x }))[name]!;
    const width = y.shape[1]!;
    for (const [row, own] of rows.entries()) own.push(...floats(y).subarray(row * width, (row + 1) * width));
  }
  return rows;
}

async function together(models: readonly Model[], batch: number): Promise<number[][]> {
  const { features } = await run(sideBySide(models, "features"), { input: picture(32, batch) });
  const width = features!.shape[1]!;
  return Array.from({ length: batch }, (_, row) => [
    ...floats(features!).subarray(row * width, (row + 1) * width),
  ]);
}

function shapeOf(model: Model): unknown {
  const [output] = model.graph.outputs;
  return output?.type?.kind === "tensor" && [output.name, output.type.shape];
}

/** One picture at a time: its first axis is written down as 1. */
function single(): Model {
  const net = new Net([1, 3, 32, 32]);
  const flat = net.flatten(net.pool(net.stem()));
  net.b.output(flat, "float32", [1, 8]);
  return net.b.model();
}

function typed(model: Model, width: number): Model {
  const [output] = model.graph.outputs;
  const type = { kind: "tensor", dtype: "float32", shape: ["N", width] } as const;
  return { ...model, graph: { ...model.graph, outputs: [{ name: output!.name, type }] } };
}

// The same names stand in all of them: input, map, weight, Conv_0, and in the first and third even the output.
const networks = [typed(gemmClassifier(), 5), typed(matmulClassifier(), 5), typed(headlessWide(), 32)];

test("networks side by side answer what they answer alone, in their order", async () => {
  for (const models of [networks, [...networks].reverse(), [networks[0]!, networks[0]!]]) {
    const joined = sideBySide(models, "features");
    expect(joined.graph.inputs.map(({ name }) => name)).toEqual(["input"]);
    expect(await together(models, 3)).toEqual(await alone(models, 3));
  }
  expect(shapeOf(sideBySide(networks, "features"))).toEqual(["features", ["N", 42]]);
});

test("a network that has a value of the output's name gives way", async () => {
  const net = new Net();
  const map = net.named("Relu", net.stem(), "features");
  const own = typed(net.ending(net.flatten(net.pool(map), "features_1")), 8);
  const models = [own, networks[1]!, own];
  expect(await together(models, 2)).toEqual(await alone(models, 2));
});

test("one alone stays as it is", () => {
  expect(sideBySide([networks[0]!], "features")).toBe(networks[0]);
});

test("a network of one picture at a time holds the others to it", async () => {
  const models = [networks[0]!, single()];
  expect(shapeOf(sideBySide(models, "features"))).toEqual(["features", [1, 13]]);
  expect(await together(models, 1)).toEqual(await alone(models, 1));
});

test("operator sets are brought together, but not where an operator changed between them", async () => {
  const at = (opset: number): Model => {
    const net = new Net(["N", 3, 32, 32], opset);
    return typed(net.ending(net.flatten(net.pool(net.stem()))), 8);
  };
  const models = [at(18), at(20), at(17)];
  expect(sideBySide(models, "features").opsets.get("")).toBe(20);
  expect(await together(models, 2)).toEqual(await alone(models, 2));

  const b = new GraphBuilder({ opset: 18 });
  b.input("input", "float32", ["N", 3, 32, 32]);
  b.input("grid", "float32", ["N", 1, 1, 2]);
  b.output(b.op("GridSample", ["input", "grid"], { mode: "bilinear" }), "float32", ["N", 3]);
  expect(() => sideBySide([b.model(), at(20)], "features")).toThrowErrorMatchingInlineSnapshot(
    `[UpgradeError: A base of operator set 18 cannot stand beside one of 20: its GridSample changed in 20. Export the bases with the same operator set.]`,
  );
});
