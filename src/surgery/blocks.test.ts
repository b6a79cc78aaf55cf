import { expect, test } from "vitest";
import { float32, int64, scalar } from "../core/tensor.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import { blocksOf } from "./blocks.ts";

class Chain {
  readonly b = new GraphBuilder({ opset: 18 });
  readonly x = this.b.input("x", "float32", ["N", 2]);

  op(opType: string, name: string, ...inputs: string[]): string {
    return this.b.op(opType, inputs, {}, { name });
  }

  weight(name: string, ...shape: number[]): string {
    return this.b.initializer(name, float32(new Float32Array(shape.reduce((n, dim) => n * dim, 1)), shape));
  }

  /** Each block as "input > its nodes > output: its weights". */
  blocks(output: string): readonly string[] {
    this.b.output(output);
    return blocksOf(this.b.graph()).map(
      (each) =>
        `${each.input} > ${each.nodes.map(({ name }) => name).join(" ")} > ${each.output}: ${each.weights.join(" ")}`,
    );
  }
}

test("a residual unit is one block; what has no weight goes with the block before", () => {
  const net = new Chain();
  const h = net.op("Relu", "act", net.op("MatMul", "first", net.x, net.weight("w0", 2, 2)));
  const inner = net.op("Tanh", "inner", net.op("MatMul", "left", h, net.weight("w1", 2, 2)));
  const sum = net.op("Add", "sum", net.op("MatMul", "right", inner, net.weight("w2", 2, 2)), h);
  const out = net.op("MatMul", "last", net.op("Relu", "end", sum), net.weight("w3", 2, 2));
  expect(net.blocks(out)).toEqual([
    "x > first act > act: w0",
    "act > left inner right sum end > end: w1 w2",
    "end > last > last: w3",
  ]);
});

test("a weight that is used twice belongs to its first block, and settings to none", () => {
  const net = new Chain();
  const shared = net.weight("shared", 2, 2);
  const stats = ["scale", "bias", "mean", "variance"].map((name) => net.weight(name, 2));
  const normal = net.op("BatchNormalization", "bn", net.op("MatMul", "a", net.x, shared), ...stats);
  const again = net.op("MatMul", "b", normal, shared);
  const scaled = net.op("Mul", "c", again, net.b.initializer("two", scalar(2)));
  const placed = net.op("Gather", "d", scaled, net.b.initializer("places", int64([1, 0])));
  expect(net.blocks(placed)).toEqual(["x > a > a: shared", "a > bn b c d > d: scale bias"]);
});

test("a value that is used far behind holds everything between in one block", () => {
  const net = new Chain();
  const a = net.op("MatMul", "a", net.x, net.weight("w0", 2, 2));
  const b = net.op("MatMul", "b", a, net.weight("w1", 2, 2));
  const c = net.op("MatMul", "c", b, net.weight("w2", 2, 2));
  expect(net.blocks(net.op("Add", "sum", c, net.x))).toEqual(["x > a b c sum > sum: w0 w1 w2"]);
});

test("what the input cannot change belongs to no block; without weights there is none", () => {
  const net = new Chain();
  const fixed = net.op("Neg", "fixed", net.weight("w", 2, 2));
  const y = net.op("MatMul", "y", net.x, fixed);
  expect(net.blocks(net.op("Relu", "z", y))).toEqual([]);
});

test("a value that is the output and goes on too: its block ends the chain", () => {
  const net = new Chain();
  const a = net.op("MatMul", "a", net.x, net.weight("w0", 2, 2));
  const b = net.op("MatMul", "b", a, net.weight("w1", 2, 2));
  net.op("Relu", "aside", b);
  expect(net.blocks(b).at(-1)).toContain("> b: w1");
});
