import type { Site } from "../../rule.ts";
import { constantTarget, fromFront, pad, rangeTo, reshapeLike } from "../layout.ts";

/** What is taken of one axis: `count` elements from `low` on, `stride` apart, front to back or `reversed`. */
interface Taken {
  readonly axis: number;
  readonly size: number;
  readonly low: number;
  readonly stride: number;
  readonly count: number;
  readonly reversed: boolean;
}

interface Constants {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly axes: readonly number[];
  readonly steps: readonly number[];
}

/**
 * The gradient of a Slice: dy back at its places in zeros of x's shape. With constant bounds and known sizes by Pad; with
 * steps of 1 from constant starts by Pad as far as the shapes then say; else by scattering to the places themselves.
 */
export function sliceBack(site: Site): string {
  const constants = constantsOf(site);
  if (constants === undefined) return scattered(site);
  return placed(site, constants) ?? paddedAtRunTime(site, constants) ?? scattered(site);
}

function constantsOf({ x, shape, constant }: Site): Constants | undefined {
  const [data, startsName, endsName, axesName, stepsName] = x;
  const [starts, ends] = [constant(startsName), constant(endsName)];
  if (starts === undefined) return undefined;
  const axes = axesName === "" ? [...starts.keys()] : constant(axesName);
  const steps = stepsName === "" ? starts.map(() => 1) : constant(stepsName);
  if (axes === undefined || steps === undefined) return undefined;
  const rank = shape(data).length;
  return { starts, ends: ends ?? [], axes: axes.map((axis) => fromFront(axis, rank)), steps };
}

/** Python's rules for slices. */
function takenOf(size: number, axis: number, start: number, end: number, step: number): Taken {
  const clamp = (value: number, least: number, most: number) => Math.min(Math.max(value, least), most);
  const [least, most] = step > 0 ? [0, size] : [-1, size - 1];
  const first = clamp(fromFront(start, size), Math.max(least, 0), most);
  const last = clamp(fromFront(end, size), least, most);
  const count = Math.max(0, Math.ceil((last - first) / step));
  const low = step > 0 || count === 0 ? Math.max(first, 0) : first + (count - 1) * step;
  return { axis, size, low, stride: Math.abs(step), count, reversed: step < 0 };
}

function placed(site: Site, { starts, ends, axes, steps }: Constants): string | undefined {
  const { op, ints, x, y, dy, shape } = site;
  const taken: Taken[] = [];
  for (const [i, axis] of axes.entries()) {
    const [size, start, end, step] = [shape(x[0])[axis], starts[i], ends[i], steps[i]];
    if (typeof size !== "number" || start === undefined || end === undefined || step === undefined)
      return undefined;
    taken.push(takenOf(size, axis, start, end, step));
  }
  const strided = taken.filter(({ stride, count }) => stride > 1 && count > 1);
  const spread = strided.length === 0 ? (value: string) => value : spreading(site, strided);
  if (spread === undefined) return undefined;

  const back = taken.filter(({ reversed, count }) => reversed && count > 1);
  const forward =
    back.length === 0
      ? dy
      : op("Slice", [
          dy,
          ints(back.map(() => -1)),
          ints(back.map(({ count }) => -count - 1)),
          ints(back.map(({ axis }) => axis)),
          ints(back.map(() => -1)),
        ]);
  const rank = shape(y).length;
  const pads = Array.from({ length: 2 * rank }, () => 0);
  for (const each of taken) {
    const width = strided.includes(each) ? each.count * each.stride : each.count;
    pads[each.axis] = each.low;
    // Negative where the zeros behind the last element reach over the end.
    pads[each.axis + rank] = each.size - each.low - width;
  }
  return pad(site, spread(forward), pads);
}

/** Puts stride - 1 zeros behind each element: [.., n, ..] -> [.., n, 1, ..] -> [.., n, stride, ..] -> [.., n·stride, ..] */
function spreading(site: Site, strided: readonly Taken[]): ((value: string) => string) | undefined {
  const { op, ints, y, shape } = site;
  const inner = strided.map(({ axis }) => axis).toSorted((a, b) => a - b);
  const strides = new Map(strided.map(({ axis, stride }) => [axis, stride]));
  const target = shape(y).map((dim, axis) =>
    typeof dim === "number" ? dim * (strides.get(axis) ?? 1) : dim,
  );
  const merged = constantTarget(site, target);
  if (merged === undefined) return undefined;
  const places = inner.map((axis, i) => axis + i + 1);
  const rank = shape(y).length + inner.length;
  const pads = Array.from({ length: 2 * rank }, () => 0);
  for (const [i, axis] of inner.entries()) pads[(places[i] ?? 0) + rank] = (strides.get(axis) ?? 1) - 1;
  return (value) => op("Reshape", [pad(site, op("Unsqueeze", [value, ints(places)]), pads), merged]);
}

/** begins = starts, ends = size(x) - starts - size(y): the sizes are read when the graph runs. */
function paddedAtRunTime({ op, ints, x, dy, y, shape }: Site, constants: Constants): string | undefined {
  const { starts, axes, steps } = constants;
  if (steps.some((step) => step !== 1) || starts.some((start) => start < 0)) return undefined;
  const begins = Array.from(shape(x[0]), () => 0);
  for (const [i, axis] of axes.entries()) begins[axis] = starts[i] ?? 0;
  const rest = op("Sub", [op("Shape", [x[0]]), op("Shape", [y])]);
  const ends = begins.every((begin) => begin === 0) ? rest : op("Sub", [rest, ints(begins)]);
  return op("Pad", [dy, op("Concat", [ints(begins), ends], { axis: 0 })]);
}

/** The number of each element of x is sliced as x was: that is where dy belongs. */
function scattered(site: Site): string {
  const { node, op, ints, x, dy } = site;
  const size = op("Size", [x[0]]);
  const numbers = op("Reshape", [rangeTo(site, size), op("Shape", [x[0]])]);
  const places = op("Slice", [numbers, ...node.inputs.slice(1)]);
  const flat = (value: string): string => op("Reshape", [value, ints([-1])]);
  const zeros = op("ConstantOfShape", [flat(size)]);
  return reshapeLike(site, op("ScatterElements", [zeros, flat(places), flat(dy)]), x[0]);
}
