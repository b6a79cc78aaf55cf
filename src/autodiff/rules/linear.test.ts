import { expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { float32, sizeOf, type Tensor } from "../../core/tensor.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { backward } from "../backward.ts";
import { GradientError } from "../errors.ts";
import { checkGradients } from "../testing/check-gradients.ts";

function drawn(shape: readonly number[]): Tensor {
  const rng = random(61);
  return float32(
    Float32Array.from({ length: sizeOf(shape) }, () => rng.normal()),
    shape,
  );
}

test.each([
  ["nld,hd->nlh", [5, 4]],
  ["nld,d->n", [4]],
  ["...d,hd->...h", [5, 4]],
  ["...ld,...d->...l", [1, 4]],
  ["nld,ld->n", [3, 4]],
  ["nld,kh->nlk", [2, 6]],
])("Einsum %s with weights [%s] on a batch of unknown size", async (equation, shape) => {
  const operators = await checkGradients({
    weights: { w: shape, moved: [4] },
    feeds: { x: drawn([2, 3, 4]) },
    seed: 62,
    build: (b) => {
      const x = b.op("Mul", [b.input("x", "float32", ["N", 3, 4]), "moved"]);
      return b.op("Einsum", [x, "w"], { equation });
    },
  });
  expect(operators).toContain("Einsum");
});

test("one operand: a Transpose and an Expand, no Einsum", async () => {
  const operators = await checkGradients({
    weights: { w: [3, 4] },
    feeds: { x: drawn([2, 3, 4]) },
    seed: 63,
    step: 1,
    build: (b) =>
      b.op("Einsum", [b.op("Mul", [b.input("x", "float32", ["N", 3, 4]), "w"])], { equation: "nld->dn" }),
  });
  expect(operators).toContain("Expand");
  expect(operators).not.toContain("Einsum");
});

function failureOf(equation: string, shape: readonly (string | number)[]): GradientError {
  const b = new GraphBuilder({ opset: 18 });
  const w = b.initializer("w", float32(new Float32Array(9), [3, 3]));
  const operands = equation.includes(",") ? [b.input("x", "float32", shape), w] : [w];
  const y = b.op("Einsum", operands, { equation });
  b.op("ReduceSum", [y], { keepdims: 0 }, { outputs: ["loss"] });
  try {
    backward(b.model(), "loss", ["w"]);
  } catch (error) {
    if (error instanceof GradientError) return error;
    throw error;
  }
  throw new Error("a gradient was found");
}

test("what is not covered is refused, not guessed", () => {
  expect(failureOf("ii->i", []).message).toContain("'ii' repeats an index");
  const broadcast = failureOf("...i,...i->...", ["N", 3]).message;
  expect(broadcast).toContain("sizes that are not known to agree: N and 3");
});

test.each([
  ["a matrix", [3, 4], [5, 4], [1, 0]],
  ["a batch of them", [2, 3, 4], [2, 5, 4], [0, 2, 1]],
  ["one for a whole batch", [2, 3, 4], [5, 4], [1, 0]],
  ["of several, broadcast", [2, 1, 3, 4], [3, 5, 4], [0, 2, 1]],
])("MatMul by matrices turned round: %s", async (_, left, right, perm) => {
  await checkGradients({
    weights: { a: left, b: right },
    feeds: {},
    seed: 64,
    step: 1,
    build: (b) => b.op("MatMul", ["a", b.op("Transpose", ["b"], { perm })]),
  });
});

test("rows of an unknown number are not asked at run time whether they were repeated", async () => {
  const operators = await checkGradients({
    weights: { w: [4], kernel: [4, 5] },
    feeds: { x: drawn([6, 4]) },
    seed: 65,
    step: 1,
    build: (b) => {
      const x = b.op("Mul", [b.input("x", "float32", [undefined, 4]), "w"]);
      return b.op("MatMul", [x, "kernel"]);
    },
  });
  expect(operators).not.toContain("NonZero");
});
