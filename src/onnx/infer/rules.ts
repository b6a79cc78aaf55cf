import { conv } from "./conv.ts";
import { creations } from "./create.ts";
import { elementwise } from "./elementwise.ts";
import { indexOps } from "./index-ops.ts";
import { linear } from "./linear.ts";
import { normalization } from "./normalization.ts";
import type { Rule } from "./op.ts";
import { quantization } from "./quantize.ts";
import { reductions } from "./reduce.ts";
import { reshapes } from "./reshape.ts";
import { resizes } from "./resize.ts";

/** The rule of each operator of ONNX's own domain, by its name; one that is missing leaves its outputs unknown. */
export const rules: ReadonlyMap<string, Rule> = new Map(
  [
    elementwise,
    conv,
    linear,
    normalization,
    reductions,
    reshapes,
    indexOps,
    creations,
    resizes,
    quantization,
  ].flatMap((family) => Object.entries(family)),
);
