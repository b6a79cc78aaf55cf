import { float32, int64 } from "../core/tensor.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import type { Model } from "../onnx/graph.ts";

/** How a picture of any shape becomes the network's square. */
export type Fit =
  /** Both sides scaled to the square: everything is seen, proportions change. */
  | "squash"
  /** The shorter side scaled to the square, the longer one cut at both ends: proportions are kept, edges are lost. */
  | "cover"
  /**
   * The longer side scaled to the square, the rest filled with the mean colour: both are kept, pixels are lost. Nothing
   * is left of a strip whose shorter side comes to less than half a pixel.
   */
  | "contain";

export const fits: readonly Fit[] = ["squash", "cover", "contain"];

/** What a backbone was trained on: value = (byte * scale - mean) / std, channel by channel. */
export interface Normalisation {
  readonly scale: number;
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  readonly channels: "rgb" | "bgr";
}

/** All that happens between uint8 pixels and the backbone's input. */
export interface Preprocess extends Normalisation {
  /** Side of the network's square, in pixels. */
  readonly size: number;
  readonly fit: Fit;
  /** Order of the axes that the backbone takes. */
  readonly layout: "nchw" | "nhwc";
}

/** Normalisations by the names that model families give them; for BGR, mean and std are in BGR order. */
export const normalisations = {
  /** torchvision, timm and the ONNX model zoo. */
  imagenet: { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], channels: "rgb" },
  /** Google's Inception and MobileNet: -1 to 1. */
  inception: { scale: 1 / 127.5, mean: [1, 1, 1], std: [1, 1, 1], channels: "rgb" },
  /** VGG and ResNet as Caffe and Keras have them: BGR bytes less the mean colour. */
  caffe: { scale: 1, mean: [103.939, 116.779, 123.68], std: [1, 1, 1], channels: "bgr" },
  /** CLIP's own mean and deviation. */
  clip: {
    scale: 1 / 255,
    mean: [0.48145466, 0.4578275, 0.40821073],
    std: [0.26862954, 0.26130258, 0.27577711],
    channels: "rgb",
  },
  /** 0 to 1. */
  unit: { scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1], channels: "rgb" },
} as const satisfies Record<string, Normalisation>;

export type NormalisationName = keyof typeof normalisations;

export const normalisationNames = Object.keys(normalisations) as readonly NormalisationName[];

export const pixelsInput = "pixels";
export const preprocessedOutput = "preprocessed";

/**
 * The graph from uint8 `pixels` [N, H, W, 3] of any H and W to float32 `preprocessed`, [N, 3, size, size] or
 * [N, size, size, 3]: antialiased bilinear resize (as Pillow and torchvision do), then the normalisation.
 * Training, evaluation and the exported model all run this very graph.
 */
export function preprocessGraph(preprocess: Preprocess, opset: number): Model {
  const { size, layout } = preprocess;
  const b = new GraphBuilder({ opset, name: "preprocess" });
  const pixels = b.input(pixelsInput, "uint8", ["N", "H", "W", 3]);
  const fitted = fitToSquare(b, b.op("Cast", [pixels], { to: 1 }), preprocess);
  const ordered =
    preprocess.channels === "rgb"
      ? fitted
      : b.op("Gather", [fitted, b.constant(int64([2, 1, 0]), "bgr")], { axis: 3 });
  // Normalised as planes: with the channels last the engine takes ten times as long over three numbers at a time.
  const planes = b.op("Transpose", [ordered], { perm: [0, 3, 1, 2] });
  const { weight, bias } = affine(preprocess);
  const scaled = b.op("Mul", [planes, b.constant(float32(weight, [3, 1, 1]), "scale")]);
  const shift = b.constant(float32(bias, [3, 1, 1]), "shift");
  const out =
    layout === "nchw"
      ? b.op("Add", [scaled, shift], {}, { outputs: [preprocessedOutput] })
      : b.op(
          "Transpose",
          [b.op("Add", [scaled, shift])],
          { perm: [0, 2, 3, 1] },
          { outputs: [preprocessedOutput] },
        );
  b.output(out, "float32", layout === "nhwc" ? ["N", size, size, 3] : ["N", 3, size, size]);

  return b.model();
}

/** (x * scale - mean) / std as x * weight + bias, one of each a channel. */
export function affine({ scale, mean, std }: Normalisation): { weight: number[]; bias: number[] } {
  return { weight: std.map((s) => scale / s), bias: mean.map((m, i) => -m / std[i]!) };
}

/** float32 [N, H, W, 3] -> [N, size, size, 3]. */
export function fitToSquare(b: GraphBuilder, x: string, preprocess: Preprocess): string {
  const { size, fit } = preprocess;
  const square = b.constant(int64([size, size]), "square");
  // Pillow leaves out what lies beyond the edge; without `exclude_outside` the engine counts the edge again for it.
  const resize = (policy: string): string =>
    b.op("Resize", [x, "", "", square], {
      mode: "linear",
      antialias: 1,
      exclude_outside: 1,
      axes: [1, 2],
      keep_aspect_ratio_policy: policy,
    });
  if (fit === "squash") return resize("stretch");
  const axes = b.constant(int64([1, 2]), "axes");

  const scaled = resize(fit === "cover" ? "not_smaller" : "not_larger");
  const sides = b.op("Slice", [b.op("Shape", [scaled]), b.constant(int64([1])), b.constant(int64([3]))]);
  const two = b.constant(int64([2]), "two");
  if (fit === "cover") {
    const start = b.op("Div", [b.op("Sub", [sides, square]), two]);
    return b.op("Slice", [scaled, start, b.op("Add", [start, square]), axes]);
  }
  const missing = b.op("Sub", [square, sides]);
  const before = b.op("Div", [missing, two]);
  const after = b.op("Sub", [missing, before]);
  // Pad takes one value for all channels: shift the mean colour to 0, pad with 0, shift back.
  const colour = b.constant(float32(meanColour(preprocess)), "mean_colour");
  const centred = b.op("Sub", [scaled, colour]);
  const zero = b.constant(float32([0], []), "zero");
  const padded = b.op("Pad", [centred, b.op("Concat", [before, after], { axis: 0 }), zero, axes]);
  return b.op("Add", [padded, colour]);
}

/** The byte, red green blue, that the normalisation maps to 0. */
function meanColour({ scale, mean, channels }: Normalisation): number[] {
  const bytes = mean.map((m) => m / scale);
  return channels === "rgb" ? bytes : bytes.reverse();
}
