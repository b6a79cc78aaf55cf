import { type AttributeValue, float } from "../../../src/onnx/attributes.ts";
import { type Case, type Options, row } from "./sketch.ts";

const each = (op: string, attributes: Record<string, AttributeValue> = {}, options?: Options) =>
  row(
    `${op} ${JSON.stringify(attributes, (_, v) => (typeof v === "bigint" ? Number(v) : v))}`,
    (s, x) => s.op(op, [x], attributes),
    options,
  );

export const elementwise: readonly Case[] = [
  ...[
    "Relu",
    "Sigmoid",
    "Tanh",
    "HardSwish",
    "Exp",
    "Abs",
    "Neg",
    "Floor",
    "Softplus",
    "Softsign",
    "Mish",
  ].map((op) => each(op)),
  ...["Log", "Sqrt", "Reciprocal"].map((op) => each(op, {}, { positive: true })),
  each("LeakyRelu", { alpha: 0.3 }),
  each("Elu"),
  each("Elu", { alpha: 0.5 }),
  each("Selu"),
  each("Celu", { alpha: 2.5 }),
  each("HardSigmoid"),
  each("HardSigmoid", { alpha: float(1 / 6), beta: 0.5 }),
  each("Softmax"),
  each("Softmax", { axis: 1 }),
  each("Softmax", { axis: 2 }),
  each("LogSoftmax", { axis: 1 }),
  row("Gelu as exporters write it, the half behind", (s, x) => {
    const erf = s.op("Erf", [s.op("Div", [x, s.number(Math.SQRT2)])]);
    return s.op("Mul", [s.op("Mul", [x, s.op("Add", [erf, s.number(1)])]), s.number(0.5)]);
  }),
  row("Gelu as exporters write it, the half at x", (s, x) => {
    const erf = s.op("Erf", [s.op("Mul", [s.number(Math.SQRT1_2), x])]);
    return s.op("Mul", [s.op("Mul", [s.number(0.5), x]), s.op("Add", [s.number(1), erf])]);
  }),
  row("Clip by any bounds", (s, x) => s.op("Clip", [x, s.number(-0.5), s.number(0.75)])),
  row("Clip below", (s, x) => s.op("Clip", [x, "", s.number(0.75)])),
  row("Clip above", (s, x) => s.op("Clip", [x, s.number(-0.25)])),
  row("PRelu by channel", (s, x) => s.op("PRelu", [s.conv(x, 6, 5), s.weight(5, 1, 1)])),
  row("PRelu by place", (s, x) => s.op("PRelu", [s.conv(x, 6, 5), s.weight(9, 1)])),
  row("PRelu with one slope", (s, x) => s.op("PRelu", [x, s.weight(1)])),
  ...["Add", "Sub", "Mul", "Div", "Max", "Min"].flatMap((op) => [
    row(`${op} by place, from the left`, (s, x) => s.op(op, [s.positive(9, 1), s.conv(x, 6, 5)])),
    row(`${op} of a map and its means`, (s, x) =>
      s.op(op, [s.op("Abs", [x]), s.op("Exp", [s.op("GlobalAveragePool", [x])])]),
    ),
    row(
      `${op} of different ranks and layouts`,
      (s, x) =>
        s.op(op, [s.conv(x, 6, 7), s.op("Exp", [s.op("ReduceMean", [x, s.ints(1)], { keepdims: 0 })])]),
      { shape: [1, 6, 7, 7] },
    ),
  ]),
  row("Sum and Mean of several", (s, x) =>
    s.op("Sum", [x, s.op("Mean", [x, s.weight(7), s.op("Exp", [x])]), x]),
  ),
  row(
    "Pow by 2, 0.5, 3 and 1.7",
    (s, x) => [2, 0.5, 3, 1.7].reduce((y, power) => s.op("Pow", [y, s.number(power)]), x),
    { positive: true },
  ),
  row("Pow by place", (s, x) => s.op("Pow", [x, s.weight(6, 1, 1)]), { positive: true }),
  row(
    "squeeze and excite",
    (s, x) => {
      const y = s.conv(x, 6, 8);
      const gate = s.op("Relu", [s.conv(s.op("GlobalAveragePool", [y]), 8, 2)]);
      return s.op("GlobalMaxPool", [s.op("Mul", [y, s.op("HardSigmoid", [s.conv(gate, 2, 8)])])]);
    },
    { without: ["transpose"] },
  ),
  row(
    "squeeze and excite through dense layers",
    (s, x) => {
      const y = s.conv(x, 6, 8);
      const flat = s.op("Flatten", [s.op("GlobalAveragePool", [y])]);
      const gate = s.op("Sigmoid", [s.op("Gemm", [flat, s.weight(8, 8)])]);
      return s.op("GlobalMaxPool", [s.op("Mul", [y, s.op("Unsqueeze", [gate, s.ints(2, 3)])])]);
    },
    { without: ["transpose"] },
  ),
];
