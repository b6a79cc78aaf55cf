import type * as rules from "../../rules/shape.ts";
import { affine, type GradientCase } from "../gradient-case.ts";

export const shape: Readonly<Record<keyof typeof rules, readonly GradientCase[]>> = {
  Reshape: [
    affine([[2, 6]], { ints: [3, 4] }),
    affine([[2, 6]], { ints: [0, -1, 2] }),
    affine([[1]], { ints: [] }),
  ],
};
