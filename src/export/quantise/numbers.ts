import { float32, floats, int32, type Tensor, uint8 } from "../../core/tensor.ts";
import type { Range } from "./range.ts";

/** real = (stored - zero) * scale, of uint8 numbers. */
export interface Grid {
  readonly scale: number;
  readonly zero: number;
}

/** The 256 numbers that span a range; 0 is one of them, so that padding is exact. */
export function gridOf({ low, high }: Range): Grid {
  const [from, to] = [Math.min(low, 0), Math.max(high, 0)];
  const scale = Math.fround((to - from) / 255);
  // What was always zero, or so small that engines take it for zero.
  if (!(scale > 1e-30)) return { scale: 1, zero: 0 };
  return { scale, zero: Math.round(-from / scale) };
}

/** A grid as the engine reads it: a scale and a zero point, or the same ones for each of so many channels. */
export function gridTensors(
  { scale, zero }: Grid,
  channels?: number,
): { readonly scale: Tensor; readonly zero: Tensor } {
  const [count, shape] = channels === undefined ? [1, []] : [channels, [channels]];
  return {
    scale: float32(new Float32Array(count).fill(scale), shape),
    zero: uint8(new Uint8Array(count).fill(zero), shape),
  };
}

/** The numbers that a tensor becomes when it is rounded to a grid and back. */
export function throughGrid(values: Float32Array, { scale, zero }: Grid): Float32Array {
  return values.map((value) => {
    const stored = Math.min(255, Math.max(0, roundHalfEven(value / scale) + zero));
    return (stored - zero) * scale;
  });
}

/** As QuantizeLinear rounds: what lies halfway goes to the even neighbour. */
function roundHalfEven(value: number): number {
  const nearest = Math.round(value);
  return Math.abs(value % 1) === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
}

/** A layer's weights as int8 and its bias as int32, with one scale an output channel. */
export interface StoredLayer {
  readonly weight: Tensor;
  readonly scales: Tensor;
  readonly bias: Tensor | undefined;
  /** Input scale times weight scale. */
  readonly biasScales: Tensor;
}

/** Half of what int32 holds: the other half is for the products that are summed on top. */
const biasLimit = 2 ** 30;

/**
 * Processors without 8-bit dot products multiply uint8 by int8 and add the products of two neighbours in 16 bits, which
 * hold 128 * 255 (onnxruntime's cure is `reduce_range`: every weight gives up a bit). Only channels where two neighbours
 * come to more than that are scaled down here; 127, for rounding may add one.
 */
const pairLimit = 127;

/** The layer in 8 bits, fed by numbers of this scale; `wide` where every product is made and summed in 32 bits. */
export function storeLayer(
  { axis, wide }: { readonly axis: number; readonly wide: boolean },
  {
    weight,
    bias,
    inputScale,
  }: { readonly weight: Tensor; readonly bias?: Tensor | undefined; inputScale: number },
): StoredLayer {
  const values = floats(weight);
  const channelOf = channelIndex(weight.shape, axis);
  const rows = rowsOf(values, weight.shape[axis] ?? 0, channelOf);
  const biases = bias && floats(bias);
  const positions = weight.shape.slice(2).reduce((product, dim) => product * dim, 1);
  const scales = Float32Array.from(rows, (row, channel) => {
    const byBias = Math.abs(biases?.[channel] ?? 0) / (inputScale * biasLimit);
    const byPair = wide ? 0 : largestPair(row, positions) / pairLimit;
    const scale = Math.fround(Math.max(largest(row) / 127, byPair, byBias));
    return scale > 0 ? scale : 1;
  });
  const stored = Int8Array.from(values, (value, i) => {
    const rounded = roundHalfEven(value / scales[channelOf(i)]!);
    return Math.min(127, Math.max(-127, rounded));
  });
  const biasScales = scales.map((scale) => scale * inputScale);
  return {
    weight: { dtype: "int8", shape: weight.shape, bytes: new Uint8Array(stored.buffer) },
    scales: float32(scales),
    bias:
      biases && int32(Int32Array.from(biases, (value, channel) => Math.round(value / biasScales[channel]!))),
    biasScales: float32(biasScales),
  };
}

/** Which channel the weight at an index belongs to. */
export function channelIndex(shape: readonly number[], axis: number): (index: number) => number {
  const inner = shape.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const channels = shape[axis] ?? 1;
  return (index) => Math.floor(index / inner) % channels;
}

/** The weights of each output channel, in the order in which they are stored. */
function rowsOf(
  values: Float32Array,
  channels: number,
  channelOf: (index: number) => number,
): readonly Float32Array[] {
  const length = values.length / channels;
  const rows = Array.from({ length: channels }, () => new Float32Array(length));
  const filled = new Uint32Array(channels);
  for (const [i, value] of values.entries()) {
    const channel = channelOf(i);
    rows[channel]![filled[channel]!++] = value;
  }
  return rows;
}

function largest(row: Float32Array): number {
  return row.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** The largest magnitude of two neighbours' sum, whether the engine goes through input channels or positions first. */
export function largestPair(row: ArrayLike<number>, positions: number): number {
  const inputs = row.length / positions;
  let most = 0;
  for (let i = 0; i + 1 < row.length; i++) {
    const byPosition = row[i]! + row[i + 1]!;
    const byInput = row[across(i, inputs, positions)]! + row[across(i + 1, inputs, positions)]!;
    most = Math.max(most, Math.abs(byPosition), Math.abs(byInput));
  }
  return most;
}

/** Where the i-th weight stands when all input channels of one position come before the next position. */
function across(i: number, inputs: number, positions: number): number {
  return (i % inputs) * positions + Math.floor(i / inputs);
}
