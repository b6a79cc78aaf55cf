import { floats, integers, sizeOf } from "../../core/tensor.ts";
import type { Site } from "../rule.ts";

/** The number that a value of one element is known to hold (float32, int32 or int64), else undefined. */
export function constantNumber(site: Site, value: string): number | undefined {
  const tensor = value === "" ? undefined : site.tensor(value);
  if (!tensor || sizeOf(tensor.shape) !== 1) return undefined;
  if (tensor.dtype === "float32") return floats(tensor)[0];
  return tensor.dtype === "int64" || tensor.dtype === "int32" ? integers(tensor)[0] : undefined;
}
