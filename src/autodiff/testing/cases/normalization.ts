import { float32 } from "../../../core/tensor.ts";
import { float } from "../../../onnx/attributes.ts";
import type * as rules from "../../rules/normalization.ts";
import type { GradientCase } from "../gradient-case.ts";

const running = {
  3: float32([0.2, -0.3, 0.5]),
  4: float32([0.5, 1.5, 0.8]),
};
const groups = { num_groups: 2 };

export const normalization: Readonly<Record<keyof typeof rules, readonly GradientCase[]>> = {
  BatchNormalization: [
    { shapes: [[2, 3, 4, 2], [3], [3]], fixed: running },
    { shapes: [[2, 3, 4], [3], [3]], fixed: running, attributes: { epsilon: 0.1 } },
    { shapes: [[5, 3], [3], [3]], fixed: running, opset: 13 },
    { shapes: [[2, 3, 2, 2, 3], [3], [3]], fixed: { ...running, 3: float32([0, 0, 0]) } },
  ],
  InstanceNormalization: [
    { shapes: [[2, 3, 4, 2], [3], [3]] },
    { shapes: [[2, 3, 5], [3], [3]], attributes: { epsilon: 0.1 }, opset: 13 },
    { shapes: [[1, 2, 2, 2, 3], [2], [2]] },
  ],
  GroupNormalization: [
    { shapes: [[2, 4, 3, 2], [4], [4]], attributes: groups, opset: 21 },
    { shapes: [[2, 6, 5], [6], [6]], attributes: { ...groups, epsilon: 0.1 }, opset: 21 },
    { shapes: [[1, 3, 2, 2], [3], [3]], attributes: { num_groups: 3 }, opset: 22 },
    { shapes: [[2, 4, 3, 2], [2], [2]], attributes: groups, opset: 18 },
    { shapes: [[2, 6, 5], [1], [1]], attributes: { num_groups: 1 }, opset: 20 },
  ],
  LayerNormalization: [
    { shapes: [[2, 3, 4], [4], [4]] },
    { shapes: [[2, 3, 4], [4]] },
    {
      shapes: [
        [2, 3, 4],
        [3, 4],
        [3, 4],
      ],
      attributes: { axis: 1, epsilon: 0.1 },
    },
    {
      shapes: [
        [2, 3, 4],
        [2, 3, 4],
        [2, 3, 4],
      ],
      attributes: { axis: 0 },
      opset: 17,
    },
    {
      shapes: [
        [2, 3, 4],
        [3, 4],
      ],
      attributes: { axis: -2 },
    },
  ],
  LRN: [
    { shapes: [[2, 6, 2, 3]], attributes: { size: 3, alpha: 0.5, beta: 0.75, bias: float(1) } },
    { shapes: [[1, 5, 3, 1]], attributes: { size: 5, alpha: 0.8, beta: 0.5, bias: float(2) } },
    { shapes: [[2, 5, 2, 2]], attributes: { size: 1, alpha: 0.5 } },
    { shapes: [[1, 3, 2, 2]], attributes: { size: 7, alpha: 0.5 }, opset: 13 },
  ],
  LpNormalization: [
    { shapes: [[3, 4]], attributes: { p: 2, axis: 1 } },
    { shapes: [[3, 4, 2]], attributes: { axis: 1 }, opset: 13 },
    { shapes: [[3, 4]], attributes: { p: 1, axis: -2 }, domain: "awayFromZero" },
    { shapes: [[5]], domain: "awayFromZero" },
  ],
};
