import { intAttr, intsAttr } from "../../onnx/attributes.ts";
import type { Site } from "../rule.ts";

/** The first opset whose ScatterElements adds what meets in one place. */
const scatterAdds = 16;

/**
 * dy brought back to the places that the Indices output names, through the whole tensor: added where windows overlap,
 * elsewhere zero. Disjoint windows take MaxUnpool, which is faster by a fifth.
 */
export function scatterMaxima(site: Site): string {
  const { node, opset, op, ints, x, dy, shape } = site;
  const indices = site.output(1);
  const spatial = shape(x[0]).length - 2;
  const phases = phaseCounts(site, spatial);
  const inputShape = op("Shape", [x[0]]);
  // With storage_order 1 the indices count as if the spatial axes stood in reverse.
  const reversed = intAttr(node, "storage_order", 0) === 1 && spatial > 1;
  const perm = [0, 1, ...Array.from({ length: spatial }, (_, i) => spatial + 1 - i)];
  const layout = reversed ? op("Gather", [inputShape, ints(perm)]) : inputShape;
  const scattered =
    opset >= scatterAdds && phases.some((count) => count > 1)
      ? scatter(site, dy, indices, layout)
      : unpool(site, dy, indices, layout, phases);
  return reversed ? op("Transpose", [scattered], { perm }) : scattered;
}

/** For each axis, every how manieth window is disjoint from the ones before it. */
function phaseCounts({ node, fail }: Site, spatial: number): number[] {
  const kernel = intsAttr(node, "kernel_shape") ?? fail("it has no kernel_shape.");
  const strides = intsAttr(node, "strides", []);
  const dilations = intsAttr(node, "dilations", []);
  return Array.from({ length: spatial }, (_, i) =>
    Math.ceil(((dilations[i] ?? 1) * ((kernel[i] ?? 1) - 1) + 1) / (strides[i] ?? 1)),
  );
}

function scatter({ op, ints }: Site, dy: string, indices: string, layout: string): string {
  const flat = (value: string): string => op("Reshape", [value, ints([-1])]);
  const zeros = flat(op("ConstantOfShape", [layout]));
  const sums = op("ScatterElements", [zeros, flat(indices), flat(dy)], { axis: 0, reduction: "add" });
  return op("Reshape", [sums, layout]);
}

/** One MaxUnpool, which writes and does not add, for each set of disjoint windows, and their sum. */
function unpool(site: Site, dy: string, indices: string, layout: string, phases: readonly number[]): string {
  const { op, ints, y } = site;
  const ones = phases.map(() => 1);
  const back = (values: string, places: string): string =>
    op("MaxUnpool", [values, places, layout], { kernel_shape: ones, strides: ones });
  if (phases.every((count) => count === 1)) return back(dy, indices);
  const sizes = site.sizes(y, 2);
  const axes = ints(phases.map((_, i) => i + 2));
  const parts = starts(phases.map((count, i) => Math.min(count, sizes[i] ?? 1))).map((start) => {
    const every = (value: string): string =>
      op("Slice", [value, ints(start), ints(sizes), axes, ints(phases)]);
    return back(every(dy), every(indices));
  });
  return op("Sum", parts);
}

/** All vectors of whole numbers from 0 to below `counts`. */
function starts(counts: readonly number[]): number[][] {
  return counts.reduce<number[][]>(
    (vectors, count) => vectors.flatMap((each) => Array.from({ length: count }, (_, i) => [...each, i])),
    [[]],
  );
}
