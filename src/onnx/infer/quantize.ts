import { intAttr } from "../attributes.ts";
import { dtypeOf } from "../dtypes.ts";
import type { Rule } from "./op.ts";

/** The type of the zero point, else what `output_dtype` says, else uint8. */
const QuantizeLinear: Rule = (op) => {
  const stated = dtypeOf(intAttr(op.node, "output_dtype", 0));
  return [{ dtype: op.has(2) ? op.dtype(2) : (stated ?? "uint8"), shape: op.shape(0) }];
};

const DequantizeLinear: Rule = (op) => {
  const stated = dtypeOf(intAttr(op.node, "output_dtype", 0));
  return [{ dtype: stated ?? op.dtype(1), shape: op.shape(0) }];
};

/** Quantised values, scale, zero point. */
const DynamicQuantizeLinear: Rule = (op) => [
  { dtype: "uint8", shape: op.shape(0) },
  { dtype: "float32", shape: [] },
  { dtype: "uint8", shape: [] },
];

export const quantization: Readonly<Record<string, Rule>> = {
  QuantizeLinear,
  DequantizeLinear,
  DynamicQuantizeLinear,
};
