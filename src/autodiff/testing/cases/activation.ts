import { scalar } from "../../../core/tensor.ts";
import { float } from "../../../onnx/attributes.ts";
import type * as rules from "../../rules/activation.ts";
import { type GradientCase, onShapes } from "../gradient-case.ts";

const vectors = onShapes();
const awayFromZero = onShapes("awayFromZero");
const withAlpha = (alpha: number, rest: Partial<GradientCase> = {}): GradientCase => ({
  shapes: [[2, 3, 4]],
  attributes: { alpha: float(alpha) },
  domain: "awayFromZero",
  ...rest,
});

const alongAxes: readonly GradientCase[] = [
  { shapes: [[3, 4]] },
  { shapes: [[3, 4, 2]], attributes: { axis: 1 } },
  { shapes: [[3, 4, 2]], attributes: { axis: 0 }, opset: 13 },
  { shapes: [[3, 4]], attributes: { axis: -2 } },
  { shapes: [[4]], attributes: { axis: 0 } },
];

/** Inputs stand at whole tenths and at least 0.02 from every bound. */
const clips: readonly GradientCase[] = [
  {},
  { fixed: { 1: scalar(0.05), 2: scalar(0.65) } },
  { fixed: { 1: scalar(-0.37), 2: scalar(0.91) } },
  { fixed: { 1: scalar(0.77), 2: scalar(0.83) } },
  { fixed: { 1: "" as const, 2: scalar(0.43) } },
  { fixed: { 1: scalar(-0.37) } },
  { fixed: { 1: scalar(-3.4028234e38), 2: scalar(0.43) } },
  { fixed: { 1: scalar(-0.37), 2: scalar(3.4028234e38) } },
  { fixed: { 1: scalar(-3.4028234e38), 2: scalar(3.4028234e38) } },
].map((each) => ({ shapes: [[2, 3, 4]], domain: "distinct", ...each }));
/** Bounds far apart: what lies near one of them is small beside the other. */
const wideClips: readonly GradientCase[] = [
  { shapes: [[2, 3, 4]], fixed: { 1: scalar(0), 2: scalar(65504) }, domain: [1e-4, 4e-3], step: 1e-5 },
  { shapes: [[2, 3, 4]], fixed: { 1: scalar(1e-6), 2: scalar(1e4) }, domain: [1e-4, 2e-4], step: 1e-5 },
  { shapes: [[2, 3, 4]], fixed: { 1: scalar(-1), 2: scalar(1e6) }, domain: [-0.99, -0.9], step: 1e-3 },
];
/** Bounds that are differentiated by too: drawn from "distinct", each is -0.05. */
const movingBounds: readonly GradientCase[] = [
  { shapes: [[2, 3, 4], []], fixed: { 2: scalar(0.43) }, domain: "distinct" },
  { shapes: [[2, 3, 4], []], fixed: { 1: scalar(-0.83) }, domain: "distinct" },
  { shapes: [[2, 3, 4], []], fixed: { 1: "" }, domain: "distinct" },
  { shapes: [[2, 3, 4], []], domain: "distinct" },
];

/** The kinks at ±3 lie between them. */
const hardSwish: readonly GradientCase[] = [
  { shapes: [[2, 3, 4]] },
  { shapes: [[2, 3, 4]], domain: [-6, -3.1] },
  { shapes: [[2, 3, 4]], domain: [-2.9, 2.9] },
  { shapes: [[2, 3, 4]], domain: [3.1, 6] },
  { shapes: [[9, 11]], domain: "distinct", opset: 22 },
];

export const activation: Readonly<Record<keyof typeof rules, readonly GradientCase[]>> = {
  Relu: awayFromZero,
  LeakyRelu: [
    ...awayFromZero,
    ...[0.1, 1, 0, -0.5, 2.5].map((alpha) => withAlpha(alpha)),
    withAlpha(0.3, { opset: 13 }),
  ],
  PRelu: [
    [
      [2, 3, 4],
      [2, 3, 4],
    ],
    [
      [2, 3, 4, 2],
      [3, 1, 1],
    ],
    [
      [2, 3, 4],
      [1, 3, 1],
    ],
    [[2, 3], [1]],
    [[2, 3], []],
    [[5], [5]],
  ].map((shapes) => ({ shapes, domain: "awayFromZero" })),
  Elu: [...awayFromZero, ...[0.4, 2, -0.5].map((alpha) => withAlpha(alpha))],
  Selu: [
    ...awayFromZero,
    { shapes: [[2, 3]], attributes: { alpha: float(0.7), gamma: float(2) }, domain: "awayFromZero" },
  ],
  Celu: [...awayFromZero, ...[0.4, 2].map((alpha) => withAlpha(alpha))],
  ThresholdedRelu: [
    { shapes: [[2, 3, 4]], domain: [1.1, 2] },
    { shapes: [[2, 3, 4]], domain: [0, 0.9] },
    withAlpha(0.17, { domain: "distinct" }),
    withAlpha(-0.23, { domain: "distinct" }),
  ],
  Clip: [...clips, ...wideClips, ...movingBounds],
  Sigmoid: vectors,
  Tanh: vectors,
  HardSigmoid: [
    ...vectors,
    { shapes: [[2, 3, 4]], domain: [2.6, 4] },
    { shapes: [[2, 3, 4]], domain: [-4, -2.6] },
    { shapes: [[2, 3, 4]], domain: "distinct", attributes: { alpha: float(0.6), beta: float(0.1) } },
  ],
  HardSwish: hardSwish,
  Gelu: [
    ...["none", "tanh"].map((approximate) => ({
      shapes: [[2, 3, 4]],
      attributes: { approximate },
      opset: 20,
    })),
    { shapes: [[7]], opset: 20 },
    { shapes: [[7]], domain: [-4, 4], opset: 20 },
    { shapes: [[7]], domain: [-4, 4], attributes: { approximate: "tanh" }, opset: 20 },
  ],
  Softplus: [...vectors, { shapes: [[7]], domain: [-20, 20] }],
  Softsign: [...awayFromZero, { shapes: [[7]], domain: [-20, -1] }],
  Mish: [...vectors, { shapes: [[7]], domain: [-30, 30] }],
  Softmax: alongAxes,
  LogSoftmax: alongAxes,
};
