import type * as rules from "../../rules/pool.ts";
import { affine, type GradientCase, type Shapes } from "../gradient-case.ts";

type Options = Partial<GradientCase>;

const image: Shapes = [[2, 3, 7, 8]];
const maxima = (shapes: Shapes, attributes: GradientCase["attributes"] = {}, rest: Options = {}) => ({
  shapes,
  attributes,
  domain: "distinct" as const,
  ...rest,
});
const opsets = [13, 15, 16, 18, 22] as const;
const sameModes = ["SAME_UPPER", "SAME_LOWER", "VALID"] as const;

/** Windows that overlap, touch and leave gaps, on one to three axes. */
const windows: readonly [Shapes, NonNullable<GradientCase["attributes"]>][] = [
  [image, { kernel_shape: [2, 2], strides: [2, 2] }],
  [image, { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }],
  [image, { kernel_shape: [3, 2] }],
  [image, { kernel_shape: [2, 3], strides: [3, 1] }],
  [image, { kernel_shape: [2, 1], strides: [3, 2] }],
  [image, { kernel_shape: [3, 4], strides: [2, 3], pads: [0, 1, 2, 1] }],
  [image, { kernel_shape: [3, 3], strides: [2, 3], pads: [1, 0, 1, 1], ceil_mode: 1 }],
  [image, { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }],
  ...sameModes.map((auto_pad): [Shapes, NonNullable<GradientCase["attributes"]>] => [
    image,
    { kernel_shape: [3, 4], strides: [2, 2], auto_pad },
  ]),
  [[[2, 3, 9]], { kernel_shape: [3], strides: [2], pads: [1, 0] }],
  [[[1, 2, 5, 4, 6]], { kernel_shape: [3, 2, 2], strides: [2, 2, 1], pads: [1, 0, 1, 1, 1, 0] }],
  [[[1, 2, 4, 5, 6]], { kernel_shape: [2, 2, 2], strides: [2, 2, 2] }],
];
const dilated: GradientCase["attributes"] = {
  kernel_shape: [2, 3],
  dilations: [3, 2],
  strides: [2, 1],
  pads: [1, 2, 0, 1],
};

const globals: readonly Shapes[] = [[[2, 3, 4, 5]], [[2, 3, 6]], [[1, 2, 3, 2, 2]]];

export const pool: Readonly<Record<keyof typeof rules, readonly GradientCase[]>> = {
  MaxPool: [
    ...windows.flatMap(([shapes, attributes]) =>
      [13, 18].map((opset) => maxima(shapes, attributes, { opset })),
    ),
    ...opsets.map((opset) => maxima(image, { kernel_shape: [3, 3], strides: [2, 2] }, { opset })),
    ...opsets.map((opset) => maxima(image, { kernel_shape: [2, 2], strides: [2, 2] }, { opset })),
    ...[13, 18].map((opset) => maxima(image, dilated, { opset })),
    maxima(image, { kernel_shape: [3, 3], strides: [2, 2], storage_order: 1 }),
    maxima(image, { kernel_shape: [2, 2], strides: [2, 2], storage_order: 1 }),
    maxima([[1, 2, 5, 4, 6]], { kernel_shape: [2, 3, 2], storage_order: 1 }),
    maxima([[2, 2, 9]], { kernel_shape: [2], storage_order: 1 }),
    // More phases than windows.
    maxima([[1, 2, 5, 5]], { kernel_shape: [4, 4] }, { opset: 13 }),
    maxima(image, { kernel_shape: [3, 3], strides: [2, 2] }, { outputs: [true, false] }),
  ],
  AveragePool: [
    ...windows.flatMap(([shapes, attributes]) =>
      [13, 18, 22].flatMap((opset) =>
        [0, 1].map((count_include_pad) =>
          affine(shapes, { attributes: { ...attributes, count_include_pad }, opset }),
        ),
      ),
    ),
    ...[0, 1].map((count_include_pad) =>
      affine(image, { attributes: { ...dilated, count_include_pad }, opset: 19 }),
    ),
  ],
  GlobalAveragePool: globals.map((shapes) => affine(shapes)),
  GlobalMaxPool: globals.flatMap((shapes) => [13, 18].map((opset) => maxima(shapes, {}, { opset }))),
  LpPool: [1, 2, 3].flatMap((p) =>
    windows
      .filter(([, attributes]) => !("ceil_mode" in attributes))
      .map(([shapes, attributes]) => ({ shapes, attributes: { ...attributes, p }, domain: "awayFromZero" })),
  ),
  GlobalLpPool: globals.flatMap((shapes) =>
    [1, 2, 3].map((p) => ({ shapes, attributes: { p }, domain: "awayFromZero" as const })),
  ),
};
