import { stringAttr } from "../../../onnx/attributes.ts";
import type { Site } from "../../rule.ts";
import { fromFront, pad, padsOfAxis } from "../layout.ts";

/** Begin and end of each padded axis, where they are constant. */
function padsByAxis({
  x,
  shape,
  constant,
}: Site): ReadonlyMap<number, readonly [number, number]> | undefined {
  const [pads, rank] = [constant(x[1]), shape(x[0]).length];
  const axes = x[3] === "" ? [...Array(rank).keys()] : constant(x[3])?.map((axis) => fromFront(axis, rank));
  return (
    pads &&
    axes &&
    new Map(axes.map((axis, i) => [axis, [pads[i] ?? 0, pads[i + axes.length] ?? 0] as const] as const))
  );
}

/** The gradient of Pad: dy cropped where constants were put, summed back where elements were repeated. */
export function padBack(site: Site): string {
  const { node, op, ints, x, dy, shape, sizes, fail } = site;
  const mode = stringAttr(node, "mode", "constant");
  const byAxis = padsByAxis(site);
  if (byAxis === undefined) {
    if (mode !== "constant") return fail(`its pads are computed, and in mode ${mode} they must be constant.`);
    const negative = op("Neg", [x[1]]);
    return op("Pad", x[3] === "" ? [dy, negative] : [dy, negative, "", x[3]]);
  }
  const padded = [...byAxis].filter(([, ends]) => ends.some((each) => each !== 0));
  if (mode === "constant") {
    if (padded.length === 0) return dy;
    // A Slice where nothing was cropped: a Pad by negative pads takes half as long again.
    if (padded.every(([, [begin, end]]) => begin >= 0 && end >= 0)) {
      const starts = padded.map(([, [begin]]) => begin);
      const ends = padded.map(([, [, end]]) => (end === 0 ? Number.MAX_SAFE_INTEGER : -end));
      return op("Slice", [dy, ints(starts), ints(ends), ints(padded.map(([axis]) => axis))]);
    }
    const rank = shape(x[0]).length;
    const pads = Array.from({ length: 2 * rank }, () => 0);
    for (const [axis, [begin, end]] of padded) {
      pads[axis] = -begin;
      pads[axis + rank] = -end;
    }
    return pad(site, dy, pads);
  }
  // Axes are folded one after another: the order does not matter, each repeats whole slices.
  return padded.reduce((value, [axis, [begin, end]]) => {
    const size = axis === 0 ? sizes(x[0])[0] : sizes(x[0], 1)[axis - 1];
    return foldAxis(site, value, axis, size ?? 0, sourcesOf(mode, size ?? 0, begin, end, fail));
  }, dy);
}

/**
 * For each place along a padded axis, the place that its elements were copied from. Negative pads crop first, and what
 * is left is repeated: so does onnxruntime; the specification leaves it open.
 */
function sourcesOf(
  mode: string,
  size: number,
  begin: number,
  end: number,
  fail: Site["fail"],
): readonly number[] {
  const cropped = Math.max(0, -begin);
  const kept = size - cropped - Math.max(0, -end);
  const modulo = (a: number, b: number): number => ((a % b) + b) % b;
  const period = Math.max(1, 2 * (kept - 1));
  const source = (place: number): number => {
    switch (mode) {
      case "edge":
        return Math.min(Math.max(place, 0), kept - 1);
      case "wrap":
        return modulo(place, kept);
      case "reflect": {
        const folded = modulo(place, period);
        return folded < kept ? folded : period - folded;
      }
      default:
        return fail(`its mode '${mode}' is not one of constant, reflect, edge, wrap.`);
    }
  };
  const padded = Math.max(0, begin);
  return Array.from({ length: padded + kept + Math.max(0, end) }, (_, i) => cropped + source(i - padded));
}

/** Neighbouring places whose sources go up, go down, or stay. */
interface Run {
  readonly from: number;
  readonly count: number;
  readonly source: number;
  readonly slope: number;
}

function runsOf(sources: readonly number[]): readonly Run[] {
  const runs: Run[] = [];
  for (let from = 0; from < sources.length; ) {
    const at = (i: number): number => sources[i] ?? Number.NaN;
    const slope = at(from + 1) - at(from);
    let count = 1;
    while (Math.abs(slope) <= 1 && at(from + count) - at(from + count - 1) === slope) count++;
    runs.push({ from, count, source: at(from), slope });
    from += count;
  }
  return runs;
}

/** Σ over the runs of their part of dy, turned round or summed as it came about, in zeros of the axis' former size. */
function foldAxis(site: Site, value: string, axis: number, size: number, sources: readonly number[]): string {
  const { op, ints, shape, y } = site;
  const rank = shape(y).length;
  const parts = runsOf(sources).map(({ from, count, source, slope }) => {
    const down = slope === -1 && count > 1;
    const [start, end, step] = down ? [from + count - 1, from - 1, -1] : [from, from + count, 1];
    // An end of -1 would be counted from the back.
    const bounds = [
      ints([start]),
      ints([end === -1 ? -sources.length - 1 : end]),
      ints([axis]),
      ints([step]),
    ];
    const part = op("Slice", [value, ...bounds]);
    const once = slope === 0 && count > 1;
    const placed = once ? op("ReduceSum", [part, ints([axis])], { keepdims: 1 }) : part;
    const low = down ? source - count + 1 : source;
    return pad(site, placed, padsOfAxis(rank, axis, low, size - low - (once ? 1 : count)));
  });
  return parts.length === 1 ? (parts[0] ?? value) : op("Sum", parts);
}
