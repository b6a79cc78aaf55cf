import { float32, floats, integers, sizeOf, type Tensor } from "../../core/tensor.ts";

/** Sizes of axes as steps between neighbours along each: [2,3,4] -> [12,4,1]. */
function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * shape[i + 1]!;
  return strides;
}

/** Where each element of a result of `shape` stands in a tensor whose axes have these strides. */
function offsets(shape: readonly number[], strides: readonly number[]): Int32Array {
  const result = new Int32Array(sizeOf(shape));
  let length = 1;
  // Axis by axis from the last: what is filled is repeated, each time one step further.
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    for (let i = shape[axis]! - 1; i >= 1; i--)
      for (let at = 0; at < length; at++) result[i * length + at] = result[at]! + i * strides[axis]!;
    length *= shape[axis]!;
  }
  return result;
}

/** Axis i of the result is axis `permutation[i]` of the tensor. */
export function transposed(tensor: Tensor, permutation: readonly number[]): Tensor {
  if (permutation.every((axis, i) => axis === i)) return tensor;
  const strides = stridesOf(tensor.shape);
  const shape = permutation.map((axis) => tensor.shape[axis]!);
  const from = floats(tensor);
  const places = offsets(
    shape,
    permutation.map((axis) => strides[axis]!),
  );
  return float32(
    Float32Array.from(places, (place) => from[place]!),
    shape,
  );
}

export function reshaped(tensor: Tensor, shape: readonly number[]): Tensor {
  return { ...tensor, shape };
}

/** Shapes aligned at the end, 1 giving way to anything. They are known to fit. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const [p, q] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1];
    return p === 1 ? q : p;
  });
}

function spread(tensor: Tensor, shape: readonly number[]): Float32Array {
  const from = floats(tensor);
  if (from.length === sizeOf(shape)) return from;
  const own = stridesOf(tensor.shape);
  const missing = shape.length - tensor.shape.length;
  const strides = shape.map((_, i) => ((tensor.shape[i - missing] ?? 1) === 1 ? 0 : own[i - missing]!));
  return Float32Array.from(offsets(shape, strides), (place) => from[place]!);
}

/** Element by element, shapes broadcast; computed in double precision. */
export function combined(a: Tensor, b: Tensor, compute: (a: number, b: number) => number): Tensor {
  const shape = broadcastShape(a.shape, b.shape);
  const [p, q] = [spread(a, shape), spread(b, shape)];
  return float32(
    p.map((value, i) => compute(value, q[i]!)),
    shape,
  );
}

export function mapped(tensor: Tensor, compute: (value: number) => number): Tensor {
  return float32(floats(tensor).map(compute), tensor.shape);
}

/** The tensor with its elements repeated up to the shape. */
export function broadcastTo(tensor: Tensor, shape: readonly number[]): Tensor {
  return float32(spread(tensor, shape), shape);
}

/** Elements `begin` to `begin + size` along each axis. */
export function sliced(tensor: Tensor, begin: readonly number[], size: readonly number[]): Tensor {
  const strides = stridesOf(tensor.shape);
  const start = begin.reduce((sum, at, i) => sum + at * strides[i]!, 0);
  const from = floats(tensor);
  return float32(
    Float32Array.from(offsets(size, strides), (place) => from[start + place]!),
    size,
  );
}

/** The number that a half-precision word stands for (IEEE 754-2008, 3.4). */
function halfValue(word: number): number {
  const sign = word & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(word >> 10) & 0x1f, word & 0x3ff];
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The same numbers as float32; undefined for types that no weight has. */
export function asFloat32(tensor: Tensor): Tensor | undefined {
  const { dtype, shape, bytes } = tensor;
  if (dtype === "float32") return tensor;
  if (dtype === "int64" || dtype === "int32") return float32(integers(tensor), shape);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = (width: number, at: (offset: number) => number): Tensor =>
    float32(
      Float32Array.from({ length: bytes.length / width }, (_, i) => at(i * width)),
      shape,
    );
  if (dtype === "float16") return read(2, (offset) => halfValue(view.getUint16(offset, true)));
  if (dtype === "float64") return read(8, (offset) => view.getFloat64(offset, true));
  return undefined;
}
