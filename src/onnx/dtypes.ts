import type { DType } from "../core/tensor.ts";

/** `TensorProto.DataType`: the number that stands for each element type in a file (onnx.proto). */
const numbers: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  complex64: 14,
  complex128: 15,
  bfloat16: 16,
  float8e4m3fn: 17,
  float8e4m3fnuz: 18,
  float8e5m2: 19,
  float8e5m2fnuz: 20,
  uint4: 21,
  int4: 22,
  float4e2m1: 23,
};

const dtypes = new Map(Object.entries(numbers).map(([dtype, number]) => [number, dtype as DType]));

/** The number that an ONNX file writes for an element type. */
export function dtypeNumber(dtype: DType): number {
  return numbers[dtype];
}

/** The element type that a number in an ONNX file stands for; undefined for one that Tsugiki does not know. */
export function dtypeOf(number: number): DType | undefined {
  return dtypes.get(number);
}
