import { assert } from "./assert.ts";

/** Element types by the names ONNX gives them (onnx.proto, `TensorProto.DataType`), in lower case. */
export type DType =
  | "float32"
  | "uint8"
  | "int8"
  | "uint16"
  | "int16"
  | "int32"
  | "int64"
  | "string"
  | "bool"
  | "float16"
  | "float64"
  | "uint32"
  | "uint64"
  | "complex64"
  | "complex128"
  | "bfloat16"
  | "float8e4m3fn"
  | "float8e4m3fnuz"
  | "float8e5m2"
  | "float8e5m2fnuz"
  | "uint4"
  | "int4"
  | "float4e2m1";

/**
 * A dense tensor. `bytes` holds the elements row by row, little-endian, as ONNX stores them; it may be a view into a
 * larger file, so it is not always aligned: read it through `floats` and its kin. Strings stand in `strings`.
 */
export interface Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
  readonly strings?: readonly string[];
}

const bitsOf: Record<DType, number> = {
  float32: 32,
  uint8: 8,
  int8: 8,
  uint16: 16,
  int16: 16,
  int32: 32,
  int64: 64,
  string: 0,
  bool: 8,
  float16: 16,
  float64: 64,
  uint32: 32,
  uint64: 64,
  complex64: 64,
  complex128: 128,
  bfloat16: 16,
  float8e4m3fn: 8,
  float8e4m3fnuz: 8,
  float8e5m2: 8,
  float8e5m2fnuz: 8,
  uint4: 4,
  int4: 4,
  float4e2m1: 4,
};

/** Bits an element takes; 0 for strings. */
export function bitsPerElement(dtype: DType): number {
  return bitsOf[dtype];
}

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** Bytes that a tensor of this type and shape takes; 4-bit types are packed two to a byte. */
export function byteSize(dtype: DType, shape: readonly number[]): number {
  return Math.ceil((sizeOf(shape) * bitsOf[dtype]) / 8);
}

function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function dense(dtype: DType, data: ArrayBufferView, shape: readonly number[]): Tensor {
  assert(
    byteSize(dtype, shape) === data.byteLength,
    `${dtype}[${shape}] does not take ${data.byteLength} bytes`,
  );
  return { dtype, shape, bytes: bytesOf(data) };
}

/** A float32 tensor; a Float32Array is kept, not copied. Without a shape it is a vector. */
export function float32(data: Float32Array | readonly number[], shape?: readonly number[]): Tensor {
  const array = data instanceof Float32Array ? data : Float32Array.from(data);
  return dense("float32", array, shape ?? [array.length]);
}

/** A float16 tensor from its raw half-precision words. */
export function float16(words: Uint16Array, shape: readonly number[]): Tensor {
  return dense("float16", words, shape);
}

/** A float32 scalar, shape []. */
export function scalar(value: number): Tensor {
  return float32([value], []);
}

/** An int64 tensor. Without a shape it is a vector. */
export function int64(data: readonly (number | bigint)[], shape?: readonly number[]): Tensor {
  return dense(
    "int64",
    BigInt64Array.from(data, (value) => BigInt(value)),
    shape ?? [data.length],
  );
}

/** An int32 tensor. */
export function int32(data: Int32Array | readonly number[], shape?: readonly number[]): Tensor {
  const array = data instanceof Int32Array ? data : Int32Array.from(data);
  return dense("int32", array, shape ?? [array.length]);
}

/** A uint8 tensor; the bytes are kept, not copied. */
export function uint8(data: Uint8Array, shape: readonly number[]): Tensor {
  return dense("uint8", data, shape);
}

/** The bytes as they are where `alignment` allows a typed view on them, else a copy that does. */
function aligned(bytes: Uint8Array, alignment: number): Uint8Array {
  return bytes.byteOffset % alignment === 0 ? bytes : bytes.slice();
}

/** The elements of a float32 tensor: a view where the bytes are aligned, else a copy. */
export function floats(tensor: Tensor): Float32Array {
  assert(tensor.dtype === "float32", `expected float32, got ${tensor.dtype}`);
  const bytes = aligned(tensor.bytes, 4);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

/** The elements of an int64 tensor, without loss. */
export function bigints(tensor: Tensor): BigInt64Array {
  assert(tensor.dtype === "int64", `expected int64, got ${tensor.dtype}`);
  const bytes = aligned(tensor.bytes, 8);
  return new BigInt64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
}

/** A 64-bit integer as a number, held to ±(2^53 - 1): ONNX writes "to the end" as 2^63 - 1. */
export function toInt(value: bigint): number {
  const limit = BigInt(Number.MAX_SAFE_INTEGER);
  return Number(value > limit ? limit : value < -limit ? -limit : value);
}

/** The elements of an int64 or int32 tensor as numbers. */
export function integers(tensor: Tensor): number[] {
  if (tensor.dtype === "int64") return Array.from(bigints(tensor), toInt);
  assert(tensor.dtype === "int32", `expected int64 or int32, got ${tensor.dtype}`);
  const bytes = aligned(tensor.bytes, 4);
  return Array.from(new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4));
}
