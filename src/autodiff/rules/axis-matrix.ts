import type { Dim } from "../../onnx/graph.ts";
import type { Site } from "../rule.ts";

/**
 * Pools and resizes are linear along each axis by itself: y = A·x·Bᵀ. The operator tells its own matrix when it is run
 * on the identity, so every mode, pad and rounding is the engine's, and the engine folds the constant as it loads.
 */

/** A matrix by which one axis of the output is taken back to that axis of the input. */
export interface AxisMatrix {
  readonly axis: number;
  /** Name of float32 [input size, output size]. */
  readonly matrix: string;
}

/** The size of a value's axis as the name of an int64 vector of one element, also where it is known at run time only. */
export function sizeVector({ op, ints, shape }: Site, value: string, axis: number): string {
  const dim: Dim = shape(value)[axis];
  if (typeof dim === "number") return ints([dim]);
  return op("Slice", [op("Shape", [value]), ints([axis]), ints([axis + 1])]);
}

/** The identity matrix of the size of an axis of x, float32 [size, size]. */
export function identity(site: Site, axis: number): string {
  const { op, ints, x, shape } = site;
  const dim = shape(x[0])[axis];
  const size = sizeVector(site, x[0], axis);
  const square = typeof dim === "number" ? ints([dim, dim]) : op("Concat", [size, size], { axis: 0 });
  return op("EyeLike", [op("ConstantOfShape", [square])]);
}

/**
 * dx = Mₖ·dy along every axis k that has a matrix; `dy` has the output's shape, the result that of the input.
 * Measured on [16, 64, 112, 112] and below, a pair of products takes 0.1 to 0.6 of a depthwise ConvTranspose's time.
 */
export function multiplyAxes(site: Site, dy: string, matrices: readonly AxisMatrix[]): string {
  const { op, ints, x, shape } = site;
  const rank = shape(x[0]).length;
  let result = dy;
  let merged = false;
  // From the last axis to the first: what lies behind an axis can then be merged without knowing its sizes.
  for (const { axis, matrix } of matrices.toSorted((a, b) => b.axis - a.axis)) {
    if (axis === rank - 1) {
      result = op("MatMul", [result, op("Transpose", [matrix], { perm: [1, 0] })]);
      continue;
    }
    if (axis < rank - 2) {
      result = op("Reshape", [result, ints([...Array(axis + 1).fill(0), -1])]);
      merged = true;
    }
    result = op("MatMul", [matrix, result]);
  }
  return merged ? op("Reshape", [result, op("Shape", [x[0]])]) : result;
}
