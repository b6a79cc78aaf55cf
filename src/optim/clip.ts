import type { GraphBuilder } from "../onnx/builder.ts";
import { arithmetic } from "./optimizer.ts";

export interface Clipped {
  /** The gradients after scaling, in the order given. */
  readonly gradients: readonly string[];
  /** The global norm before scaling, a scalar. */
  readonly norm: string;
}

/** As PyTorch's `clip_grad_norm_` has it: the quotient stays finite where all gradients are zero. */
const epsilon = 1e-6;

/**
 * norm = √Σ‖gᵢ‖², gᵢ' = gᵢ·min(1, maxNorm / (norm + 1e-6))
 *
 * Scales all gradients (float32, any shapes) by one factor, so that together they are no longer than `maxNorm`, a
 * number or the name of a scalar (Pascanu et al. 2013). Where the squares overflow, from a norm of 1.8e19 on, the
 * factor is 0: finite gradients then move nothing.
 */
export function clipByGlobalNorm(
  builder: GraphBuilder,
  gradients: readonly string[],
  maxNorm: number | string,
): Clipped {
  const { add, mul, div, sqrt, min, sum, vector, inShapeOf } = arithmetic(builder);
  const squares = gradients.map((each) => builder.op("ReduceSumSquare", [each], { keepdims: 0 }));
  const norm = sqrt(sum(...squares));
  const factor = min(1, div(maxNorm, add(norm, epsilon)));
  return { norm, gradients: gradients.map((each) => inShapeOf(each, mul(vector(each), factor))) };
}
