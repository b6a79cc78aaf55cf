import { intAttr, intsAttr, stringAttr } from "../attributes.ts";
import type { Dim, Shape } from "../graph.ts";
import type { Op } from "./op.ts";

/** How a convolution or pool slides over one spatial axis. */
export interface Window {
  readonly kernel: Dim;
  readonly stride: number;
  readonly dilation: number;
  readonly padBegin: number;
  readonly padEnd: number;
}

/** The windows of a node, one a spatial axis. Throws ShapeError when the attributes have another number of axes. */
export function windowsOf(op: Op, kernel: Shape): Window[] {
  const rank = kernel.length;
  const list = (name: string, length: number, otherwise: number): readonly number[] => {
    const found = intsAttr(
      op.node,
      name,
      Array.from({ length }, () => otherwise),
    );
    if (found.length !== length) op.fail(`${name} has ${found.length} numbers and must have ${length}`);
    return found;
  };
  const strides = list("strides", rank, 1);
  const dilations = list("dilations", rank, 1);
  const pads = list("pads", 2 * rank, 0);
  for (const step of [...strides, ...dilations])
    if (step < 1) op.fail(`strides and dilations must be at least 1, not ${step}`);
  return kernel.map((size, i) => ({
    kernel: size,
    stride: strides[i] ?? 1,
    dilation: dilations[i] ?? 1,
    padBegin: pads[i] ?? 0,
    padEnd: pads[i + rank] ?? 0,
  }));
}

/**
 * Size of one spatial axis after a convolution or pool, by ONNX's formulas:
 * floor((in + pads - (dilation·(kernel - 1) + 1)) / stride) + 1, rounded up with ceil_mode, and ceil(in / stride) for
 * auto_pad=SAME_*. Throws ShapeError where the window is larger than what it slides over.
 */
export function slide(op: Op, size: Dim, window: Window): Dim {
  const autoPad = stringAttr(op.node, "auto_pad", "NOTSET");
  const { kernel, stride, dilation } = window;
  if (autoPad === "SAME_UPPER" || autoPad === "SAME_LOWER") {
    if (typeof size === "number") return Math.ceil(size / stride);
    return stride === 1 ? size : undefined;
  }
  if (typeof kernel !== "number") return undefined;
  const extent = dilation * (kernel - 1) + 1;
  const [padBegin, padEnd] = autoPad === "VALID" ? [0, 0] : [window.padBegin, window.padEnd];
  if (typeof size !== "number") return stride === 1 && padBegin + padEnd === extent - 1 ? size : undefined;
  const room = size + padBegin + padEnd - extent;
  if (room < 0 && size > 0) {
    op.fail(
      `the window of ${extent} (kernel ${kernel}, dilation ${dilation}) does not fit the input of ${size} + ${padBegin} + ${padEnd} padding`,
    );
  }
  if (intAttr(op.node, "ceil_mode", 0) === 0) return Math.floor(room / stride) + 1;
  const count = Math.ceil(room / stride) + 1;
  // A window that would start in the padding at the end is left out.
  return (count - 1) * stride >= size + padBegin ? count - 1 : count;
}
