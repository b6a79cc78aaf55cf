import type { GraphBuilder } from "../onnx/builder.ts";
import { arithmetic } from "./optimizer.ts";

/** Names of the values that a moving average reads; all float32. */
export interface AverageSite {
  /** The average so far; it starts as the weight itself. */
  readonly average: string;
  /** The weight after this update, of the average's shape. */
  readonly weight: string;
  /** In [0, 1): the higher, the longer the memory. */
  readonly decay: number;
  /** Number of this update from 1 on, a scalar. */
  readonly step: string;
}

/**
 * average' = d·average + (1 - d)·weight with d = min(decay, (1 + step) / (10 + step)), written
 * average + (1 - d)·(weight - average): where the two agree, rounding moves nothing.
 *
 * The exponential moving average of a weight (Polyak and Juditsky 1992 average evenly); the bound on d, which lets early
 * weights be forgotten, is that of TensorFlow's `ExponentialMovingAverage` with `num_updates`.
 */
export function movingAverage(builder: GraphBuilder, { average, weight, decay, step }: AverageSite): string {
  const { add, sub, mul, div, min, vector, inShapeOf } = arithmetic(builder);
  const share = sub(1, min(decay, div(add(1, step), add(10, step))));
  const old = vector(average);
  return inShapeOf(average, add(old, mul(share, sub(vector(weight), old))));
}
