import { expect, test } from "vitest";
import { float32, floats, type Tensor } from "../core/tensor.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import { writeModel } from "../onnx/write.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { backward } from "./backward.ts";
import { GradientError } from "./errors.ts";

const builder = () => new GraphBuilder({ opset: 18 });

async function gradientsOf(
  b: GraphBuilder,
  trainable: readonly string[],
  feeds: Record<string, Tensor> = {},
): Promise<number[][]> {
  const { model, gradients } = backward(b.model(), "loss", trainable);
  const session = await nodeRuntime().load(writeModel(model));
  const answer = await session.run(feeds);
  await session.release();
  return trainable.map((name) => [...floats(answer[gradients.get(name)!]!)]);
}

test("a value used twice gets the sum of both gradients: d(w·w + 3w)/dw = 2w + 3", async () => {
  const b = builder();
  const w = b.initializer("w", float32([5], []));
  const square = b.op("Mul", [w, w]);
  b.op("Add", [square, b.op("Mul", [b.constant(float32([3], [])), w])], {}, { outputs: ["loss"] });
  expect(await gradientsOf(b, ["w"])).toEqual([[13]]);
});

test("two uses and no third: d(w·w)/dw = 2w", async () => {
  const b = builder();
  const w = b.initializer("w", float32([5], []));
  b.op("Mul", [w, w], {}, { outputs: ["loss"] });
  expect(await gradientsOf(b, ["w"])).toEqual([[10]]);
});

test("a diamond: the shared node is passed once, with its gradient complete", async () => {
  // h = 2w; loss = h·h + h  =>  dw = 2·(2h + 1) = 2·(4·3 + 1) with w = 3
  const b = builder();
  const w = b.initializer("w", float32([3], []));
  const h = b.op("Mul", [w, b.constant(float32([2], []))]);
  b.op("Add", [b.op("Mul", [h, h]), h], {}, { outputs: ["loss"] });
  const { model } = backward(b.model(), "loss", ["w"]);
  expect(model.graph.nodes.filter((node) => node.opType === "Sum")).toHaveLength(1);
  expect(await gradientsOf(b, ["w"])).toEqual([[26]]);
});

test("a batch of unknown size: the bias' gradient is summed over it", async () => {
  const b = builder();
  const x = b.input("x", "float32", ["N", 2]);
  const bias = b.initializer("bias", float32([0, 0]));
  b.op("ReduceSum", [b.op("Add", [x, bias])], { keepdims: 0 }, { outputs: ["loss"] });
  expect(await gradientsOf(b, ["bias"], { x: float32(new Float32Array(14), [7, 2]) })).toEqual([[7, 7]]);
});

test("only paths to trainable weights are visited: a frozen part may hold operators without a rule", async () => {
  const b = builder();
  const x = b.input("x", "float32", ["N", 2]);
  const frozen = b.op("Hardmax", [b.op("Mul", [x, b.initializer("frozen", float32([1, 2]))])]);
  const w = b.initializer("w", float32([1, 1]));
  b.op("ReduceSum", [b.op("Mul", [frozen, w])], { keepdims: 0 }, { outputs: ["loss"] });
  const before = b.model().graph.nodes.length;
  const { model } = backward(b.model(), "loss", ["w"]);
  // Expand dy and its Shape, Mul by the frozen value, sum over the batch: nothing for x, frozen or Hardmax.
  expect(model.graph.nodes.slice(before).map((node) => node.opType)).toEqual([
    "Shape",
    "Expand",
    "Mul",
    "ReduceSum",
  ]);
});

test("outputs of the forward graph stay", () => {
  const b = builder();
  const w = b.initializer("w", float32([5], []));
  b.output(b.op("Mul", [w, w], {}, { outputs: ["loss"] }), "float32", []);
  const { model, gradients } = backward(b.model(), "loss", ["w"]);
  expect(model.graph.outputs.map((each) => each.name)).toEqual(["loss", gradients.get("w")]);
});

function failureOf(b: GraphBuilder, trainable: readonly string[]): GradientError {
  try {
    backward(b.model(), "loss", trainable);
  } catch (error) {
    if (error instanceof GradientError) return error;
    throw error;
  }
  throw new Error("a gradient was found");
}

test("an operator without a rule: the error names the node and the path to the loss", () => {
  const b = builder();
  const w = b.initializer("w", float32([1, 1]));
  const soft = b.op("Hardmax", [w], {}, { name: "gate" });
  const unused = b.op("Exp", [soft]);
  b.op("Neg", [unused]);
  b.op("ReduceSum", [b.op("Tanh", [soft])], { keepdims: 0 }, { outputs: ["loss"] });
  const error = failureOf(b, ["w"]);
  expect(error.evidence).toMatchObject({
    node: "gate",
    opType: "Hardmax",
    path: ["Hardmax", "Tanh", "ReduceSum"],
  });
  expect(error.message).toContain("Hardmax → Tanh → ReduceSum → loss");
});

test("an operator of another domain has no rule, whatever its name", () => {
  const b = builder().domain("com.example", 1);
  const w = b.initializer("w", float32([1], []));
  b.op("Relu", [w], {}, { domain: "com.example", outputs: ["loss"] });
  b.output("loss", "float32", []);
  expect(failureOf(b, ["w"]).evidence.opType).toBe("Relu");
});

test("a weight that the loss does not depend on, and one that is not there", () => {
  const b = builder();
  const w = b.initializer("w", float32([1], []));
  b.initializer("aside", float32([1], []));
  b.op("Exp", [w], {}, { outputs: ["loss"] });
  expect(failureOf(b, ["w", "aside"]).message).toContain("does not depend on it");
  expect(failureOf(b, ["w", "missing"]).message).toContain("no initializer of that name");
});

test.each([
  [1, 3],
  [3, 1],
  [3, 3],
])("sizes that only a run tells: x [%i, 2] meets y [%i, 2]", async (n, m) => {
  // loss = Σ (w·x + v·y): where one of them repeats the other, each gradient is summed over the repeats.
  const b = builder();
  const w = b.initializer("w", float32([1, 2], [2]));
  const v = b.initializer("v", float32([3], [1, 1]));
  const x = b.op("Mul", [b.input("x", "float32", ["N", 2]), w]);
  const y = b.op("Mul", [b.input("y", "float32", ["M", 2]), v]);
  b.op("ReduceSum", [b.op("Add", [x, y])], { keepdims: 0 }, { outputs: ["loss"] });
  const feeds = {
    x: float32(new Float32Array(2 * n).fill(6), [n, 2]),
    y: float32(new Float32Array(2 * m).fill(0.5), [m, 2]),
  };
  // Three rows each way: dw = 3·6 a column, dv = 3·2·½.
  expect(await gradientsOf(b, ["w", "v"], feeds)).toEqual([[18, 18], [3]]);
});

test("a row of named length against a longer shape: summed over new axes and repeated ones", async () => {
  // loss = Σ (x + b·y) with x [N, T, 2] and y [S, 2]: db = Σ y, as often as y repeats.
  for (const [t, s] of [
    [4, 1],
    [4, 4],
    [1, 4],
  ] as const) {
    const g = builder();
    const x = g.input("x", "float32", ["N", "T", 2]);
    const scaled = g.op("Mul", [g.input("y", "float32", ["S", 2]), g.initializer("b", float32([1, 1]))]);
    g.op("ReduceSum", [g.op("Add", [x, scaled])], { keepdims: 0 }, { outputs: ["loss"] });
    const feeds = {
      x: float32(new Float32Array(6 * t), [3, t, 2]),
      y: float32(new Float32Array(2 * s).fill(1), [s, 2]),
    };
    expect(await gradientsOf(g, ["b"], feeds), `T = ${t}, S = ${s}`).toEqual([[12, 12]]);
  }
});
