import { float } from "../../../src/onnx/attributes.ts";
import { type Case, type Options, row } from "./sketch.ts";

const reduce = (op: string, options?: Options) => [
  row(`${op} over the map`, (s, x) => s.op(op, [s.conv(x, 6, 5), s.ints(-1, 2)], { keepdims: 0 }), {
    ...options,
    without: ["transpose"],
  }),
  row(
    `${op} over channels, kept`,
    (s, x) => s.op(op, [s.op("Abs", [s.conv(x, 6, 5)]), s.ints(1)], { keepdims: 1 }),
    options,
  ),
  row(`${op} over all`, (s, x) => s.op(op, [s.op("Abs", [x])], { keepdims: 0 }), options),
];

export const reductions = [
  "ReduceMean",
  "ReduceMax",
  "ReduceMin",
  "ReduceL2",
  "ReduceSumSquare",
  "ReduceL1",
].flatMap((op) => reduce(op));
export const sums: readonly Case[] = [
  ...reduce("ReduceSum"),
  row("ReduceSum that does nothing", (s, x) =>
    s.op("ReduceSum", [s.op("Neg", [x])], { noop_with_empty_axes: 1 }),
  ),
];

export const normalisations: readonly Case[] = [
  row(
    "LayerNormalization over the last axis",
    (s, x) => s.op("LayerNormalization", [x, s.weight(7), s.weight(7)], { epsilon: float(1e-6) }),
    { shape: [1, 5, 7] },
  ),
  row("LayerNormalization over the map, no bias", (s, x) =>
    s.op("LayerNormalization", [s.conv(x, 6, 5), s.weight(5, 9, 7)], { axis: 1 }),
  ),
  row("LayerNormalization between transposes", (s, x) => {
    const last = s.op("Transpose", [s.conv(x, 6, 5)], { perm: [0, 2, 3, 1] });
    const normal = s.op("LayerNormalization", [last, s.weight(5), s.weight(5)]);
    return s.conv(s.op("Transpose", [normal], { perm: [0, 3, 1, 2] }), 5, 4);
  }),
  row("BatchNormalization alone", (s, x) =>
    s.op("BatchNormalization", [x, s.weight(6), s.weight(6), s.weight(6), s.positive(6)]),
  ),
  row(
    "BatchNormalization of rows",
    (s, x) => s.op("BatchNormalization", [x, s.weight(6), s.weight(6), s.weight(6), s.positive(6)]),
    { shape: [3, 6] },
  ),
  row("InstanceNormalization", (s, x) =>
    s.op("InstanceNormalization", [s.conv(x, 6, 5), s.weight(5), s.weight(5)]),
  ),
  row("GroupNormalization", (s, x) =>
    s.conv(s.op("GroupNormalization", [s.conv(x, 6, 8), s.weight(2), s.weight(2)], { num_groups: 2 }), 8, 3),
  ),
  row("LRN", (s, x) => s.op("LRN", [s.conv(x, 6, 8)], { size: 5, alpha: 0.3, beta: 0.75, bias: float(2) })),
  row("LRN of one channel", (s, x) => s.op("LRN", [x], { size: 1, alpha: 0.5 })),
];
