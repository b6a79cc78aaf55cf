import { scalar, type Tensor } from "../../../core/tensor.ts";
import type * as rules from "../../rules/pointwise.ts";
import { affine, type GradientCase, onShapes } from "../gradient-case.ts";

const inference: Tensor = { dtype: "bool", shape: [], bytes: Uint8Array.of(0) };

export const pointwise: Readonly<Record<keyof typeof rules, readonly GradientCase[]>> = {
  Identity: onShapes(),
  Cast: [affine([[2, 3]], { attributes: { to: 1 } })],
  Dropout: [
    affine([[2, 3]]),
    affine([[2, 3]], { outputs: [true, false] }),
    affine([[2, 3]], { fixed: { 1: scalar(0.3) } }),
    affine([[2, 3]], { fixed: { 1: scalar(0.3), 2: inference } }),
    affine([[2, 3]], { fixed: { 1: "", 2: inference }, opset: 13 }),
  ],
  Neg: onShapes(),
  Abs: onShapes("awayFromZero"),
  Reciprocal: onShapes("awayFromZero"),
  Sqrt: onShapes("positive"),
  Exp: onShapes(),
  Log: onShapes("positive"),
  Erf: onShapes(),
  Sin: onShapes(),
  Cos: onShapes(),
  Tan: onShapes(),
  Asin: onShapes([-0.8, 0.8]),
  Acos: onShapes([-0.8, 0.8]),
  Atan: onShapes(),
  Sinh: onShapes(),
  Cosh: onShapes(),
  Asinh: onShapes(),
  Acosh: onShapes([1.3, 3]),
  Atanh: onShapes([-0.8, 0.8]),
};
