import { type Case, row } from "./sketch.ts";

export const linear: readonly Case[] = [
  row(
    "Gemm, all of its attributes",
    (s, x) =>
      s.op("Gemm", [x, s.weight(4, 5), s.weight(1, 5)], { alpha: 0.5, beta: 2.5, transA: 1, transB: 0 }),
    { shape: [4, 3] },
  ),
  row("Gemm with a bias a row", (s, x) => s.op("Gemm", [x, s.weight(5, 4), s.weight(3, 1)], { transB: 1 }), {
    shape: [3, 4],
  }),
  row("Gemm with a number for a bias", (s, x) => s.op("Gemm", [x, s.weight(4, 5), s.number(3)]), {
    shape: [3, 4],
  }),
  row("Gemm without a bias, then Relu", (s, x) => s.op("Relu", [s.op("Gemm", [x, s.weight(4, 5)])]), {
    shape: [1, 4],
    without: ["relu"],
  }),
  row("Gemm of two that move", (s, x) => s.op("Gemm", [x, x, x], { alpha: 0.5, transB: 1, beta: 0.25 }), {
    shape: [3, 3],
  }),
  row(
    "Gemm behind a flattened map permutes its weights",
    (s, x) => s.op("Gemm", [s.op("Flatten", [s.conv(x, 6, 5, 3)]), s.weight(175, 4), s.weight(4)]),
    { without: ["transpose"], shape: [1, 6, 9, 7] },
  ),
  row("MatMul behind a reshaped map and Dropout", (s, x) =>
    s.op("MatMul", [
      s.op("Dropout", [s.op("Reshape", [s.conv(x, 6, 5, 3), s.ints(1, -1)])]),
      s.weight(175, 4),
    ]),
  ),
  row("Flatten of a map for something else", (s, x) =>
    s.op("Softmax", [s.op("Flatten", [s.conv(x, 6, 5, 3)])]),
  ),
  row(
    "MatMul and Add over positions",
    (s, x) => s.op("Relu", [s.op("Add", [s.op("MatMul", [x, s.weight(7, 4)]), s.weight(4)])]),
    { shape: [1, 5, 7], without: ["add", "relu"] },
  ),
  row("MatMul of two layouts of one map", (s, x) =>
    s.op("MatMul", [x, s.op("Transpose", [x], { perm: [0, 1, 3, 2] })]),
  ),
  row(
    "MatMul of a transposed matrix",
    (s, x) => s.op("MatMul", [s.op("Transpose", [x], { perm: [0, 2, 1] }), x]),
    { shape: [1, 5, 7], without: ["transpose"] },
  ),
  row("MatMul with constant stacks", (s, x) => s.op("MatMul", [x, s.weight(6, 7, 4)])),
  row("MatMul with a constant on the left", (s, x) => s.op("MatMul", [s.weight(4, 5), x]), {
    shape: [1, 5, 7],
  }),
  row("MatMul with a vector", (s, x) => s.op("MatMul", [x, s.weight(7)])),
];
