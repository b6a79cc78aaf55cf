import { intAttr } from "../../../onnx/attributes.ts";
import { product } from "../../../onnx/infer/dims.ts";
import type { Site } from "../../rule.ts";
import { constantTarget, fromFront, pad, padsOfAxis, rangeTo, reshapeLike, zerosLike } from "../layout.ts";

/**
 * Sums of the updates at their places: data[.., index, ..] += updates. ScatterElements and not ScatterND, which in
 * onnxruntime adds from several threads at once and loses some of what meets at one place.
 */
export function scatterAdd(site: Site, data: string, index: string, updates: string, axis: number): string {
  if (site.opset < 16) site.fail("sums of what was picked twice need opset 16: upgrade the model first.");
  return site.op("ScatterElements", [data, index, updates], { axis, reduction: "add" });
}

/**
 * The gradient of Gather: what was picked goes back to its place, and what was picked twice is summed. A constant choice
 * without repeats needs no sums: neighbours are padded with zeros, others picked back by the inverse choice.
 */
export function gatherBack(site: Site): string {
  const { node, op, ints, constant, x, shape } = site;
  const [data, indices] = x;
  const dims = shape(data);
  const axis = fromFront(intAttr(node, "axis", 0), dims.length);
  const rows = rowsOf(site, axis);
  const size = dims[axis];
  const picked = typeof size === "number" ? constant(indices)?.map((i) => fromFront(i, size)) : undefined;
  if (picked && typeof size === "number") {
    const [first = 0] = picked;
    if (picked.every((index, i) => index === first + i))
      return pad(site, rows, padsOfAxis(dims.length, axis, first, size - first - picked.length));
    if (new Set(picked).size === picked.length) {
      // One row of zeros behind the others stands for those that were not picked.
      const complete = picked.length === size;
      const source = complete ? rows : pad(site, rows, padsOfAxis(dims.length, axis, 0, 1));
      const inverse = Array.from({ length: size }, () => picked.length);
      for (const [i, index] of picked.entries()) inverse[index] = i;
      return op("Gather", [source, ints(inverse)], { axis });
    }
  }
  const column = ints(dims.map((_, i) => (i === axis ? -1 : 1)));
  const index = op("Expand", [op("Reshape", [indices, column]), op("Shape", [rows])]);
  return scatterAdd(site, zerosLike(site, data), index, rows, axis);
}

/** dy with the axes of the indices as one, where the data's axis was. */
function rowsOf(site: Site, axis: number): string {
  const { op, ints, dy, x, shape } = site;
  const [dims, chosen] = [shape(x[0]), shape(x[1])];
  if (chosen.length === 1) return dy;
  if (chosen.length === 0) return op("Unsqueeze", [dy, ints([axis])]);
  const known = constantTarget(site, dims.with(axis, product(chosen)));
  if (known !== undefined) return op("Reshape", [dy, known]);
  const count = op("Reshape", [op("Size", [x[1]]), ints([1])]);
  const target = op("ScatterElements", [op("Shape", [x[0]]), ints([axis]), count]);
  return op("Reshape", [dy, target]);
}

/**
 * The gradient of GatherND: the places as numbers of rows of a matrix [rows, elements a row], into which dy's rows are
 * summed. Axes of the data behind the first must be of known sizes.
 */
export function gatherNDBack(site: Site): string {
  const { node, op, ints, x, dy, shape, sizes, fail } = site;
  const [data, indices] = x;
  const batchDims = intAttr(node, "batch_dims", 0);
  const depth = shape(indices).at(-1);
  if (typeof depth !== "number") return fail("the depth of its indices is not known.");
  const used = batchDims + depth;
  const inner = sizes(data, 1);
  /** Elements of the axes from `axis` on; axis 0, whose size may be unknown, is never asked for. */
  const sizeFrom = (axis: number): number => inner.slice(axis - 1).reduce((a, b) => a * b, 1);
  const width = sizeFrom(used);
  const strides = Array.from({ length: used }, (_, axis) => sizeFrom(axis + 1) / width);

  const bounds = op("Slice", [op("Shape", [data]), ints([0]), ints([used])]);
  // Counted from the back, an index is negative; Mod has the sign of the divisor.
  const places = op("Mod", [batchDims === 0 ? indices : withBatch(site, batchDims), bounds]);
  const rows = op("ReduceSum", [op("Mul", [places, ints(strides)]), ints([-1])], { keepdims: 0 });
  const updates = op("Reshape", [dy, ints([-1, width])]);
  const column = op("Reshape", [rows, ints([-1, 1])]);
  const index = width === 1 ? column : op("Expand", [column, op("Shape", [updates])]);
  const zeros = op("Reshape", [zerosLike(site, data), ints([-1, width])]);
  return reshapeLike(site, scatterAdd(site, zeros, index, updates, 0), data);
}

/** Indices [batch.., depth] as [batch.., batchDims + depth]: the batch's own place before each. */
function withBatch(site: Site, batchDims: number): string {
  const { op, ints, x, shape } = site;
  const indices = x[1];
  const rank = shape(indices).length;
  const ones = op("Slice", [indices, ints([0]), ints([1]), ints([-1])]);
  const places = Array.from({ length: batchDims }, (_, axis) => {
    const size = op("Gather", [op("Shape", [indices]), op("Squeeze", [ints([axis])])]);
    const along = ints(Array.from({ length: rank }, (_, i) => (i === axis ? -1 : 1)));
    return op("Expand", [op("Reshape", [rangeTo(site, size), along]), op("Shape", [ones])]);
  });
  return op("Concat", [...places, indices], { axis: -1 });
}
