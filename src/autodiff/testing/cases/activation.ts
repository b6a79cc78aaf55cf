import type * as rules from "../../rules/activation.ts";
import { type GradientCase, onShapes } from "../gradient-case.ts";

export const activation: Readonly<Record<keyof typeof rules, readonly GradientCase[]>> = {
  Relu: onShapes("awayFromZero"),
  Tanh: onShapes(),
  Sigmoid: onShapes(),
  LogSoftmax: [
    { shapes: [[3, 4]] },
    { shapes: [[3, 4, 2]], attributes: { axis: 1 } },
    { shapes: [[3, 4]], attributes: { axis: -2 } },
    { shapes: [[4]], attributes: { axis: 0 } },
  ],
};
