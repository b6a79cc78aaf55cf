import { float32, int64 } from "../core/tensor.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import type { Model } from "../onnx/graph.ts";
import { affine, type Preprocess, pixelsInput, preprocessedOutput } from "../surgery/preprocess.ts";

/** The inputs of `augmentGraph`; pixels and the output bear the names that `preprocessGraph` gives them. */
export const augmentInputs = {
  pixels: pixelsInput,
  theta: "theta",
  colour: "colour",
  erase: "erase",
  partner: "partner",
  lambda: "lambda",
  box: "box",
} as const;

export interface AugmentGraphOptions {
  /** The network's square, its normalisation and layout: those of the preprocessing that evaluation runs. */
  readonly preprocess: Omit<Preprocess, "fit">;
  /** Side of the squares that are fed. */
  readonly source: number;
  /** Whether pictures are blended with partners, with three inputs more. */
  readonly mixing: boolean;
  readonly opset?: number;
}

/**
 * The graph from uint8 `pixels` [N, R, R, 3] and what was drawn for each (`theta` [N, 2, 3], `colour` [N, 3, 4], `erase`
 * [N, 4]; with mixing `partner` int64 [N], `lambda` [N], `box` [N, 4]) to float32 `preprocessed`, [N, 3, S, S] or
 * [N, S, S, 3]: geometry, colour, normalisation, erasing, mixing. With nothing drawn and R = S, what comes out is what
 * `preprocessGraph` gives for the same squares, to a hundredth of a byte: float32 rounds where the engine looks.
 */
export function augmentGraph({ preprocess, source, mixing, opset = 18 }: AugmentGraphOptions): Model {
  const { size, layout } = preprocess;
  const b = new GraphBuilder({ opset, name: "augment" });
  const pixels = b.input(augmentInputs.pixels, "uint8", ["N", source, source, 3]);
  const theta = b.input(augmentInputs.theta, "float32", ["N", 2, 3]);
  const colour = b.input(augmentInputs.colour, "float32", ["N", 3, 4]);
  const erase = b.input(augmentInputs.erase, "float32", ["N", 4]);

  // Bytes are turned into planes before they become numbers four times as long.
  const planes = b.op("Cast", [b.op("Transpose", [pixels], { perm: [0, 3, 1, 2] })], { to: 1 });
  // The engine is three times as fast without padding to do: `reflected` leaves none.
  const seen = b.op("GridSample", [planes, reflected(b, grid(b, theta, size), source)], {
    mode: opset < 20 ? "bilinear" : "linear",
    padding_mode: "zeros",
  });
  const { weight, bias } = affine(preprocess);
  const scaled = b.op("Mul", [
    coloured(b, seen, colour, preprocess),
    b.constant(float32(weight, [3, 1, 1]), "scale"),
  ]);
  const normalised = b.op("Add", [scaled, b.constant(float32(bias, [3, 1, 1]), "shift")]);
  const erased = b.op("Mul", [normalised, outside(b, erase, size)]);
  const mixed = mixing ? blended(b, erased, size) : erased;
  const out = b.op(
    layout === "nchw" ? "Identity" : "Transpose",
    [mixed],
    layout === "nchw" ? {} : { perm: [0, 2, 3, 1] },
    { outputs: [preprocessedOutput] },
  );
  b.output(out, "float32", layout === "nhwc" ? ["N", size, size, 3] : ["N", 3, size, size]);
  return b.model();
}

/**
 * Where each pixel of the view looks, [N, S, S, 2]: theta times (x, y, 1). As [y, 1] times [theta_y; theta_x·x + theta_1]
 * the product is a small one along each axis instead of one of three numbers for each pixel.
 */
function grid(b: GraphBuilder, theta: string, size: number): string {
  const centre = (i: number): number => (2 * i + 1) / size - 1;
  // [6, (y | 1), x, (x' | y')]: which entry of theta, times what, goes to which row, column and coordinate.
  const spread = new Float32Array(6 * 2 * size * 2);
  for (let x = 0; x < size; x++) {
    for (const axis of [0, 1]) {
      const put = (entry: number, row: number, value: number): void => {
        spread[(((3 * axis + entry) * 2 + row) * size + x) * 2 + axis] = value;
      };
      put(0, 1, centre(x));
      put(1, 0, 1);
      put(2, 1, 1);
    }
  }
  const rows = Float32Array.from({ length: 2 * size }, (_, i) => (i % 2 === 0 ? centre(i / 2) : 1));
  const flat = b.op("Reshape", [theta, b.constant(int64([-1, 6]))]);
  const across = b.op("MatMul", [flat, b.constant(float32(spread, [6, 4 * size]), "columns")]);
  const columns = b.op("Reshape", [across, b.constant(int64([-1, 2, 2 * size]))]);
  const places = b.op("MatMul", [b.constant(float32(rows, [size, 2]), "rows"), columns]);
  return b.op("Reshape", [places, b.constant(int64([-1, size, size, 2]))]);
}

/** What lies beyond an edge is seen mirrored once, and further out the outermost pixels: a black border is a feature. */
function reflected(b: GraphBuilder, places: string, source: number): string {
  const scalar = (value: number): string => b.constant(float32([value], []));
  const clip = (x: string, limit: number): string => b.op("Clip", [x, scalar(-limit), scalar(limit)]);
  const mirrored = b.op("Sub", [b.op("Mul", [clip(places, 1), scalar(2)]), places]);
  return clip(mirrored, 1 - 1 / source);
}

/** The colour map applied, [N, 3, S, S], in bytes of the network's order of channels, held to 0 to 255. */
function coloured(
  b: GraphBuilder,
  x: string,
  colour: string,
  { size, channels }: Pick<Preprocess, "size" | "channels">,
): string {
  const map =
    channels === "rgb" ? colour : b.op("Gather", [colour, b.constant(int64([2, 1, 0]), "bgr")], { axis: 1 });
  const [weights = "", shift = ""] = b.ops("Split", [map, b.constant(int64([3, 1]))], { axis: 2 }, 2);
  const rows = b.op("Reshape", [x, b.constant(int64([0, 3, size * size]))]);
  const mapped = b.op("Add", [b.op("MatMul", [weights, rows]), shift]);
  const held = b.op("Clip", [mapped, b.constant(float32([0], [])), b.constant(float32([255], []))]);
  return b.op("Reshape", [held, b.constant(int64([0, 3, size, size]))]);
}

/** 1 outside the box, 0 within it: [N, 1, S, S] from [N, 4]. */
function outside(b: GraphBuilder, box: string, size: number): string {
  const places = b.constant(float32(Array.from({ length: size }, (_, i) => i)), "places");
  const [left = "", top = "", right = "", bottom = ""] = b.ops(
    "Split",
    [box, b.constant(int64([1, 1, 1, 1]))],
    { axis: 1 },
    4,
  );
  const between = (from: string, to: string, ...shape: readonly number[]): string => {
    const both = b.op("And", [b.op("GreaterOrEqual", [places, from]), b.op("Less", [places, to])]);
    return b.op("Reshape", [b.op("Cast", [both], { to: 1 }), b.constant(int64([-1, ...shape]))]);
  };
  const inside = b.op("Mul", [between(top, bottom, 1, size, 1), between(left, right, 1, 1, size)]);
  return b.op("Sub", [b.constant(float32([1], [])), inside]);
}

/** x·w + x[partner]·(1 - w), where w is lambda outside the box and 0 within it. */
function blended(b: GraphBuilder, x: string, size: number): string {
  const partner = b.input(augmentInputs.partner, "int64", ["N"]);
  const lambda = b.input(augmentInputs.lambda, "float32", ["N"]);
  const box = b.input(augmentInputs.box, "float32", ["N", 4]);
  const share = b.op("Reshape", [lambda, b.constant(int64([-1, 1, 1, 1]))]);
  const own = b.op("Mul", [outside(b, box, size), share]);
  const other = b.op("Sub", [b.constant(float32([1], [])), own]);
  return b.op("Add", [
    b.op("Mul", [x, own]),
    b.op("Mul", [b.op("Gather", [x, partner], { axis: 0 }), other]),
  ]);
}
