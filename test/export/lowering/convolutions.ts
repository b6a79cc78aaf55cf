import { float16 } from "../../../src/core/tensor.ts";
import { type AttributeValue, float } from "../../../src/onnx/attributes.ts";
import { halfOf } from "../../../src/surgery/float16.ts";
import { type Case, type Options, row } from "./sketch.ts";

const slid = (name: string, side: number, attributes: Record<string, AttributeValue>, options?: Options) =>
  row(`Conv ${name}`, (s, x) => s.conv(x, 6, 5, side, attributes), options);

export const convolutions: readonly Case[] = [
  slid("1x1", 1, {}),
  slid("same at stride 1", 3, { pads: [1, 1, 1, 1] }, { without: ["pad"] }),
  slid(
    "stride 2 on odd sides, which is same",
    3,
    { pads: [1, 1, 1, 1], strides: [2, 2] },
    { without: ["pad"] },
  ),
  slid(
    "stride 2 on even sides, which is not",
    3,
    { pads: [1, 1, 1, 1], strides: [2, 2] },
    { shape: [1, 6, 8, 6] },
  ),
  slid(
    "the odd pixel at the end",
    3,
    { pads: [0, 0, 1, 1], strides: [2, 2] },
    { shape: [1, 6, 8, 6], without: ["pad"] },
  ),
  slid("uneven pads", 3, { pads: [0, 2, 1, 0] }),
  slid("more pads than windows reach", 2, { pads: [0, 1, 3, 4], strides: [3, 2] }),
  slid("SAME_UPPER", 4, { auto_pad: "SAME_UPPER", strides: [2, 3] }, { without: ["pad"] }),
  slid("SAME_LOWER", 4, { auto_pad: "SAME_LOWER" }),
  slid("VALID with a rest", 3, { auto_pad: "VALID", strides: [2, 3] }),
  slid("dilated", 3, { dilations: [2, 1], pads: [2, 1, 2, 1] }, { without: ["pad"] }),
  slid("dilated and strided", 3, { dilations: [2, 2], strides: [2, 2], pads: [2, 2, 2, 2] }),
  row("Conv without bias, of another kernel's sides", (s, x) =>
    s.op("Conv", [x, s.weight(4, 6, 1, 5)], { pads: [0, 2, 0, 2] }),
  ),
  row("Conv with weights kept in half precision", (s, x) => {
    const words = Uint16Array.from({ length: 5 * 6 }, () => halfOf(s.rng.normal()));
    const kept = s.b.constant(float16(words, [5, 6, 1, 1]), "half");
    return s.op("Conv", [x, s.op("Cast", [kept], { to: 1 })]);
  }),
  row("Conv in groups", (s, x) => s.conv(x, 2, 9, 3, { group: 3, pads: [1, 1, 1, 1], strides: [2, 1] })),
  row("Conv in groups of two", (s, x) => s.conv(x, 3, 4, 3, { group: 2 })),
  row("Conv depthwise", (s, x) => s.conv(x, 1, 6, 3, { group: 6, pads: [1, 1, 1, 1] }), {
    without: ["conv2d"],
  }),
  row("Conv depthwise, multiplied", (s, x) => s.conv(x, 1, 12, 3, { group: 6, strides: [2, 2] })),
  row("Conv depthwise, dilated and strided", (s, x) =>
    s.conv(x, 1, 6, 3, { group: 6, strides: [2, 2], dilations: [2, 2], pads: [2, 2, 2, 2] }),
  ),
  row(
    "Conv then Relu and Clip are one step each",
    (s, x) => {
      const six = s.op("Clip", [s.conv(x, 6, 5), s.number(0), s.number(6)]);
      return s.op("Relu", [s.conv(six, 5, 4)]);
    },
    { without: ["relu", "relu6"] },
  ),
  row("Conv used twice keeps its Relu apart", (s, x) => {
    const y = s.conv(x, 6, 5);
    return s.op("Add", [y, s.op("Relu", [y])]);
  }),
  row(
    "Conv takes up BatchNormalization, products and sums",
    (s, x) => {
      const y = s.conv(x, 6, 5, 3);
      const n = s.op("BatchNormalization", [y, s.weight(5), s.weight(5), s.weight(5), s.positive(5)], {
        epsilon: float(1e-3),
      });
      const d = s.op("Sub", [s.number(2), s.op("Div", [n, s.positive(5, 1, 1)])]);
      return s.op("Relu", [s.op("Mul", [s.op("Add", [s.weight(1, 5, 1, 1), d]), s.number(3)])]);
    },
    { without: ["add", "multiply", "subtract", "divide", "relu"] },
  ),
  row(
    "Conv depthwise takes up BatchNormalization",
    (s, x) => {
      const y = s.conv(x, 1, 12, 3, { group: 6 });
      return s.op("BatchNormalization", [y, s.weight(12), s.weight(12), s.weight(12), s.positive(12)]);
    },
    { without: ["add", "multiply"] },
  ),
];
