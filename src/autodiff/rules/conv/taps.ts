import { sizeOf } from "../../../core/tensor.ts";
import type { Emitter } from "../../rule.ts";
import { memo, movePlaces, movePositions, placeOf } from "./move.ts";
import { type Axis, kernelOf, type Windows, windowsOf } from "./window.ts";

/** Every choice of one tap an axis, the last axis fastest. */
function combinations(axes: readonly Axis[]): readonly (readonly number[])[] {
  return axes.reduce<readonly (readonly number[])[]>(
    (all, { kernel }) => all.flatMap((taps) => Array.from({ length: kernel }, (_, tap) => [...taps, tap])),
    [[]],
  );
}

/**
 * dw[:, :, k] = positionsₖ·placesₖᵀ, one product a tap. Picture by picture and then summed where the products are small
 * beside the maps, else over batch and places at once, for which both sides are brought to channels first.
 */
export function correlateByTaps(emit: Emitter, large: string, positions: string, windows: Windows): string {
  const { op, ints } = emit;
  const { group, channels, filters, axes } = windows;
  const [inputs, outputs] = [channels / group, filters / group];
  const single = 4 * filters * inputs <= (filters + channels) * sizeOf(windowsOf(windows));
  const channelFirst = (value: string): string =>
    op("Transpose", [value], { perm: [1, 0, ...axes.map((_, i) => i + 2)] });
  const [from, to] = single ? [large, positions] : [channelFirst(large), channelFirst(positions)];
  const flat = (value: string, rows: number): string =>
    op("Reshape", [value, ints(single ? [0, group, rows, -1] : [group, rows, -1])]);
  const once = memo();
  const parts = combinations(axes).map((taps) => {
    const moved = movePositions(emit, to, axes, taps[0] ?? 0, once);
    const places = movePlaces(emit, from, axes, taps, once);
    const left = once(`left ${moved}`, () => flat(moved, outputs));
    const right = once(`right ${places}`, () =>
      op("Transpose", [flat(places, inputs)], { perm: single ? [0, 1, 3, 2] : [0, 2, 1] }),
    );
    const product = op("MatMul", [left, right]);
    const summed = single ? op("ReduceSum", [product, ints([0])], { keepdims: 0 }) : product;
    return op("Unsqueeze", [summed, ints([3])]);
  });
  // Taps last: the order of the weight itself, where a Transpose of the whole would cost more than a product.
  const joined = parts.length === 1 ? (parts[0] ?? "") : op("Concat", parts, { axis: 3 });
  return op("Reshape", [joined, ints([filters, inputs, ...kernelOf(windows)])]);
}

/**
 * Depthwise, stride 1: dw[c, k] = Σ positionsₖ·placesₖ. All taps of the first axis are stacked by one Gather of the
 * positions' rows, so that each product is a matrix [taps, places] by a vector, which the engine has a fast path for.
 */
export function correlateByShifts(emit: Emitter, large: string, positions: string, windows: Windows): string {
  const { op, ints } = emit;
  const { channels, axes } = windows;
  const [first, ...others] = axes as readonly [Axis, ...Axis[]];
  const { size, kernel } = first;
  const shift = (tap: number): number => placeOf(first, tap).shift;
  const top = Math.max(0, shift(kernel - 1));
  const bottom = Math.max(0, size - first.windows - shift(0));
  const none = others.map(() => 0);
  const padded = op("Pad", [positions, ints([0, 0, top, ...none, 0, 0, bottom, ...none])]);
  const rows = Array.from(
    { length: kernel * size },
    (_, i) => (i % size) - shift(Math.floor(i / size)) + top,
  );
  const stacked = op("Gather", [padded, ints(rows)], { axis: 2 });
  const matrix = op("Reshape", [stacked, ints([0, 0, kernel, -1])]);
  const parts = combinations(others).map((taps) => {
    const places = movePlaces(emit, large, axes, [0, ...taps], memo());
    return op("MatMul", [matrix, op("Reshape", [places, ints([0, 0, -1, 1])])]);
  });
  const joined = parts.length === 1 ? (parts[0] ?? "") : op("Concat", parts, { axis: 3 });
  const summed = op("ReduceSum", [joined, ints([0])], { keepdims: 0 });
  return op("Reshape", [summed, ints([channels, 1, ...kernelOf(windows)])]);
}
