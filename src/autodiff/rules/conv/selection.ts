/** Which tap of a kernel joins window `o` to place `i` along one axis; below 0 where none does. */
export interface AxisTaps {
  readonly windows: number;
  readonly size: number;
  readonly kernel: number;
  tap(o: number, i: number): number;
}

/**
 * S[(o, i), k] = 1 where window o touches place i with tap k, else 0, as rows of [Π windows · Π size, Π kernel]: the
 * whole geometry as a constant. Then T = w·Sᵀ is a depthwise convolution's matrix, and dw = dT·S.
 */
export function selection(axes: readonly AxisTaps[]): {
  readonly values: readonly number[];
  readonly shape: readonly [number, number];
} {
  const product = (of: (axis: AxisTaps) => number): number => axes.reduce((all, axis) => all * of(axis), 1);
  const size = product((axis) => axis.size);
  const kernel = product((axis) => axis.kernel);
  const rows = product((axis) => axis.windows) * size;
  const values = Array<number>(rows * kernel).fill(0);
  const mark = (depth: number, o: number, i: number, k: number): void => {
    const axis = axes[depth];
    if (axis === undefined) {
      values[(o * size + i) * kernel + k] = 1;
      return;
    }
    for (let window = 0; window < axis.windows; window++) {
      for (let place = 0; place < axis.size; place++) {
        const tap = axis.tap(window, place);
        if (tap < 0) continue;
        mark(depth + 1, o * axis.windows + window, i * axis.size + place, k * axis.kernel + tap);
      }
    }
  };
  mark(0, 0, 0, 0);
  return { values, shape: [rows, kernel] };
}
