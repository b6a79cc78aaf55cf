import { floats as numbersOf } from "../../core/tensor.ts";
import { intsAttr, stringAttr } from "../../onnx/attributes.ts";
import type { Rule, Site } from "../rule.ts";
import { type AxisMatrix, identity, multiplyAxes, sizeVector } from "./axis-matrix.ts";
import { byGrid, byImage, sampler } from "./grid-sample.ts";
import { once } from "./once.ts";
import { through } from "./through.ts";

/** y = A·x·Bᵀ with an interpolation matrix for each axis that is resized  =>  dx = Aᵀ·dy·B */
export const Resize: Rule = (site) => through(() => multiplyAxes(site, site.dy, interpolationMatrices(site)));

/**
 * y[n, c, o] = Σₜ w[n, t, o]·x[n, c, i[n, t, o]], where the grid tells the weights w and places i of each tap t
 *   =>  dx = dy·w, added at the places i; dgrid = Σₜ dw/dgrid·Σ_c dy·x[i], and none to the places themselves.
 */
export const GridSample: Rule = (site) => {
  const taps = once(() => sampler(site));
  const image = { emit: () => byImage(site, taps()) };
  return stringAttr(site.node, "mode", "linear") === "nearest"
    ? [image]
    : [image, { emit: () => byGrid(site, taps()) }];
};

/** The interpolation along each axis that changes, asked of the operator itself; axes that stay have none. */
function interpolationMatrices(site: Site): AxisMatrix[] {
  const { node, x, y, shape, constant, fail } = site;
  // Sizes that are an empty list count as left out.
  const sized = x[3] !== "" && constant(x[3])?.length !== 0;
  if (sized && stringAttr(node, "keep_aspect_ratio_policy", "stretch") !== "stretch") {
    return fail("only the keep_aspect_ratio_policy 'stretch' is covered.");
  }
  const rank = shape(x[0]).length;
  const all = Array.from({ length: rank }, (_, i) => i);
  const axes = intsAttr(node, "axes", all).map((axis) => (axis < 0 ? axis + rank : axis));
  const regions = cropped(site) ? constantFloats(site, x[1], "region of interest") : undefined;
  const scales = sized ? undefined : constantFloats(site, x[2], "scales");
  return axes.flatMap((axis, i): AxisMatrix[] => {
    const region = regions && ([regions[i] ?? 0, regions[i + axes.length] ?? 1] as const);
    const before = shape(x[0])[axis];
    const stays = scales ? scales[i] === 1 : before !== undefined && before === shape(y)[axis];
    if (stays && (!region || (region[0] === 0 && region[1] === 1))) return [];
    return [{ axis, matrix: interpolation(site, axis, scales?.[i], region) }];
  });
}

/** Aᵀ: the identity's rows, resized as the axis is; by its scale where that is stated, else to its size. */
function interpolation(
  site: Site,
  axis: number,
  scale: number | undefined,
  region: readonly [number, number] | undefined,
): string {
  const { node, op, ints, floats: vector, x, y, shape } = site;
  const roi = region ? vector([0, region[0], 1, region[1]]) : "";
  const attributes = {
    ...Object.fromEntries(node.attributes),
    axes: undefined,
    extrapolation_value: undefined,
  };
  const square = identity(site, axis);
  if (scale !== undefined) return op("Resize", [square, roi, vector([1, scale])], attributes);
  const [before, after] = [shape(x[0])[axis], shape(y)[axis]];
  const known = typeof before === "number" && typeof after === "number";
  const sizes = known
    ? ints([before, after])
    : op("Concat", [sizeVector(site, x[0], axis), sizeVector(site, y, axis)], { axis: 0 });
  return op("Resize", [square, roi, "", sizes], attributes);
}

function cropped({ node }: Site): boolean {
  return stringAttr(node, "coordinate_transformation_mode", "half_pixel") === "tf_crop_and_resize";
}

function constantFloats({ tensor, fail }: Site, value: string, what: string): readonly number[] {
  const found = tensor(value);
  if (found?.dtype !== "float32") return fail(`its ${what} must be a float32 constant.`);
  return [...numbersOf(found)];
}
