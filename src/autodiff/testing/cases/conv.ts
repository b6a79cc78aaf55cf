import type * as rules from "../../rules/conv.ts";
import type { GradientCase } from "../gradient-case.ts";

/** Bilinear in x and w: the central difference is exact at any step. */
const bilinear = (
  x: readonly number[],
  w: readonly number[],
  attributes: GradientCase["attributes"] = {},
  bias = false,
): GradientCase => ({ shapes: bias ? [x, w, [w[0] ?? 0]] : [x, w], attributes, step: 1 });

const depthwise = (
  x: readonly number[],
  kernel: readonly number[],
  attributes: GradientCase["attributes"] = {},
  bias = false,
): GradientCase => bilinear(x, [x[1] ?? 1, 1, ...kernel], { ...attributes, group: x[1] }, bias);

const same = ["SAME_UPPER", "SAME_LOWER"].flatMap((auto_pad) =>
  [1, 2, 3].flatMap((stride) => [7, 8].map((size) => ({ auto_pad, strides: [stride, stride], size }))),
);

const Conv: readonly GradientCase[] = [
  bilinear([2, 3, 5, 6], [4, 3, 3, 3], {}, true),
  bilinear([2, 3, 5, 6], [4, 3, 3, 3], { pads: [1, 1, 1, 1] }, true),
  bilinear([2, 3, 6, 7], [4, 3, 3, 3], { pads: [1, 1, 1, 1], strides: [2, 2] }, true),
  bilinear([2, 3, 7, 6], [4, 3, 3, 2], { pads: [1, 0, 2, 1], strides: [2, 3] }),
  // Places at the end that no window touches.
  bilinear([1, 2, 9, 10], [2, 2, 2, 3], { strides: [4, 5] }),
  bilinear([1, 2, 9, 10], [2, 2, 2, 3], { strides: [4, 5], dilations: [1, 2] }),
  bilinear([2, 2, 9, 8], [3, 2, 3, 3], { dilations: [2, 1], pads: [2, 1, 2, 1] }),
  bilinear([2, 2, 9, 8], [3, 2, 3, 3], { dilations: [2, 3], strides: [2, 1], pads: [2, 3, 1, 3] }),
  // Kernels as large as the padded map, and padding wider than the kernel.
  bilinear([2, 2, 3, 3], [3, 2, 5, 5], { pads: [1, 1, 1, 1] }),
  bilinear([2, 2, 4, 3], [3, 2, 1, 2], { pads: [2, 3, 1, 2], strides: [2, 1] }),
  // 1x1, plain, strided and padded.
  bilinear([2, 3, 4, 5], [4, 3, 1, 1], {}, true),
  bilinear([2, 3, 5, 4], [4, 3, 1, 1], { strides: [2, 2] }),
  bilinear([2, 3, 1, 1], [4, 3, 1, 1]),
  bilinear([2, 3, 3, 3], [4, 3, 1, 1], { pads: [1, 0, 0, 1] }),
  // Groups.
  bilinear([2, 4, 5, 5], [6, 2, 3, 3], { group: 2, pads: [1, 1, 1, 1] }, true),
  bilinear([2, 4, 6, 6], [6, 2, 3, 3], { group: 2, pads: [1, 1, 1, 1], strides: [2, 2] }),
  bilinear([2, 4, 5, 5], [6, 2, 1, 1], { group: 2 }),
  bilinear([2, 3, 5, 6], [3, 1, 3, 3], { group: 3, pads: [1, 1, 1, 1] }, true),
  bilinear([2, 3, 6, 8], [3, 1, 3, 3], { group: 3, pads: [1, 1, 1, 1], strides: [2, 2] }, true),
  bilinear([2, 3, 7, 5], [3, 1, 3, 3], { group: 3, pads: [1, 1, 1, 1], strides: [2, 2] }),
  bilinear([2, 3, 7, 7], [3, 1, 5, 5], { group: 3, pads: [2, 2, 2, 2], strides: [2, 2] }),
  bilinear([2, 3, 5, 6], [6, 1, 3, 3], { group: 3, pads: [1, 1, 1, 1] }),
  bilinear([2, 3, 7, 6], [3, 1, 3, 3], { group: 3, dilations: [2, 1], pads: [2, 1, 1, 0] }),
  ...same.map(({ size, ...attributes }) => bilinear([1, 2, size, size], [3, 2, 4, 3], attributes)),
  bilinear([2, 2, 7, 8], [3, 2, 3, 2], { auto_pad: "VALID", strides: [2, 2] }),
  // Depthwise on maps too large for one matrix a channel: row by row, and shifted.
  depthwise([2, 3, 10, 9], [3, 3], { pads: [1, 1, 1, 1] }, true),
  depthwise([2, 3, 13, 14], [3, 3], { pads: [1, 1, 1, 1], strides: [2, 2] }),
  depthwise([2, 3, 14, 13], [3, 5], { pads: [0, 2, 1, 2], strides: [2, 3] }),
  depthwise([2, 2, 17, 12], [3, 3], { pads: [2, 1, 3, 1], dilations: [2, 1], strides: [3, 1] }),
  depthwise([1, 2, 13, 12], [5, 5], { auto_pad: "SAME_UPPER", strides: [2, 2] }),
  depthwise([1, 2, 11, 11], [4, 2], { pads: [4, 0, 4, 0], dilations: [4, 3] }),
  depthwise([2, 2, 9, 33], [3, 3], { pads: [1, 1, 1, 1] }, true),
  depthwise([1, 2, 8, 34], [3, 5], { pads: [0, 3, 2, 1], dilations: [2, 1] }),
  depthwise([1, 2, 3, 40], [5, 3], { pads: [4, 1, 4, 1], dilations: [2, 2] }),
  depthwise([1, 2, 80], [5], { pads: [2, 2] }),
  depthwise([1, 2, 90], [5], { pads: [2, 2], strides: [2] }),
  depthwise([1, 2, 5, 4, 5], [3, 3, 2], { pads: [1, 1, 0, 1, 1, 1] }),
  depthwise([1, 2, 6, 7, 7], [3, 3, 2], { pads: [1, 1, 0, 1, 1, 1], strides: [1, 2, 1] }),
  // Weight gradients picture by picture, and over the batch at once, with one tap and with several.
  bilinear([2, 6, 7, 7], [5, 6, 3, 3], { pads: [1, 1, 1, 1] }),
  bilinear([2, 12, 2, 3], [14, 12, 3, 3], { pads: [1, 1, 1, 1] }),
  bilinear([2, 6, 7, 8], [6, 6, 3, 3], { pads: [1, 1, 1, 1], strides: [2, 2] }),
  bilinear([2, 12, 3, 4], [14, 12, 3, 3], { pads: [1, 1, 1, 1], strides: [2, 2] }),
  bilinear([2, 24, 2, 2], [28, 12, 1, 1], { group: 2 }),
  bilinear([2, 12, 6, 6], [12, 6, 3, 3], { group: 2, pads: [1, 1, 1, 1] }),
  bilinear([2, 24, 2, 3], [28, 12, 3, 3], { group: 2, pads: [1, 1, 1, 1] }),
  bilinear([2, 6, 5], [7, 6, 3], { pads: [0, 1] }),
  bilinear([1, 5, 3, 4, 3], [5, 5, 3, 2, 2], { pads: [1, 0, 1, 1, 1, 0] }),
  // A kernel of more taps than are turned round by a product, and one tap that lies in the padding throughout.
  bilinear([1, 1, 10, 11], [1, 1, 10, 9], { pads: [4, 4, 5, 4] }),
  bilinear([2, 5, 1, 4], [3, 5, 3, 3], { pads: [1, 1, 3, 1], strides: [2, 1] }),
  bilinear([1, 5, 3, 3], [5, 5, 3, 3], { pads: [6, 6, 6, 6], dilations: [6, 6] }),
  depthwise([1, 2, 9, 9], [3, 3], { pads: [18, 18, 18, 18], dilations: [18, 18] }),
  // One and three dimensions.
  bilinear([2, 3, 9], [4, 3, 3], { pads: [1, 2], strides: [2] }, true),
  bilinear([2, 4, 8], [4, 1, 3], { group: 4, pads: [1, 1] }),
  bilinear([1, 2, 4, 5, 4], [3, 2, 2, 3, 2], { pads: [0, 1, 1, 1, 1, 0], strides: [1, 2, 2] }, true),
  ...[13, 22].flatMap((opset) =>
    [
      bilinear([2, 3, 6, 6], [4, 3, 3, 3], { pads: [1, 1, 1, 1], strides: [2, 2] }, true),
      bilinear([2, 5, 6, 6], [6, 5, 3, 3], { pads: [1, 1, 1, 1] }),
      depthwise([2, 3, 6, 6], [3, 3], { pads: [1, 1, 1, 1] }),
      depthwise([2, 3, 13, 14], [3, 3], { pads: [1, 1, 1, 1], strides: [2, 2] }),
      depthwise([2, 2, 9, 33], [3, 3], { pads: [1, 1, 1, 1] }),
    ].map((each): GradientCase => ({ ...each, opset })),
  ),
];

const biasOf = (count: number, each: GradientCase): GradientCase => ({
  ...each,
  shapes: [...each.shapes, [count]],
});

const ConvTranspose: readonly GradientCase[] = [
  biasOf(4, bilinear([2, 3, 4, 5], [3, 4, 3, 3])),
  biasOf(4, bilinear([2, 3, 4, 5], [3, 4, 3, 3], { strides: [2, 3], pads: [1, 0, 0, 2] })),
  bilinear([2, 3, 4, 5], [3, 4, 3, 3], { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] }),
  bilinear([2, 3, 4, 5], [3, 4, 2, 2], { strides: [3, 2], output_padding: [2, 0] }),
  bilinear([2, 3, 4, 5], [3, 4, 3, 3], { dilations: [2, 1], pads: [1, 2, 0, 1] }),
  bilinear([2, 3, 4, 4], [3, 4, 3, 3], { strides: [3, 2], dilations: [3, 1], output_padding: [2, 1] }),
  biasOf(6, bilinear([2, 4, 4, 3], [4, 3, 3, 3], { group: 2, strides: [2, 2], pads: [1, 1, 1, 1] })),
  bilinear([2, 4, 4, 3], [4, 1, 4, 4], { group: 4, strides: [2, 2], pads: [1, 1, 1, 1] }),
  bilinear([2, 3, 4, 5], [3, 4, 1, 1]),
  ...["SAME_UPPER", "SAME_LOWER", "VALID"].flatMap((auto_pad) => [
    bilinear([2, 3, 4, 5], [3, 4, 3, 3], { auto_pad, strides: [2, 2] }),
    bilinear([2, 3, 4, 5], [3, 4, 4, 3], { auto_pad }),
  ]),
  bilinear([2, 3, 4, 5], [3, 4, 3, 3], { strides: [2, 2], output_shape: [8, 10] }),
  bilinear([2, 3, 4, 5], [3, 4, 3, 3], { strides: [2, 2], output_shape: [8, 10], auto_pad: "SAME_UPPER" }),
  bilinear([2, 3, 4, 5], [3, 4, 3, 3], { strides: [2, 2], output_shape: [8, 10], auto_pad: "SAME_LOWER" }),
  bilinear([2, 3, 4, 5], [3, 4, 3, 3], { strides: [2, 2], output_shape: [10, 12] }),
  bilinear([2, 3, 5], [3, 4, 3], { strides: [2], pads: [1, 0] }),
  bilinear([1, 2, 3, 2, 3], [2, 3, 2, 3, 2], { strides: [1, 2, 2], pads: [0, 1, 1, 1, 0, 0] }),
];

export const conv: Readonly<Record<keyof typeof rules, readonly GradientCase[]>> = { Conv, ConvTranspose };
