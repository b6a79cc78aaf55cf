import type * as rules from "../../rules/pointwise.ts";
import { type GradientCase, onShapes } from "../gradient-case.ts";

export const pointwise: Readonly<Record<keyof typeof rules, readonly GradientCase[]>> = {
  Identity: onShapes(),
  Neg: onShapes(),
  Erf: onShapes(),
  Exp: onShapes(),
  Log: onShapes("positive"),
  Sqrt: onShapes("positive"),
};
