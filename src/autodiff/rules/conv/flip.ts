import { sizeOf } from "../../../core/tensor.ts";
import type { Emitter } from "../../rule.ts";
import { scatter } from "./general.ts";
import type { Axis, Windows } from "./window.ts";

/** Up to here a product with the exchange matrix turns a kernel round faster than a Slice with negative steps. */
const mostTapsTurnedByMatMul = 81;

/**
 * The transpose of a convolution of stride 1 is one too, by the kernel turned round and its channels exchanged: the
 * engine's Conv is faster than its ConvTranspose. Other strides, and padding beyond the kernel's reach, are left to that.
 */
export function scatterByFlip(emit: Emitter, positions: string, weight: string, windows: Windows): string {
  const { group, axes } = windows;
  const pads = [
    ...axes.map((axis) => reach(axis) - axis.begin),
    ...axes.map((axis) => reach(axis) - axis.end),
  ];
  if (axes.some((axis) => axis.stride > 1) || pads.some((pad) => pad < 0)) {
    return scatter(emit, positions, weight, windows);
  }
  const dilations = axes.map((axis) => axis.dilation);
  return emit.op("Conv", [positions, flipped(emit, weight, windows)], { group, dilations, pads });
}

const reach = ({ kernel, dilation }: Axis): number => (kernel - 1) * dilation;

/** w[filters, channels / group, k] -> [channels, filters / group, K - 1 - k] */
function flipped(emit: Emitter, weight: string, { group, channels, filters, axes }: Windows): string {
  const { op, ints } = emit;
  const kernel = axes.map((axis) => axis.kernel);
  const [inputs, outputs] = [channels / group, filters / group];
  const turned = turnedRound(emit, weight, kernel, [group, outputs, inputs, sizeOf(kernel)]);
  // With one channel on either side, the order in memory is the same.
  const exchanges = inputs > 1 && outputs > 1;
  const exchanged = exchanges ? op("Transpose", [turned], { perm: [0, 2, 1, 3] }) : turned;
  return op("Reshape", [exchanged, ints([channels, outputs, ...kernel])]);
}

/** Every kernel from its last tap to its first, in the shape given. */
function turnedRound(
  { op, ints, floats }: Emitter,
  weight: string,
  kernel: readonly number[],
  shape: readonly number[],
): string {
  const taps = sizeOf(kernel);
  if (taps <= mostTapsTurnedByMatMul) {
    const rows = op("Reshape", [weight, ints(shape)]);
    if (taps === 1) return rows;
    const exchange = Array.from({ length: taps ** 2 }, (_, i) => {
      const [row, column] = [Math.floor(i / taps), i % taps];
      return Number(row + column === taps - 1);
    });
    return op("MatMul", [rows, floats(exchange, [taps, taps])]);
  }
  const all = (value: number): string => ints(kernel.map(() => value));
  const axes = ints(kernel.map((_, i) => i + 2));
  const slice = op("Slice", [weight, all(-1), all(Number.MIN_SAFE_INTEGER), axes, all(-1)]);
  return op("Reshape", [slice, ints(shape)]);
}
