import { UsageError } from "../../core/errors.ts";
import { float32, int64, scalar } from "../../core/tensor.ts";
import type { GraphBuilder } from "../../onnx/builder.ts";

/** A loss's nodes, numbers standing for scalar constants. */
export function lossNodes(builder: GraphBuilder) {
  const number = (each: string | number): string =>
    typeof each === "number" ? builder.constant(scalar(each)) : each;
  const op = (opType: string, ...inputs: readonly (string | number)[]): string =>
    builder.op(opType, inputs.map(number));
  /** Σ over the last axis: [N, width] to [N]. */
  const rowSum = (value: string): string =>
    builder.op("ReduceSum", [value, builder.constant(int64([-1]), "axis")], { keepdims: 0 });
  return {
    op,
    rowSum,
    /** The mean over the last axis, whose size is given: [N, width] to [N]. */
    rowMean: (value: string, width: number): string => op("Mul", rowSum(value), 1 / width),
    /** One number a class, as a constant. */
    perClass: (values: readonly number[], classes: number, name: string): string =>
      builder.constant(float32(values, [classes]), name),
    /** t·(1 - ε) + ε·centre: a share ε of each target moves to `centre` (Szegedy et al. 2016). */
    smoothed: (targets: string, share: number, centre: number): string =>
      share > 0 ? op("Add", op("Mul", targets, 1 - share), share * centre) : targets,
  };
}

/** Throws UsageError for a focusing exponent that is not a number from 0 on. */
export function checkGamma(gamma: number): void {
  if (gamma >= 0 && Number.isFinite(gamma)) return;
  throw new UsageError(
    {
      what: `The focal loss's gamma is ${gamma}; it must be 0 or more.`,
      next: "Take 2, the paper's, or 0 for plain cross-entropy.",
    },
    { option: "gamma", value: gamma },
  );
}

/** Throws UsageError unless there is one finite number from 0 to `most` for each class. */
export function checkPerClass(
  option: string,
  values: readonly number[] | undefined,
  classes: number,
  most = Number.MAX_VALUE,
): void {
  const wrong = values?.find((value) => !(value >= 0 && value <= most));
  if (values === undefined || (values.length === classes && wrong === undefined)) return;
  const range = most === Number.MAX_VALUE ? "from 0 on" : `from 0 to ${most}`;
  throw new UsageError(
    {
      what: `${option} must be ${classes} numbers ${range}, one a class.`,
      why: wrong === undefined ? `There are ${values.length}.` : `One of them is ${wrong}.`,
      next: "Leave it out to weigh every class alike.",
    },
    { option, value: values },
  );
}
