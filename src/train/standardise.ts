import { float32, floats, type Tensor } from "../core/tensor.ts";
import { denseLayers, type HeadSize, type HeadSpec } from "../surgery/head-graph.ts";
import type { FeatureSet } from "./features.ts";

/** Mean and standard deviation of each feature, by which (x - mean) / std has mean 0 and variance 1. */
export interface Standard {
  readonly mean: Float64Array;
  readonly std: Float64Array;
}

/**
 * Below this share of a feature's mean (a dead channel's rounding, or a constant one) its spread is no signal: float32
 * resolves 1e-7 of the mean, and dividing by less would blow that noise up.
 */
const constantBelow = 1e-6;

/** Beyond these a weight for the feature as it is leaves the range of float32: such a feature has no say. */
const [leastSpread, mostSpread] = [1e-30, 1e30];

/**
 * A spread below this share of the features' median one counts as that: such a feature is all but silent in the training
 * pictures, and the first picture to wake it would outvote all others. Among what the networks tried here give on real
 * pictures the least is 0.03.
 */
const quietBelow = 1e-3;

/**
 * Means and standard deviations (dividing by n) in double precision; a constant feature gets the std 1, one beyond all
 * bounds an infinite one, and one that is all but silent beside the others more than its own.
 */
export function standardOf({ rows, width, features }: FeatureSet): Standard {
  const mean = new Float64Array(width);
  const std = new Float64Array(width);
  for (let row = 0; row < rows; row++) {
    const at = row * width;
    for (let i = 0; i < width; i++) mean[i]! += features[at + i]!;
  }
  for (let i = 0; i < width; i++) mean[i]! /= rows;
  // A second pass over the data: E[x²] - E[x]² would cancel where the mean is large.
  for (let row = 0; row < rows; row++) {
    const at = row * width;
    for (let i = 0; i < width; i++) std[i]! += (features[at + i]! - mean[i]!) ** 2;
  }
  const spreads: number[] = [];
  for (let i = 0; i < width; i++) {
    const spread = Math.sqrt(std[i]! / rows);
    const isConstant = spread <= Math.max(leastSpread, constantBelow * Math.abs(mean[i]!));
    std[i] = isConstant ? 1 : spread > mostSpread ? Number.POSITIVE_INFINITY : spread;
    if (!isConstant) spreads.push(std[i]!);
  }
  const least = quietBelow * (spreads.sort((a, b) => a - b)[spreads.length >> 1] ?? 0);
  return { mean, std: std.map((spread) => Math.max(spread, least)) };
}

/** The standardisation that changes nothing. */
export function noStandard(width: number): Standard {
  return { mean: new Float64Array(width), std: new Float64Array(width).fill(1) };
}

/**
 * Whether features lie so far from zero, in their own stds, that a float32 sum over them as they are cancels to too few
 * digits: at 100 stds and a share of 1e-7 a rounding, gradients lose the fifth digit.
 */
export function cancels({ mean, std }: Standard): boolean {
  return mean.some((m, i) => Math.abs(m) > 100 * std[i]!);
}

/**
 * A dense layer on standardised features as one on the features as they are:
 *   ((x - μ)/σ)·W + b = x·W' + b'  with  W' = W/σ and b' = b - μ·W'
 * `weights` is [width, units] and `bias` [units], both overwritten.
 */
export function fold(weights: Float64Array, bias: Float64Array, { mean, std }: Standard): void {
  const units = bias.length;
  for (let i = 0; i < mean.length; i++) {
    for (let j = 0; j < units; j++) {
      const folded = weights[i * units + j]! / std[i]!;
      weights[i * units + j] = folded;
      bias[j]! -= mean[i]! * folded;
    }
  }
}

/**
 * The chain rule through `fold`: gradients by W' and b' become those by W and b, in place.
 *   dW = (dW' - μ·db') / σ, db = db'
 */
export function unfoldGradient(weights: Float64Array, bias: Float64Array, { mean, std }: Standard): void {
  const units = bias.length;
  for (let i = 0; i < mean.length; i++) {
    for (let j = 0; j < units; j++) {
      const at = i * units + j;
      // What was summed over a feature beyond all bounds may be infinite itself.
      weights[at] = std[i] === Number.POSITIVE_INFINITY ? 0 : (weights[at]! - mean[i]! * bias[j]!) / std[i]!;
    }
  }
}

/** A head's parameters with the standardisation folded into its first layer, so that it takes raw features. */
export function foldHead(
  spec: HeadSpec,
  size: HeadSize,
  parameters: ReadonlyMap<string, Tensor>,
  standard: Standard,
): ReadonlyMap<string, Tensor> {
  const [first] = denseLayers(spec, size);
  const [weight, bias] = [first && parameters.get(first.weight), first && parameters.get(first.bias)];
  if (!first || !weight || !bias) return parameters;
  const folded = { weights: Float64Array.from(floats(weight)), bias: Float64Array.from(floats(bias)) };
  fold(folded.weights, folded.bias, standard);
  return new Map(parameters)
    .set(first.weight, float32(Float32Array.from(folded.weights), weight.shape))
    .set(first.bias, float32(Float32Array.from(folded.bias), bias.shape));
}
