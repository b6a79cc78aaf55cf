import { describe, expect, test } from "vitest";
import { float32, floats, int64, sizeOf, type Tensor } from "../../core/tensor.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import type { Shape } from "../../onnx/graph.ts";
import { writeModel } from "../../onnx/write.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import { backward } from "../backward.ts";
import { checkGradients } from "../testing/check-gradients.ts";

const seed = 7;
const ints = (b: GraphBuilder, ...values: number[]): string => b.constant(int64(values));
const wave = (shape: readonly number[]): Tensor =>
  float32(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(1 + i)),
    shape,
  );

/** x·w, where x is fed and its sizes are free as in `free`: a value of those sizes with a weight behind it. */
function check(
  shape: readonly number[],
  free: Shape,
  build: (b: GraphBuilder, value: string) => string,
  { feeds = {}, opset = 18 }: { feeds?: Record<string, Tensor>; opset?: number } = {},
): Promise<readonly string[]> {
  return checkGradients({
    weights: { w: shape.slice(-1) },
    feeds: { x: wave(shape), ...feeds },
    build: (b) => build(b, b.op("Mul", [b.input("x", "float32", free), "w"])),
    seed,
    step: 1,
    opset,
  });
}

const shape = [3, 4, 2];
const free = ["N", "T", 2];
const one = (opType: string, inputs: (b: GraphBuilder) => string[], attributes = {}) =>
  check(shape, free, (b, value) => b.op(opType, [value, ...inputs(b)], attributes));

describe("shapes of free sizes", () => {
  test("Reshape", () => one("Reshape", (b) => [ints(b, 2, -1)]));
  test("Flatten", () => one("Flatten", () => [], { axis: 2 }));
  test("Unsqueeze", () => one("Unsqueeze", (b) => [ints(b, 1)]));
  test("Transpose", () => one("Transpose", () => [], { perm: [1, 2, 0] }));
  test("Tile, constant and computed repeats", async () => {
    await one("Tile", (b) => [ints(b, 1, 3, 2)]);
    await one("Tile", (b) => [b.op("Add", [b.op("Shape", ["x"]), ints(b, 1, -2, 0)])]);
  });
  test("Expand by sizes that only the run tells", async () => {
    // Inference does not follow a maximum of names.
    const operators = await one("Expand", (b) => [b.op("Max", [b.op("Shape", ["x"]), ints(b, 1)])]);
    expect(operators).toContain("NonZero");
    const row = (sizes: (b: GraphBuilder) => string) =>
      check([1, 4, 1], ["N", 4, 1], (b, value) => b.op("Expand", [value, sizes(b)]), {
        feeds: { wanted: int64([5, 3, 4, 2]) },
      });
    await row((b) => b.input("wanted", "int64", [4]));
  });
  test("Expand of a class token to the batch: its sizes are told by inference", async () => {
    const operators = await checkGradients({
      weights: { token: [1, 1, 2] },
      feeds: { x: wave(shape) },
      build: (b) => {
        const sizes = b.op("Shape", [b.input("x", "float32", free)]);
        const batch = b.op("Slice", [sizes, ints(b, 0), ints(b, 1)]);
        return b.op("Expand", ["token", b.op("Concat", [batch, ints(b, 1, 2)], { axis: 0 })]);
      },
      seed,
      step: 1,
    });
    expect(operators).not.toContain("NonZero");
  });
  test("Concat along a free axis", () =>
    check(shape, free, (b, value) =>
      b.op("Concat", [value, b.op("Neg", [value]), b.constant(wave([3, 1, 2]))], { axis: 1 }),
    ));
  test("Split along a free axis, one part unused", () =>
    check(shape, free, (b, value) => b.ops("Split", [value], { axis: 1, num_outputs: 2 }, 2)[1]!));
  test("DepthToSpace, mode CRD", () =>
    check([3, 8, 2, 3], ["N", 8, 2, 3], (b, value) =>
      b.op("DepthToSpace", [value], { blocksize: 2, mode: "CRD" }),
    ));
});

describe("Slice and Pad along free sizes", () => {
  test("Slice of a known axis: no shape is read", async () => {
    const operators = await check([3, 6, 2], ["N", 6, 2], (b, value) =>
      b.op("Slice", [value, ints(b, -1), ints(b, 0), ints(b, 1), ints(b, -2)]),
    );
    expect(operators).not.toContain("Size");
    expect(operators).not.toContain("ScatterElements");
  });
  test("Slice of a free axis: Pad by the shapes", async () => {
    const operators = await one("Slice", (b) => [ints(b, 1), ints(b, -1), ints(b, 1)]);
    expect(operators).not.toContain("ScatterElements");
  });
  test("Slice to a computed end: Pad by the shapes", async () => {
    const build = (b: GraphBuilder, value: string) => {
      const length = b.op("Shape", [b.input("z", "float32", ["L"])]);
      return b.op("Slice", [value, ints(b, 0), length, ints(b, 1)]);
    };
    for (const length of [1, 3, 4, 9]) {
      const operators = await check(shape, ["N", 4, 2], build, { feeds: { z: wave([length]) } });
      expect(operators).not.toContain("ScatterElements");
    }
  });
  test("Slice by bounds that are fed, forwards and backwards", async () => {
    for (const [start, end, step] of [
      [-3, 100, 1],
      [1, 6, 2],
      [5, -100, -2],
    ] as const) {
      const build = (b: GraphBuilder, value: string) => {
        const bounds = ["start", "end"].map((name) => b.input(name, "int64", [1]));
        return b.op("Slice", [value, ...bounds, ints(b, 1), ints(b, step)]);
      };
      const feeds = { start: int64([start]), end: int64([end]) };
      await check([3, 7, 2], free, build, { feeds, opset: 13 });
    }
  });
  test("Slice with steps along a free axis", async () => {
    await one("Slice", (b) => [ints(b, 1), ints(b, 99), ints(b, 1), ints(b, 2)]);
    await one("Slice", (b) => [ints(b, -1), ints(b, -99), ints(b, 0), ints(b, -1)]);
  });
  test("Pad by pads that are fed, of all axes and of one", async () => {
    await check(shape, free, (b, value) => b.op("Pad", [value, b.input("pads", "int64", [6])]), {
      feeds: { pads: int64([1, -1, 0, 0, 2, 1]) },
    });
    const build = (b: GraphBuilder, value: string) =>
      b.op("Pad", [value, b.input("pads", "int64", [2]), "", ints(b, 1)]);
    await check(shape, free, build, { feeds: { pads: int64([2, 1]) } });
  });
  test("Pad in mode reflect beside a free batch", () =>
    check(shape, ["N", 4, 2], (b, value) =>
      b.op("Pad", [value, ints(b, 0, 1, 0, 0, 2, 0)], { mode: "reflect" }),
    ));
});

describe("picked by indices that are fed", () => {
  test("Gather along any axis, indices of any rank", async () => {
    for (const [axis, index] of [
      [0, int64([2, 0, 2, -1], [2, 2])],
      [1, int64([-1, 1, 1])],
      [1, int64([3, 3, 0, 1], [4, 1])],
      [-1, int64([1], [])],
    ] as const) {
      const names = index.shape.map((_, i) => `K${i}`);
      const build = (b: GraphBuilder, value: string) =>
        b.op("Gather", [value, b.input("index", "int64", names)], { axis });
      await check(shape, free, build, { feeds: { index } });
    }
  });
  test("GatherND with a batch", () => {
    const build = (b: GraphBuilder, value: string) =>
      b.op("GatherND", [value, b.input("index", "int64", ["N", "K", 1])], { batch_dims: 1 });
    return check(shape, ["N", 4, 2], build, { feeds: { index: int64([0, 0, -1, 2, 3, 3], [3, 2, 1]) } });
  });
  test("an embedding: what threads add to one row at the same time is not lost", async () => {
    const [vocabulary, width, count] = [10, 64, 16 * 1024];
    const picked = Array.from({ length: count }, (_, i) => (i * i + 3 * i) % vocabulary);
    const b = new GraphBuilder({ opset: 18 });
    const table = b.initializer("table", wave([vocabulary, width]));
    const rows = b.op("Gather", [table, b.input("tokens", "int64", ["N", "T"])]);
    b.op("ReduceSum", [rows], { keepdims: 0 }, { outputs: ["loss"] });
    const { model, gradients } = backward(b.model(), "loss", ["table"]);
    expect(model.graph.nodes.map((node) => node.opType)).not.toContain("OneHot");
    const session = await nodeRuntime().load(writeModel(model));
    // d Σ rows / d table is how often each row was picked: whole numbers, so equal to the last bit, in every run.
    const times = Array.from(
      { length: vocabulary },
      (_, row) => picked.filter((each) => each === row).length,
    );
    const expected = times.flatMap((each) => Array.from({ length: width }, () => each));
    for (let run = 0; run < 10; run++) {
      const answer = await session.run({ tokens: int64(picked, [16, count / 16]) });
      expect([...floats(answer[gradients.get("table")!]!)]).toEqual(expected);
    }
    await session.release();
  });
});
