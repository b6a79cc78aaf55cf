import { expect, test } from "vitest";
import { random } from "../../src/core/random.ts";
import { float32, sizeOf, type Tensor } from "../../src/core/tensor.ts";
import { float, floats } from "../../src/onnx/attributes.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import type { Model } from "../../src/onnx/graph.ts";
import { inferShapes } from "../../src/onnx/infer.ts";
import { targetOpset, upgrade } from "../../src/surgery/upgrade.ts";
import { difference, run } from "./run.ts";
import { type UpgradeCase, upgradeCases } from "./upgrade-cases.ts";

const seed = 5;

function drawn(shape: readonly number[]): Tensor {
  const rng = random(seed);
  return float32(
    Float32Array.from({ length: sizeOf(shape) }, () => rng.normal()),
    shape,
  );
}

/** Positive for logarithms, so that they are numbers on both sides. */
const positive = new Set(["ReduceLogSum"]);

function modelOf({ op, opset, x, constants = [], attributes = {}, outputs = 1 }: UpgradeCase): Model {
  const b = new GraphBuilder({ opset });
  const input = b.input("x", "float32", x);
  const fed = positive.has(op) ? b.op("Exp", [input]) : input;
  const others = constants.map((tensor) => (tensor === undefined ? "" : b.constant(tensor)));
  for (const output of b.ops(op, [fed, ...others], attributes, outputs)) b.output(output);
  return b.model();
}

const titled = upgradeCases.map((row, i) => [row.op, row.opset, i, row] as const);

test.each(titled)("%s of opset %i means the same after the upgrade (%i)", async (_, __, ___, row) => {
  const model = modelOf(row);
  const upgraded = upgrade(inferShapes(model));
  expect(upgraded.opsets.get("")).toBe(targetOpset);
  const x = drawn(row.x);
  const [before, after] = [await run(model, { x }), await run(upgraded, { x })];
  expect(Object.keys(after)).toEqual(Object.keys(before));
  for (const [name, expected] of Object.entries(before)) {
    if (expected.dtype === "float32")
      expect(difference(after[name]!, expected), `${name}, seed ${seed}`).toBeLessThan(1e-6);
    else expect(after[name], `${name}, seed ${seed}`).toEqual(expected);
  }
});

test("an old softmax of unknown rank is still one over all axes from its own on", async () => {
  const b = new GraphBuilder({ opset: 11 });
  b.input("x", "float32", undefined);
  b.output(b.op("Softmax", ["x"], { axis: 1 }));
  const model = b.model();
  const x = drawn([2, 3, 4]);
  const [before] = Object.values(await run(model, { x }));
  const [after] = Object.values(await run(upgrade(model), { x }));
  expect(difference(after!, before!)).toBeLessThan(1e-6);
});

test("bounds and paddings take the type of what they are for", async () => {
  for (const to of [10, 11]) {
    const b = new GraphBuilder({ opset: 10 });
    b.input("x", "float32", [1, 2, 3, 3]);
    const cast = b.op("Cast", ["x"], { to });
    const clipped = b.op("Clip", [cast], { min: float(-0.3), max: float(0.7) });
    const padded = b.op("Pad", [clipped], { pads: [0, 0, 1, 1, 0, 0, 0, 0], value: float(0.1) });
    b.output(b.op("Cast", [padded], { to: 1 }));
    const model = b.model();
    const x = drawn([1, 2, 3, 3]);
    const [after] = Object.values(await run(upgrade(inferShapes(model)), { x }));
    expect(after!.shape).toEqual([1, 2, 4, 4]);
    // The engine has no Clip of opset 10 for double precision; half precision it computes in single, unrounded.
    if (to === 10) expect(difference(after!, Object.values(await run(model, { x }))[0]!)).toBeLessThan(1e-3);
  }
});

test("nodes inside the branches of an If are brought up too", async () => {
  const b = new GraphBuilder({ opset: 10 });
  b.input("x", "float32", [2, 3]);
  b.input("yes", "bool", [1]);
  const branch = (high: number) => {
    const inner = new GraphBuilder({ opset: 10, captures: ["x"], name: `clip_${high}` });
    inner.output(
      inner.op("Clip", ["x"], { min: float(0), max: float(high) }, { outputs: [`y${high}`] }),
      "float32",
      [2, 3],
    );
    return inner.graph();
  };
  b.output(
    b.op("If", ["yes"], { then_branch: branch(0.25), else_branch: branch(0.5) }, { outputs: ["y"] }),
    "float32",
    [2, 3],
  );
  const model = b.model();
  for (const yes of [0, 1]) {
    const feeds = {
      x: drawn([2, 3]),
      yes: { dtype: "bool", shape: [1], bytes: Uint8Array.of(yes) } as const,
    };
    expect(await run(upgrade(inferShapes(model)), feeds)).toEqual(await run(model, feeds));
  }
});

test("newer operator sets stay as they are", () => {
  const b = new GraphBuilder({ opset: 20 });
  b.output(b.op("Relu", [b.input("x", "float32", [1])]));
  const model = b.model();
  expect(upgrade(model)).toBe(model);
});

test("what has no equal is refused with the node's name", () => {
  const one = (
    opset: number,
    op: string,
    attributes: Record<string, ReturnType<typeof float>>,
    constants = 0,
  ) => {
    const b = new GraphBuilder({ opset });
    b.input("x", "float32", [1, 2, 3, 3]);
    const others = Array.from({ length: constants }, () => b.constant(float32([1, 2])));
    b.output(b.op(op, ["x", ...others], attributes, { name: "odd" }));
    return upgrade(b.model());
  };
  expect(() =>
    one(7, "BatchNormalization", { spatial: { type: "int", value: 0n } }, 4),
  ).toThrowErrorMatchingInlineSnapshot(
    `[UpgradeError: BatchNormalization 'odd' is of operator set 7 and cannot be brought to 18: spatial = 0 has no equal today. Export the model again with a newer operator set.]`,
  );
  expect(() => one(8, "Upsample", { scales: floats([1, 1, 0.5, 2]) })).toThrow(
    "enlarges one axis and makes another smaller",
  );
  expect(() => one(6, "Relu", {})).toThrowErrorMatchingInlineSnapshot(
    `[UpgradeError: The model is of operator set 6; Tsugiki reads 7 and later. Export it again, or bring it up with onnx.version_converter (Python).]`,
  );
});
