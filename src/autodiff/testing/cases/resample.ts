import { random } from "../../../core/random.ts";
import { float32, sizeOf } from "../../../core/tensor.ts";
import type * as rules from "../../rules/resample.ts";
import { affine, type GradientCase, type Shapes } from "../gradient-case.ts";

type Attributes = NonNullable<GradientCase["attributes"]>;

const image: Shapes = [[2, 3, 5, 6]];

const scaled = (shapes: Shapes, scales: readonly number[], attributes: Attributes, opset = 18) =>
  affine(shapes, { fixed: { 1: "", 2: float32(scales) }, attributes, opset });

const sized = (shapes: Shapes, ints: readonly number[], attributes: Attributes, opset = 18) =>
  affine(shapes, { fixed: { 1: "", 2: "" }, ints, attributes, opset });

/** Larger by a whole factor, larger and smaller by odd ones, as scales and as sizes. */
const everyScale = (attributes: Attributes, opset?: number): readonly GradientCase[] => [
  scaled(image, [1, 1, 2, 2], attributes, opset),
  scaled(image, [1, 1, 1.7, 0.6], attributes, opset),
  scaled(image, [1, 1, 0.5, 3], attributes, opset),
  sized(image, [2, 3, 8, 4], attributes, opset),
  sized(image, [2, 3, 1, 12], attributes, opset),
];

const coordinateModes = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"] as const;
const nearestModes = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"] as const;
const crop = { coordinate_transformation_mode: "tf_crop_and_resize", extrapolation_value: 0.5 };
/** Starts and ends, within the picture along one axis and beyond it along the other. */
const region = float32([0, 0, 0.2, -0.3, 1, 1, 0.9, 1.2]);

const resizes: readonly GradientCase[] = [
  ...coordinateModes.flatMap((coordinate_transformation_mode) => [
    ...nearestModes.flatMap((nearest_mode) => {
      const attributes = { mode: "nearest", coordinate_transformation_mode, nearest_mode };
      return [scaled(image, [1, 1, 2, 3], attributes), scaled(image, [1, 1, 1.7, 0.6], attributes)];
    }),
    ...["linear", "cubic"].flatMap((mode) => everyScale({ mode, coordinate_transformation_mode })),
  ]),
  ...["nearest", "linear", "cubic"].flatMap((mode) => [
    ...everyScale({ mode }, 13),
    ...everyScale({ mode, coordinate_transformation_mode: "half_pixel_symmetric" }, 19),
    affine(image, {
      fixed: { 1: region, 2: float32([1, 1, 1.5, 0.8]) },
      attributes: { mode, ...crop },
    }),
    // One axis keeps its scale of 1 and is cropped all the same.
    affine(image, { fixed: { 1: region, 2: float32([1, 1, 1, 0.8]) }, attributes: { mode, ...crop } }),
    affine(image, { fixed: { 1: region, 2: float32([1, 1, 1, 1]) }, attributes: { mode, ...crop } }),
    affine(image, { fixed: { 1: region, 2: "" }, ints: [2, 3, 7, 9], attributes: { mode, ...crop } }),
  ]),
  ...everyScale({ mode: "cubic", cubic_coeff_a: -0.5, exclude_outside: 1 }),
  ...["linear", "cubic"].flatMap((mode) => [
    ...everyScale({ mode, antialias: 1 }),
    ...everyScale({ mode, antialias: 1, exclude_outside: 1 }),
  ]),
  sized(image, [4, 9], { mode: "linear", axes: [2, 3] }),
  sized(image, [9, 4], { mode: "linear", axes: [-1, 2] }),
  scaled(image, [2, 0.5], { mode: "nearest", axes: [3, 2] }),
  // Other ranks and layouts: channels last, a signal, a volume, a matrix; channels and batch resized too.
  scaled([[2, 5, 6, 3]], [1, 2, 1.5, 1], { mode: "linear" }),
  scaled([[2, 3, 7]], [1, 1, 2], { mode: "nearest" }),
  scaled([[1, 2, 3, 4, 5]], [1, 1, 2, 1.5, 0.7], { mode: "linear" }),
  scaled([[1, 2, 3, 4, 5]], [1, 1, 2, 2, 2], { mode: "nearest" }),
  scaled([[4, 5]], [2, 1.5], { mode: "linear" }),
  scaled([[2, 3, 4, 5]], [2, 2, 2, 2], { mode: "nearest" }),
  scaled(image, [1, 1, 1, 1], { mode: "linear" }),
];

const shape = [2, 3, 4, 5];
const even = (shape: readonly number[], most: number) => {
  const rng = random(7);
  return float32(
    Float32Array.from({ length: sizeOf(shape) }, () => most * (2 * rng.next() - 1)),
    shape,
  );
};
/** Inside and outside the picture. */
const grid = (shape: readonly number[]) => even(shape, 2);
/** Small, because the engine's rounding of the cubic's weights stands in the difference. */
const picture = (shape: readonly number[]) => even(shape, 0.5);
const paddings = ["zeros", "border", "reflection"] as const;
const sampleForms = paddings.flatMap((padding_mode) =>
  [0, 1].map((align_corners) => ({ padding_mode, align_corners })),
);
/** Coordinates between two pixels: the middle of the picture, and outside it on either side, near and far. */
const between = [
  [0.42, 0.47],
  [1.3, 1.35],
  [-1.15, -1.1],
  [-3.15, -3.1],
] as const;

const samples: readonly GradientCase[] = sampleForms.flatMap((form) => [
  ...["nearest", "bilinear", "bicubic"].map((mode) =>
    affine([shape], { fixed: { 1: grid([2, 3, 4, 2]) }, attributes: { mode, ...form } }),
  ),
  ...["nearest", "linear"].map((mode) =>
    affine([[2, 3, 3, 4, 5]], {
      fixed: { 1: grid([2, 3, 2, 2, 3]) },
      attributes: { mode, ...form },
      opset: 20,
    }),
  ),
  ...between.flatMap((domain) => [
    ...["bilinear", "bicubic"].map((mode) => ({
      shapes: [[2, 2, 3, 2]],
      fixed: { 0: picture(shape) },
      attributes: { mode, ...form },
      domain,
      // Smaller for the cubic's own curvature.
      step: 3e-3,
    })),
    {
      shapes: [[1, 2, 2, 1, 3]],
      fixed: { 0: picture([1, 2, 4, 5, 4]) },
      attributes: { mode: "linear", ...form },
      domain,
      opset: 20,
    },
    { shapes: [shape, [2, 2, 3, 2]], attributes: { mode: "bilinear", ...form }, domain, opset: 16 },
  ]),
]);

export const resample: Readonly<Record<keyof typeof rules, readonly GradientCase[]>> = {
  Resize: resizes,
  GridSample: [...samples, { shapes: [shape, [2, 2, 3, 2]], domain: [0.42, 0.47] }],
};
