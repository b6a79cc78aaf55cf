import type { AttributeValue } from "../../../src/onnx/attributes.ts";
import { type Case, type Options, row } from "./sketch.ts";

const pool = (op: string, name: string, attributes: Record<string, AttributeValue>, options?: Options) =>
  row(`${op} ${name}`, (s, x) => s.op(op, [x], attributes), options);
const three = [3, 3];
const around = [1, 1, 1, 1];

export const pools: readonly Case[] = [
  pool("MaxPool", "valid with a rest", { kernel_shape: three, strides: [2, 2] }, { shape: [1, 6, 10, 8] }),
  pool("MaxPool", "same", { kernel_shape: three, pads: around }, { without: ["pad"] }),
  pool(
    "MaxPool",
    "padded beside same",
    { kernel_shape: three, strides: [2, 2], pads: around },
    { shape: [1, 6, 8, 6] },
  ),
  pool(
    "MaxPool",
    "ceil_mode",
    { kernel_shape: three, strides: [2, 2], ceil_mode: 1 },
    { shape: [1, 6, 8, 7] },
  ),
  pool("MaxPool", "ceil_mode, the last window in the padding", {
    kernel_shape: [2, 2],
    strides: [3, 3],
    pads: around,
    ceil_mode: 1,
  }),
  pool("MaxPool", "dilated", {
    kernel_shape: [2, 3],
    dilations: [2, 2],
    strides: [2, 1],
    pads: [1, 0, 1, 2],
  }),
  pool("MaxPool", "SAME_LOWER", { kernel_shape: [2, 2], auto_pad: "SAME_LOWER" }),
  pool("AveragePool", "valid", { kernel_shape: [2, 3], strides: [2, 1] }),
  pool(
    "AveragePool",
    "same, without the pads",
    { kernel_shape: three, pads: around },
    { without: ["pad", "multiply"] },
  ),
  pool("AveragePool", "same, with the pads", { kernel_shape: three, pads: around, count_include_pad: 1 }),
  pool("AveragePool", "uneven, without the pads", {
    kernel_shape: three,
    pads: [1, 2, 0, 1],
    strides: [2, 2],
  }),
  pool("AveragePool", "uneven, with the pads", {
    kernel_shape: three,
    pads: [1, 2, 0, 1],
    strides: [2, 2],
    count_include_pad: 1,
  }),
  pool(
    "AveragePool",
    "ceil_mode",
    { kernel_shape: three, strides: [2, 2], ceil_mode: 1 },
    { shape: [1, 6, 8, 8] },
  ),
  pool(
    "AveragePool",
    "ceil_mode, padded",
    { kernel_shape: three, strides: [2, 2], ceil_mode: 1, pads: [1, 0, 1, 0] },
    { shape: [1, 6, 8, 8] },
  ),
  pool(
    "AveragePool",
    "ceil_mode, with the pads",
    { kernel_shape: three, strides: [2, 2], ceil_mode: 1, pads: around, count_include_pad: 1 },
    { shape: [1, 6, 10, 8] },
  ),
  pool("GlobalAveragePool", "", {}),
  pool("GlobalMaxPool", "", {}),
];
