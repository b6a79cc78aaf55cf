import { float32, int64, type Tensor } from "../core/tensor.ts";
import type { GraphBuilder } from "../onnx/builder.ts";
import type { Model, Node } from "../onnx/graph.ts";
import { inferShapes } from "../onnx/infer.ts";
import { expandNodes } from "../surgery/expand-nodes.ts";
import { type Axis, convWindows, type Windows } from "./rules/conv/window.ts";
import { ValueTypes } from "./value-types.ts";

/**
 * Winograd's F(4x4, 3x3), with the matrices of Lavin and Gray (2016, "Fast Algorithms for Convolutional Neural Networks"):
 * four by four outputs of a 3x3 kernel w from a tile d of six by six places, with 36 products where the sum has 144:
 *   y = Aᵀ·[(G·w·Gᵀ) ⊙ (Bᵀ·d·B)]·A
 */
const enter = [
  [4, 0, -5, 0, 1, 0],
  [0, -4, -4, 1, 1, 0],
  [0, 4, -4, -1, 1, 0],
  [0, -2, -1, 2, 1, 0],
  [0, 2, -1, -2, 1, 0],
  [0, 4, 0, -5, 0, 1],
];
const kernel = [
  [1 / 4, 0, 0],
  [-1 / 6, -1 / 6, -1 / 6],
  [-1 / 6, 1 / 6, -1 / 6],
  [1 / 24, 1 / 12, 1 / 6],
  [1 / 24, -1 / 12, 1 / 6],
  [0, 0, 1],
];
const leave = [
  [1, 1, 1, 1, 1, 0],
  [0, 1, -1, 2, -2, 0],
  [0, 1, 1, 4, 4, 0],
  [0, 1, -1, 8, -8, 1],
];
/** Of an axis: taps of a kernel, windows that a tile answers, and points that it becomes. */
const [taps, reach, points] = [3, leave.length, enter.length];

/** A convolution of two axes, 3x3, that goes place by place: what tiles are for. */
interface Form extends Windows {
  readonly axes: readonly [Axis, Axis];
}

const tilesOf = ({ windows }: Axis): number => Math.ceil(windows / reach);

/**
 * The model as it runs fastest with these weights (float32 initializers) fed anew at each run: 3x3 convolutions by them are
 * written as tiled matrix products where that takes fewer multiplications. Forward and backward are both shorter then, for
 * `backward` knows the gradient of matrix products. Answers differ from the engine's Conv by rounding. Opset 13 or later.
 */
export function tileConvolutions(model: Model, weights: readonly string[]): Model {
  const trained = new Set(weights);
  const inferred = inferShapes(model);
  const types = new ValueTypes(inferred.graph);
  const once = new Map<string, string>();
  // The inferred types go along: behind reshapes to -1 they alone still know the batch by its name.
  return expandNodes(inferred, (node, b) => {
    const form = trained.has(node.inputs[1] ?? "") ? formOf(node, types) : undefined;
    if (form === undefined || !isWorthwhile(form)) return undefined;
    const constant: Constant = (hint, key, make) => {
      const name = once.get(`${hint} ${key}`) ?? b.constant(make(), hint);
      once.set(`${hint} ${key}`, name);
      return name;
    };
    return [writeTiled(node, form, b, constant)];
  }).model;
}

/** The name of a constant that is written once for each key. */
type Constant = (hint: string, key: string, make: () => Tensor) => string;

/** Share of the direct form's products up to which the tiled ones win: what goes in and out is moved about, too. */
const worthwhile = 0.8;

/**
 * Counts multiplications a picture; what the kernels' own way in costs is shared by the batch, and not counted. Where
 * channels are few for their map, going in and out costs more than is saved.
 */
function isWorthwhile({ channels, filters, axes: [rows, columns] }: Form): boolean {
  const [down, across] = [points * tilesOf(rows), points * tilesOf(columns)];
  const entering = down * (rows.size + across) * columns.size;
  const leaving = down * (across + rows.windows) * columns.windows;
  const products = down * across * channels * filters + entering * channels + leaving * filters;
  return products < worthwhile * taps ** 2 * rows.windows * columns.windows * channels * filters;
}

/**
 * For each of the 36 points of a tile, all tiles of all pictures are the rows of one product, [tiles·N, C]·[C, K]. Places
 * lie on the first axes on the way there and back, so that going in and out is a product an axis with one matrix, which
 * holds Bᵀ or Aᵀ for each tile of that axis, borders and padding included.
 */
function writeTiled(
  { inputs: [x = "", weight = "", bias = ""] }: Node,
  { channels, filters, axes }: Form,
  b: GraphBuilder,
  constant: Constant,
): string {
  const [rows, columns] = axes;
  const [down, across] = [tilesOf(rows), tilesOf(columns)];
  const ints = (values: readonly number[]): string => constant("sizes", `${values}`, () => int64(values));
  const reshape = (value: string, shape: readonly number[]): string => b.op("Reshape", [value, ints(shape)]);
  const transpose = (value: string, ...perm: number[]): string => b.op("Transpose", [value], { perm });
  const entering = (axis: Axis): string =>
    constant("enter", `${axis.size} ${axis.begin} ${axis.windows}`, () => enteringMatrix(axis));
  const leaving = (axis: Axis): string => constant("leave", `${axis.windows}`, () => leavingMatrix(axis));

  const places = reshape(transpose(reshape(x, [-1, rows.size * columns.size]), 1, 0), [rows.size, -1]);
  const entered = b.op("Gemm", [entering(rows), places]);
  const tiles = b.op("MatMul", [entering(columns), reshape(entered, [points * down, columns.size, -1])]);
  // From [point, tile] of each axis to the points of both in front.
  const apart = transpose(reshape(tiles, [points, down, points, across, -1]), 0, 2, 1, 3, 4);

  const spread = constant("spread", "", kernelMatrix);
  const kernels = b.op("Gemm", [spread, reshape(weight, [-1, taps ** 2])], { transB: 1 });
  const products = b.op("MatMul", [
    reshape(apart, [points ** 2, -1, channels]),
    transpose(reshape(kernels, [points ** 2, filters, channels]), 0, 2, 1),
  ]);

  const together = transpose(reshape(products, [points, points, down, across, -1]), 0, 2, 1, 3, 4);
  const gathered = b.op("MatMul", [
    leaving(columns),
    reshape(together, [points * down, points * across, -1]),
  ]);
  const windows = b.op("Gemm", [leaving(rows), reshape(gathered, [points * down, -1])]);
  const maps = transpose(reshape(windows, [rows.windows * columns.windows, -1]), 1, 0);
  const y = reshape(maps, [-1, filters, rows.windows, columns.windows]);
  return bias === "" ? y : b.op("Add", [y, reshape(bias, [filters, 1, 1])]);
}

/** Bᵀ for each tile of an axis: [points·tiles, size]. */
function enteringMatrix(axis: Axis): Tensor {
  const tiles = tilesOf(axis);
  const values = enter.flatMap((takes) =>
    Array.from({ length: tiles * axis.size }, (_, i) => {
      const [tile, place] = [Math.floor(i / axis.size), i % axis.size];
      return takes[place + axis.begin - reach * tile] ?? 0;
    }),
  );
  return float32(values, [points * tiles, axis.size]);
}

/** Aᵀ for each tile of an axis: [windows, points·tiles]. */
function leavingMatrix(axis: Axis): Tensor {
  const [{ windows }, tiles] = [axis, tilesOf(axis)];
  const values = Array.from({ length: windows }, (_, window) => {
    const gives = leave[window % reach] ?? [];
    return gives.flatMap((value) =>
      Array.from({ length: tiles }, (_, tile) => (tile === Math.floor(window / reach) ? value : 0)),
    );
  });
  return float32(values.flat(), [windows, points * tiles]);
}

/** G for rows and columns: [points², 9]. */
function kernelMatrix(): Tensor {
  const values = kernel.flatMap((down) =>
    kernel.flatMap((across) => down.flatMap((a) => across.map((b) => a * b))),
  );
  return float32(values, [points ** 2, taps ** 2]);
}

/** The convolution that a node is, if it is one that tiles are for and its sizes are known. */
function formOf(node: Node, types: ValueTypes): Form | undefined {
  if (node.opType !== "Conv" || node.domain !== "") return undefined;
  const [x = "", weight = ""] = node.inputs;
  const [y = ""] = node.outputs;
  const areKnown = [x, weight, y].every((value) => types.sizes(value, 1) !== undefined);
  if (!areKnown) return undefined;
  const sizes = (value: string, from = 0): readonly number[] => types.sizes(value, from) ?? [];
  const windows = convWindows({ node, x: [x, weight], y, sizes });
  const fits = windows.axes.every(
    ({ kernel, stride, dilation }) => kernel === taps && stride === 1 && dilation === 1,
  );
  const [rows, columns, ...more] = windows.axes;
  const isPlane = rows !== undefined && columns !== undefined && more.length === 0;
  return isPlane && fits && windows.group === 1 ? { ...windows, axes: [rows, columns] } : undefined;
}
