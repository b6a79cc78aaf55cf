import { describe, expect, test } from "vitest";
import { float32, floats, int64, scalar, type Tensor } from "../../core/tensor.ts";
import { float } from "../../onnx/attributes.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import type { Shape } from "../../onnx/graph.ts";
import { writeModel } from "../../onnx/write.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import { backward } from "../backward.ts";
import { checkGradients } from "../testing/check-gradients.ts";

/** With this seed no value lies within a step of a kink, where a finite difference says nothing. */
const seed = 22;

/** The gradient of Σ y by x, a weight, and the operators that wrote it. */
async function gradientBy(
  values: readonly number[],
  build: (b: GraphBuilder, x: string) => string,
  { opset = 18, feeds = {} }: { opset?: number; feeds?: Record<string, Tensor> } = {},
): Promise<{ dx: number[]; operators: readonly string[] }> {
  const b = new GraphBuilder({ opset });
  const y = build(b, b.initializer("x", float32(values)));
  b.op("ReduceSum", [y], { keepdims: 0 }, { outputs: ["loss"] });
  const forward = b.model().graph.nodes.length;
  const { model, gradients } = backward(b.model(), "loss", ["x"]);
  const session = await nodeRuntime().load(writeModel(model));
  const answer = await session.run(feeds);
  await session.release();
  const operators = model.graph.nodes.slice(forward).map((node) => node.opType);
  return { dx: [...floats(answer[gradients.get("x")!]!)], operators };
}

function close(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of actual.entries()) expect(value, `element ${i}`).toBeCloseTo(expected[i]!, 5);
}

describe("at the kinks and far from them", () => {
  const tiny = 1e-12;
  const big = 3e38;

  test("Relu: 0 at 0, exactly 0 and 1 elsewhere, by y alone", async () => {
    const { dx, operators } = await gradientBy([-big, -1, -tiny, 0, tiny, 1, big], (b, x) =>
      b.op("Relu", [x]),
    );
    expect(dx).toEqual([0, 0, 0, 0, 1, 1, 1]);
    expect(operators).not.toContain("Where");
  });

  test.each([
    [0, 6],
    [-1, 1],
    [0.1, 0.7],
    [-0.3, 1e6],
    [1 / 3, 2 / 3],
    [-1e7, 0.1],
  ])("Clip to [%f, %f]: what lies on a bound passes nothing, whatever the rounding", async (low, high) => {
    const inside = low + (high - low) * 0.3;
    const beside = 0.999 * high + 0.001 * low;
    const { dx } = await gradientBy([-big, low - 1, low, inside, beside, high, high + 1, big], (b, x) =>
      b.op("Clip", [x, b.constant(scalar(low)), b.constant(scalar(high))]),
    );
    expect(dx).toEqual([0, 0, 0, 1, 1, 0, 0, 0]);
  });

  test("Clip with bounds that only the run tells agrees with constant ones", async () => {
    const bounds = { low: scalar(0), high: scalar(6) };
    const { dx } = await gradientBy(
      [-1, 0, 1, 6, 7],
      (b, x) => b.op("Clip", [x, b.input("low", "float32", []), b.input("high", "float32", [])]),
      { feeds: bounds },
    );
    expect(dx).toEqual([0, 0, 1, 0, 0]);
    const below = await gradientBy(
      [-1, 6, 7],
      (b, x) => b.op("Clip", [x, "", b.input("high", "float32", [])]),
      {
        feeds: { high: scalar(6) },
      },
    );
    expect(below.dx).toEqual([1, 0, 0]);
  });

  test("Clip between crossed bounds is constant", async () => {
    const { dx } = await gradientBy([-1, 0.5, 3], (b, x) =>
      b.op("Clip", [x, b.constant(scalar(2)), b.constant(scalar(1))]),
    );
    expect(dx).toEqual([0, 0, 0]);
  });

  test("LeakyRelu, Abs and PRelu take their slopes exactly", async () => {
    const values = [-big, -2, -tiny, tiny, 2, big];
    const alpha = Math.fround(0.1);
    const { dx } = await gradientBy(values, (b, x) => b.op("LeakyRelu", [x], { alpha: float(0.1) }));
    expect(dx).toEqual([alpha, alpha, alpha, 1, 1, 1]);
    const abs = await gradientBy(values, (b, x) => b.op("Abs", [x]));
    expect(abs.dx).toEqual([-1, -1, -1, 1, 1, 1]);
    const slope = await gradientBy(values, (b, x) => b.op("PRelu", [x, b.constant(float32([0.25]))]));
    expect(slope.dx).toEqual([0.25, 0.25, 0.25, 1, 1, 1]);
  });

  test("saturated activations give finite gradients", async () => {
    const values = [-100, -20, 20, 100];
    const step = [0, 0, 1, 1];
    close((await gradientBy(values, (b, x) => b.op("Mish", [x]))).dx, step);
    close((await gradientBy(values, (b, x) => b.op("Softplus", [x]))).dx, step);
    close((await gradientBy(values, (b, x) => b.op("HardSwish", [x]))).dx, step);
    close((await gradientBy(values, (b, x) => b.op("Elu", [x], { alpha: float(0.5) }))).dx, step);
    for (const approximate of ["none", "tanh"]) {
      const gelu = await gradientBy(values, (b, x) => b.op("Gelu", [x], { approximate }), { opset: 20 });
      close(gelu.dx, step);
    }
  });
});

describe("the forms that exporters write, by their parts", () => {
  const values = [-3, -1, -0.2, 0, 0.7, 2.5];
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const bell = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  /** Φ by its series, in double precision: ½ + φ(x)·Σ x^(2k+1) / (1·3·5···(2k+1)). */
  const normal = (x: number): number => {
    let [sum, term] = [0, x];
    for (let k = 1; k < 80; k++) {
      sum += term;
      term *= (x * x) / (2 * k + 1);
    }
    return 0.5 + bell(x) * sum;
  };

  test("SiLU: x·σ(x)", async () => {
    const { dx } = await gradientBy(values, (b, x) => b.op("Mul", [x, b.op("Sigmoid", [x])]));
    close(
      dx,
      values.map((x) => sigmoid(x) * (1 + x * (1 - sigmoid(x)))),
    );
  });

  test("Gelu: ½·x·(1 + erf(x/√2)), and the operator itself", async () => {
    const expected = values.map((x) => normal(x) + x * bell(x));
    const { dx } = await gradientBy(values, (b, x) => {
      const erf = b.op("Erf", [b.op("Div", [x, b.constant(scalar(Math.SQRT2))])]);
      const sum = b.op("Add", [erf, b.constant(scalar(1))]);
      return b.op("Mul", [b.op("Mul", [x, sum]), b.constant(scalar(0.5))]);
    });
    close(dx, expected);
    const whole = await gradientBy(values, (b, x) => b.op("Gelu", [x]), { opset: 20 });
    close(whole.dx, expected);
  });

  test("hard swish: x·Clip(x + 3, 0, 6) / 6, as the operator has it", async () => {
    const parts = await gradientBy([-4, -2, 0, 1, 4], (b, x) => {
      const shifted = b.op("Add", [x, b.constant(scalar(3))]);
      const clipped = b.op("Clip", [shifted, b.constant(scalar(0)), b.constant(scalar(6))]);
      return b.op("Div", [b.op("Mul", [x, clipped]), b.constant(scalar(6))]);
    });
    close(parts.dx, [0, -1 / 6, 1 / 2, 5 / 6, 1]);
    close((await gradientBy([-4, -2, 0, 1, 4], (b, x) => b.op("HardSwish", [x]))).dx, parts.dx);
  });

  test("Mish: x·tanh(softplus x), as the operator has it", async () => {
    const parts = await gradientBy(values, (b, x) => b.op("Mul", [x, b.op("Tanh", [b.op("Softplus", [x])])]));
    close((await gradientBy(values, (b, x) => b.op("Mish", [x]))).dx, parts.dx);
  });
});

describe("with free sizes", () => {
  const shape = [3, 2, 4, 4];
  const x = float32(
    Float32Array.from({ length: 96 }, (_, i) => 3 * Math.sin(1 + i)),
    shape,
  );
  /** x·w with N, and whatever else, free. */
  const check = (
    free: Shape,
    weights: Record<string, number[]>,
    build: (b: GraphBuilder, value: string) => string,
    opset = 18,
  ) =>
    checkGradients({
      weights: { w: [4], ...weights },
      feeds: { x },
      build: (b) => build(b, b.op("Mul", [b.input("x", "float32", free), "w"])),
      seed,
      step: 1e-3,
      opset,
    });
  const names = ["N", 2, "H", 4];

  test("activations that read an axis", async () => {
    await check(names, {}, (b, value) => b.op("Softmax", [value], { axis: 1 }));
    await check(names, {}, (b, value) => b.op("LogSoftmax", [value], { axis: 2 }), 13);
  });
  test("PRelu with a slope a channel, Clip with learned bounds", () =>
    check(names, { slope: [2, 1, 1], low: [] }, (b, value) =>
      b.op("Clip", [b.op("PRelu", [value, "slope"]), "low"]),
    ));
  test("a bias and a factor a channel, sizes not even named", () =>
    check([undefined, 2, undefined, 4], { factor: [2, 1, 1], bias: [1, 2, 1, 1] }, (b, value) =>
      b.op("Add", [b.op("Mul", ["factor", value]), "bias"]),
    ));
  test("maxima, minima, means and powers with constants", () =>
    check([undefined, 2, undefined, 4], { bias: [2, 1, 1] }, (b, value) => {
      const shifted = b.op("Mean", [b.op("Pow", [value, b.constant(int64([2], []))]), "bias"]);
      const floor = b.op("Max", [b.constant(scalar(0.5)), shifted]);
      return b.op("Min", [floor, b.constant(scalar(1.5))]);
    }));
});
