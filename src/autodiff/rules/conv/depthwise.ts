import { sizeOf } from "../../../core/tensor.ts";
import type { Emitter } from "../../rule.ts";
import { type AxisTaps, selection } from "./selection.ts";
import { type Axis, kernelOf, sizesOf, type Windows, windowsOf } from "./window.ts";

function tapsOf({ windows, size, kernel, stride, dilation, begin }: Axis): AxisTaps {
  const tap = (o: number, i: number): number => {
    const reach = i + begin - o * stride;
    return reach % dilation === 0 && reach / dilation < kernel ? reach / dilation : -1;
  };
  return { windows, size, kernel, tap };
}

/** large = positions·T with T[c, (o, i)] = Σₖ w[c, k]·S[(o, i), k], one matrix a channel and the batch as its rows. */
export function scatterByMatrix(emit: Emitter, positions: string, weight: string, windows: Windows): string {
  const { op, ints, floats } = emit;
  const { channels, axes } = windows;
  const [sizes, count] = [sizesOf(windows), sizeOf(windowsOf(windows))];
  const { values, shape } = selection(axes.map(tapsOf));
  const kernels = op("Reshape", [weight, ints([channels, shape[1]])]);
  const entries = op("Gemm", [kernels, floats(values, shape)], { transB: 1 });
  const matrices = op("Reshape", [entries, ints([channels, count, -1])]);
  const rows = op("Transpose", [op("Reshape", [positions, ints([0, 0, count])])], { perm: [1, 0, 2] });
  const places = op("Transpose", [op("MatMul", [rows, matrices])], { perm: [1, 0, 2] });
  return op("Reshape", [places, ints([0, 0, ...sizes])]);
}

/** dw = dT·S with dT[c] = positionsᵀ·large over the batch. */
export function correlateByMatrix(emit: Emitter, large: string, positions: string, windows: Windows): string {
  const { channels, axes } = windows;
  const channelFirst = (value: string, size: number): string =>
    emit.op("Transpose", [emit.op("Reshape", [value, emit.ints([0, 0, size])])], { perm: [1, 0, 2] });
  const places = channelFirst(large, sizeOf(sizesOf(windows)));
  const rows = channelFirst(positions, sizeOf(windowsOf(windows)));
  const taps = selected(emit, rows, places, channels, axes.map(tapsOf));
  return emit.op("Reshape", [taps, emit.ints([channels, 1, ...kernelOf(windows)])]);
}

/** [C, R, windows] and [C, R, places] -> (rowsᵀ·places)·S: [C, taps] */
function selected(
  { op, ints, floats }: Emitter,
  rows: string,
  places: string,
  channels: number,
  axes: readonly AxisTaps[],
): string {
  const { values, shape } = selection(axes);
  const pairs = op("MatMul", [op("Transpose", [rows], { perm: [0, 2, 1] }), places]);
  return op("MatMul", [op("Reshape", [pairs, ints([channels, shape[0]])]), floats(values, shape)]);
}

/** A row of windows lies `shift` blocks of `stride` rows below its own, and there its taps `first` to `last` are. */
interface RowShift {
  readonly shift: number;
  readonly first: number;
  readonly last: number;
}

function rowShifts({ kernel, stride, dilation, begin }: Axis): readonly RowShift[] {
  const shifts = new Map<number, RowShift>();
  for (let tap = 0; tap < kernel; tap++) {
    const shift = Math.floor((tap * dilation - begin) / stride);
    shifts.set(shift, { shift, first: shifts.get(shift)?.first ?? tap, last: tap });
  }
  return [...shifts.values()];
}

/** Whether `correlateByRows` covers the form: two axes, and no row of taps that lies in the padding throughout. */
export function hasRows(windows: Windows): boolean {
  const [rows] = windows.axes;
  if (windows.axes.length !== 2 || !rows) return false;
  const blocks = Math.ceil(rows.size / rows.stride);
  return rowShifts(rows).every(({ shift }) => -rows.windows < shift && shift < blocks);
}

/**
 * Row by row: the large side as blocks of `stride` rows [C, N·blocks, stride·width], the positions moved by whole
 * blocks [C, N·blocks, windows]. Their product over all blocks holds every pair of columns; S picks those that a tap
 * joins, so that strides, padding and dilation across cost nothing.
 */
export function correlateByRows(emit: Emitter, large: string, positions: string, windows: Windows): string {
  const { op, ints } = emit;
  const { channels } = windows;
  const [rows, columns] = windows.axes as readonly [Axis, Axis];
  const { stride, dilation, begin } = rows;
  const blocks = Math.ceil(rows.size / stride);
  const move = (value: string, top: number, bottom: number): string =>
    top === 0 && bottom === 0 ? value : op("Pad", [value, ints([0, 0, top, 0, 0, 0, bottom, 0])]);
  const channelFirst = (value: string): string => op("Transpose", [value], { perm: [1, 0, 2, 3] });
  const whole = channelFirst(move(large, 0, blocks * stride - rows.size));
  const places = op("Reshape", [whole, ints([channels, -1, stride * columns.size])]);
  const unmoved = channelFirst(positions);
  const parts = rowShifts(rows).map(({ shift, first, last }) => {
    const moved = move(unmoved, shift, blocks - rows.windows - shift);
    // Within a block, a tap's row is what its offset leaves over.
    const inBlock: AxisTaps = {
      windows: 1,
      size: stride,
      kernel: last - first + 1,
      tap: (_, i) => {
        const tap = (i + shift * stride + begin) / dilation;
        return Number.isInteger(tap) && tap >= first && tap <= last ? tap - first : -1;
      },
    };
    const matrix = op("Reshape", [moved, ints([channels, -1, columns.windows])]);
    return selected(emit, matrix, places, channels, [inBlock, tapsOf(columns)]);
  });
  const taps = parts.length === 1 ? (parts[0] ?? "") : op("Concat", parts, { axis: 1 });
  return op("Reshape", [taps, ints([channels, 1, ...kernelOf(windows)])]);
}
