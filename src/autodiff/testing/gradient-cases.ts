import type { AttributeValue } from "../../onnx/attributes.ts";
import type { Operator } from "../rules/index.ts";

/** One way to call an operator, for the finite-difference test. */
export interface GradientCase {
  /** Shapes of the float32 inputs, all of which are differentiated by. */
  readonly shapes: readonly (readonly number[])[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** An int64 vector as last input: axes, or a shape. */
  readonly ints?: readonly number[];
  /** Where inputs are drawn from: away from kinks and poles. Default "wide". */
  readonly domain?: "wide" | "positive" | "awayFromZero";
  /** What the finite difference steps by; 1 is exact where the operator is linear in each input, if only one moves. */
  readonly step?: number;
  readonly opset?: number;
}

/** Every way in which two shapes broadcast: equal, lower rank, size 1, both, scalars. */
const pairs: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [[3], [2, 3]],
  [
    [2, 1],
    [1, 3],
  ],
  [[2, 3], []],
  [[], [2, 3]],
  [
    [1, 1],
    [2, 3],
  ],
  [
    [4, 1, 3],
    [2, 1],
  ],
  [[1], [1]],
  [
    [1, 5],
    [1, 1, 1],
  ],
];

const linear = (shapes: readonly (readonly number[])[], rest: Partial<GradientCase> = {}): GradientCase => ({
  shapes,
  step: 1,
  ...rest,
});
const pointwise = (domain: GradientCase["domain"] = "wide"): readonly GradientCase[] =>
  [[], [7], [2, 3, 4]].map((shape) => ({ shapes: [shape], domain }));
const binary = (domain: GradientCase["domain"] = "wide"): readonly GradientCase[] =>
  pairs.map((shapes) => ({ shapes, domain }));

const bits = [0, 1] as const;
const gemms = bits.flatMap((transA) =>
  bits.map((transB) =>
    linear([transA ? [4, 2] : [2, 4], transB ? [3, 4] : [4, 3]], {
      attributes: { transA, transB, alpha: 0.5 },
    }),
  ),
);
const gemmBiases = [[3], [1, 3], [2, 1], [2, 3], [1], []].map((bias) =>
  linear([[2, 4], [4, 3], bias], { attributes: { beta: 1.5 } }),
);

const reductions: readonly GradientCase[] = [
  linear([[2, 3, 4]]),
  linear([[2, 3, 4]], { attributes: { keepdims: 0 } }),
  linear([[]]),
  linear([[2, 3, 4]], { ints: [1] }),
  linear([[2, 3, 4]], { ints: [0, 2], attributes: { keepdims: 0 } }),
  linear([[2, 3, 4]], { ints: [-1, 0], attributes: { keepdims: 0 } }),
  linear([[2, 3, 4]], { ints: [-2] }),
  linear([[2, 3]], { attributes: { noop_with_empty_axes: 1 } }),
];

/** Rows a rule is held to; an operator with a rule and without a row fails the type check. */
export const cases: Readonly<Record<Operator, readonly GradientCase[]>> = {
  Add: pairs.map((shapes) => linear(shapes)),
  Sub: pairs.map((shapes) => linear(shapes)),
  Mul: binary(),
  Div: binary("awayFromZero"),
  Identity: pointwise(),
  Neg: pointwise(),
  Relu: pointwise("awayFromZero"),
  Tanh: pointwise(),
  Sigmoid: pointwise(),
  Erf: pointwise(),
  Exp: pointwise(),
  Log: pointwise("positive"),
  Sqrt: pointwise("positive"),
  Gemm: [...gemms, ...gemmBiases].map((each) => ({ ...each, step: 1e-2 })),
  MatMul: [
    [
      [2, 4],
      [4, 3],
    ],
    [[4], [4, 3]],
    [[2, 4], [4]],
    [[4], [4]],
    [
      [5, 2, 4],
      [4, 3],
    ],
    [
      [2, 4],
      [5, 4, 3],
    ],
    [
      [5, 1, 2, 4],
      [6, 4, 3],
    ],
    [
      [1, 2, 4],
      [5, 4, 3],
    ],
    [[4], [5, 4, 3]],
    [[5, 2, 4], [4]],
  ].map((shapes) => ({ shapes })),
  Reshape: [
    linear([[2, 6]], { ints: [3, 4] }),
    linear([[2, 6]], { ints: [0, -1, 2] }),
    linear([[1]], { ints: [] }),
  ],
  ReduceSum: reductions,
  ReduceMean: [
    ...reductions,
    linear([[2, 3, 4]], { attributes: { axes: [1] }, opset: 17 }),
    linear([[2, 3, 4]], { attributes: { axes: [-1, 0], keepdims: 0 }, opset: 13 }),
  ],
  LogSoftmax: [
    { shapes: [[3, 4]] },
    { shapes: [[3, 4, 2]], attributes: { axis: 1 } },
    { shapes: [[3, 4]], attributes: { axis: -2 } },
    { shapes: [[4]], attributes: { axis: 0 } },
  ],
};
