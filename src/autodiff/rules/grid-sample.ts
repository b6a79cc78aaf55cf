import { intAttr, stringAttr } from "../../onnx/attributes.ts";
import type { Site } from "../rule.ts";
import { once } from "./once.ts";

/** How one coordinate p is spread over its neighbours: base(p) + offset, each weighed by a polynomial in p - base(p). */
interface Kernel {
  readonly base: "Floor" | "Round";
  readonly offsets: readonly number[];
  /** Coefficients of the weights, one list a power from the lowest, one number a neighbour. */
  readonly weights: readonly (readonly number[])[];
}

const nearest: Kernel = { base: "Round", offsets: [0], weights: [[1], [0]] };

/** 1 - t and t */
const linear: Kernel = {
  base: "Floor",
  offsets: [0, 1],
  weights: [
    [1, 0],
    [-1, 1],
  ],
};

/** Keys' cubic convolution (1981) with the coefficient that the operator's definition fixes. */
const a = -0.75;
const cubic: Kernel = {
  base: "Floor",
  offsets: [-1, 0, 1, 2],
  weights: [
    [0, 1, 0, 0],
    [a, 0, -a, 0],
    [-2 * a, -a - 3, 2 * a + 3, a],
    [a, a + 2, -a - 2, -a],
  ],
};

/** The modes by their names before opset 20 and since. */
const kernels = new Map([
  ["nearest", nearest],
  ["linear", linear],
  ["bilinear", linear],
  ["cubic", cubic],
  ["bicubic", cubic],
]);

/** The taps by which a grid reads an image; each tap pairs one neighbour of every axis. */
interface Sampler {
  /** Number T of taps. */
  readonly taps: number;
  /** int64 [N, C, T·P] for P points: places in the image, its spatial axes flattened. */
  readonly places: string;
  /** float32 [N, T, P]. */
  readonly weights: () => string;
  /** For each coordinate of the grid, the weights' derivatives by it: float32 [N, T, P]. */
  readonly slopes: () => readonly string[];
}

/** dx = dy·w added at the taps' places. */
export function byImage(site: Site, { places, weights }: Sampler): string {
  const { op, ints, x } = site;
  const each = op("Mul", [points(site), op("Unsqueeze", [weights(), ints([1])])]);
  const updates = op("Reshape", [each, ints([0, 0, -1])]);
  const shape = op("Shape", [x[0]]);
  const zeros = op("Reshape", [op("ConstantOfShape", [shape]), ints([0, 0, -1])]);
  const sums = op("ScatterElements", [zeros, places, updates], { axis: 2, reduction: "add" });
  return op("Reshape", [sums, shape]);
}

/** dgrid = Σ over taps of dw/dgrid·Σ over channels of dy·x[i]. */
export function byGrid(site: Site, { taps, places, slopes }: Sampler): string {
  const { op, ints, x } = site;
  const pixels = op("GatherElements", [op("Reshape", [x[0], ints([0, 0, -1])]), places], { axis: 2 });
  const products = op("Mul", [op("Reshape", [pixels, ints([0, 0, taps, -1])]), points(site)]);
  const pull = op("ReduceSum", [products, ints([1])], { keepdims: 0 });
  const rows = slopes().map((slope) =>
    op("ReduceSum", [op("Mul", [pull, slope]), ints([1])], { keepdims: 1 }),
  );
  const gradient = op("Transpose", [op("Concat", rows, { axis: 1 })], { perm: [0, 2, 1] });
  return op("Reshape", [gradient, op("Shape", [x[1]])]);
}

/** dy with its points in one axis, [N, C, 1, P]. */
function points({ op, ints, dy }: Site): string {
  return op("Reshape", [dy, ints([0, 0, 1, -1])]);
}

/** Writes what both gradients share. Below, arrays are [N, axis, neighbour, P], the axes in the grid's order: x, y, z. */
export function sampler(site: Site): Sampler {
  const { node, op, ints, floats, x, fail } = site;
  const mode = stringAttr(node, "mode", "linear");
  const { base, offsets, weights } = kernels.get(mode) ?? fail(`its mode '${mode}' is not known.`);
  const [channels = 1, ...spatial] = site.sizes(x[0], 1);
  const lengths = spatial.toReversed();
  const d = lengths.length;
  const aligned = intAttr(node, "align_corners", 0) === 1;
  const axisFloats = (values: readonly number[]): string => floats(values, [d, 1, 1]);

  const rows = op("Transpose", [op("Reshape", [x[1], ints([0, -1, d])])], { perm: [0, 2, 1] });
  const fromStart = op("Add", [op("Unsqueeze", [rows, ints([2])]), 1]);
  // In the engine's order of rounding: the nearest of two equally near pixels is then the same.
  const coordinate = aligned
    ? op("Mul", [op("Div", [fromStart, 2]), axisFloats(lengths.map((length) => length - 1))])
    : op("Div", [op("Sub", [op("Mul", [fromStart, axisFloats(lengths)]), 1]), 2]);
  const floor = op(base, [coordinate]);
  const t = op("Sub", [coordinate, floor]);
  const neighbours = op("Add", [floor, floats(offsets, [offsets.length, 1])]);
  const { pixels, inside } = padded(site, neighbours, lengths, aligned);

  const strides = lengths.map((_, i) => lengths.slice(0, i).reduce((product, length) => product * length, 1));
  const steps = op("Reshape", [ints(strides), ints([d, 1, 1])]);
  const taps = offsets.length ** d;
  const pairs = (parts: readonly string[], combine: "Add" | "Mul"): string =>
    outer(site, parts, offsets.length, combine);
  const places = pairs(split(site, op("Mul", [op("Cast", [pixels], { to: 7 }), steps]), d), "Add");
  const flat = op("Reshape", [places, ints([0, 1, -1])]);

  const masked = (values: string): string => (inside === undefined ? values : op("Mul", [values, inside]));
  const each = once(() => split(site, masked(polynomial(site, t, weights)), d));
  return {
    taps,
    places: op("Expand", [flat, ints([1, channels, 1])]),
    weights: () => pairs(each(), "Mul"),
    slopes: () => {
      // d coordinate / d grid
      const scale = axisFloats(lengths.map((length) => (aligned ? length - 1 : length) / 2));
      const slope = op("Mul", [polynomial(site, t, derivative(weights)), scale]);
      return split(site, masked(slope), d).map((part, i) => pairs(each().with(i, part), "Mul"));
    },
  };
}

/** Neighbours outside brought inside by the padding mode, and for "zeros" which of them were inside, as 1 and 0. */
function padded(
  { node, op, floats, fail }: Site,
  neighbours: string,
  lengths: readonly number[],
  aligned: boolean,
): { readonly pixels: string; readonly inside?: string } {
  const axisFloats = (values: readonly number[]): string => floats(values, [values.length, 1, 1]);
  const last = axisFloats(lengths.map((length) => length - 1));
  const clip = (values: string): string => op("Min", [op("Max", [values, 0]), last]);
  const mode = stringAttr(node, "padding_mode", "zeros");
  if (mode === "border") return { pixels: clip(neighbours) };
  if (mode === "zeros") {
    const pixels = clip(neighbours);
    return { pixels, inside: op("Cast", [op("Equal", [neighbours, pixels])], { to: 1 }) };
  }
  if (mode !== "reflection") return fail(`its padding_mode '${mode}' is not known.`);
  // The picture and its mirror image repeat: about the outer pixels' middles (aligned), else about their outer edges.
  const periods = lengths.map((length) => (aligned ? Math.max(1, 2 * length - 2) : 2 * length));
  const period = axisFloats(periods);
  const turns = op("Floor", [op("Div", [neighbours, period])]);
  const within = op("Sub", [neighbours, op("Mul", [turns, period])]);
  const mirrored = op("Sub", [axisFloats(periods.map((each) => (aligned ? each : each - 1))), within]);
  return { pixels: op("Min", [within, mirrored]) };
}

/** Σ coefficients·tᵏ, by Horner's rule: [.., 1, P] to [.., neighbours, P]. */
function polynomial({ op, floats }: Site, t: string, coefficients: readonly (readonly number[])[]): string {
  const constants = coefficients.map((each) => floats(each, [each.length, 1]));
  return constants.reduceRight((sum, constant) => op("Add", [op("Mul", [sum, t]), constant]));
}

function derivative(coefficients: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const slopes = coefficients.slice(1).map((each, i) => each.map((coefficient) => (i + 1) * coefficient));
  // A constant is written as 0·t + c, which has t's shape.
  return slopes.length > 1 ? slopes : [...slopes, (slopes[0] ?? []).map(() => 0)];
}

/** One value [N, 1, neighbours, P] an axis. */
function split({ ops, ints }: Site, value: string, axes: number): readonly string[] {
  return ops("Split", [value, ints(Array(axes).fill(1))], { axis: 1 }, axes);
}

/** All pairings of the axes' neighbours: [N, 1, neighbours, P] of each axis to [N, neighbours^axes, P]. */
function outer(
  { op, ints }: Site,
  [first = "", ...rest]: readonly string[],
  neighbours: number,
  combine: "Add" | "Mul",
): string {
  let taps = neighbours;
  let result = first;
  for (const part of rest) {
    result = op(combine, [op("Reshape", [result, ints([0, taps, 1, -1])]), part]);
    taps *= neighbours;
  }
  return op("Reshape", [result, ints([0, taps, -1])]);
}
