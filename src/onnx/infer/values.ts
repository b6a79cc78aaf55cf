import { floats, integers, type Tensor } from "../../core/tensor.ts";
import { maxValues } from "./op.ts";

/** The numbers of a scalar or short vector; undefined for larger tensors and types that no shape is computed in. */
export function valuesOf(tensor: Tensor): readonly number[] | undefined {
  if (tensor.shape.length > 1 || (tensor.shape[0] ?? 1) > maxValues) return undefined;
  if (tensor.dtype === "int64" || tensor.dtype === "int32") return integers(tensor);
  if (tensor.dtype === "float32") return Array.from(floats(tensor));
  if (tensor.dtype === "bool" || tensor.dtype === "uint8") return [...tensor.bytes];
  return undefined;
}
