import type { Tensor } from "../../core/tensor.ts";
import type { AttributeValue } from "../../onnx/attributes.ts";

/** One way to call an operator, for the finite-difference test. */
export interface GradientCase {
  /** Shapes of the float32 inputs that are differentiated by, in their order. */
  readonly shapes: readonly (readonly number[])[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** An int64 vector as last input: axes, or a shape. */
  readonly ints?: readonly number[];
  /** Inputs that are not differentiated by, at their places among all inputs; "" leaves one out. */
  readonly fixed?: Readonly<Record<number, Tensor | "">>;
  /** The outputs the node has, and whether the loss depends on each. Default [true]. */
  readonly outputs?: readonly boolean[];
  /**
   * Where inputs are drawn from: within ±1.2 ("wide", the default), 0.3 to 1.5 ("positive"), either sign of that
   * ("awayFromZero"), all values at least 0.1 apart ("distinct", for maxima), or evenly from an interval.
   */
  readonly domain?: "wide" | "positive" | "awayFromZero" | "distinct" | readonly [number, number];
  /** What the finite difference steps by; 1 is exact where the operator is linear in each input, if only one moves. */
  readonly step?: number;
  readonly opset?: number;
}

export type Shapes = readonly (readonly number[])[];

/** An operator that is linear in its inputs taken together: the difference is exact at any step. */
export const affine = (shapes: Shapes, rest: Partial<GradientCase> = {}): GradientCase => ({
  shapes,
  step: 1,
  ...rest,
});

export const onShapes = (domain: GradientCase["domain"] = "wide"): readonly GradientCase[] =>
  [[], [7], [2, 3, 4]].map((shape) => ({ shapes: [shape], domain }));
