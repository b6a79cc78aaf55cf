import { intAttr, intsAttr, stringAttr } from "../../onnx/attributes.ts";
import { channelsLast, naturalOrder, type Operand, storedShape } from "./operand.ts";
import { picked } from "./picked.ts";
import type { Rule, Site } from "./site.ts";
import { mapOf } from "./windows.ts";

/** One axis of a map, resized. */
interface Axis {
  readonly before: number;
  readonly after: number;
  /** ONNX computes with the stated scale, also where it does not lead to the new size exactly. */
  readonly scale: number;
}

/** Where an output position looks, by the names that ONNX gives the ways. */
const ways: Readonly<Record<string, (at: number, axis: Axis) => number>> = {
  half_pixel: (at, { scale }) => (at + 0.5) / scale - 0.5,
  pytorch_half_pixel: (at, { scale, after }) => (after > 1 ? (at + 0.5) / scale - 0.5 : 0),
  asymmetric: (at, { scale }) => at / scale,
  align_corners: (at, { before, after }) => (after > 1 ? (at * (before - 1)) / (after - 1) : 0),
};

const roundings: Readonly<Record<string, (at: number) => number>> = {
  round_prefer_floor: (at) => Math.ceil(at - 0.5),
  round_prefer_ceil: (at) => Math.floor(at + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

interface Variant {
  readonly halfPixelCenters: boolean;
  readonly alignCorners: boolean;
  readonly linear: (at: number, axis: Axis) => number;
  readonly nearest: (at: number, axis: Axis) => number;
}

/** TensorFlow's three ways, which know only the sizes. */
const variants: readonly Variant[] = [
  {
    halfPixelCenters: true,
    alignCorners: false,
    linear: (at, { before, after }) => ((at + 0.5) * before) / after - 0.5,
    nearest: (at, { before, after }) => Math.floor(((at + 0.5) * before) / after),
  },
  {
    halfPixelCenters: false,
    alignCorners: false,
    linear: (at, { before, after }) => (at * before) / after,
    nearest: (at, { before, after }) => Math.floor((at * before) / after),
  },
  {
    halfPixelCenters: false,
    alignCorners: true,
    linear: (at, { before, after }) => (after > 1 ? (at * (before - 1)) / (after - 1) : 0),
    nearest: (at, { before, after }) => (after > 1 ? Math.round((at * (before - 1)) / (after - 1)) : 0),
  },
];

function places(axis: Axis, place: (at: number, axis: Axis) => number): number[] {
  return naturalOrder(axis.after).map((at) => Math.min(Math.max(place(at, axis), 0), axis.before - 1));
}

const close = (a: readonly number[], b: readonly number[]): boolean =>
  a.every((value, i) => Math.abs(value - b[i]!) < 1e-4);

/** The variant of TensorFlow that looks at the same places is found by comparing them all. */
const Resize: Rule = (site) => {
  const { node, x0, shape } = site;
  mapOf(site);
  const mode = stringAttr(node, "mode", "nearest");
  const way = stringAttr(node, "coordinate_transformation_mode", "half_pixel");
  const coordinate = ways[way];
  const rounding = roundings[stringAttr(node, "nearest_mode", "round_prefer_floor")];
  if (mode === "cubic" || coordinate === undefined || rounding === undefined)
    return site.fail(`it resizes by ${mode} with ${way}`);
  const all = axesOf(site);
  if (all.slice(0, 2).some(({ before, after }) => before !== after))
    site.fail("it resizes more than the map");
  const axes = all.slice(2);
  const nearest = mode === "nearest";
  if (intAttr(node, "antialias", 0) !== 0 && !nearest && axes.some(({ scale }) => scale < 1))
    site.fail("it is antialiased");
  const wanted = axes.map((axis) =>
    places(axis, nearest ? (at) => rounding(coordinate(at, axis)) : coordinate),
  );
  const variant = variants.find((one) =>
    axes.every((axis, i) => close(places(axis, nearest ? one.nearest : one.linear), wanted[i]!)),
  );
  if (variant === undefined) {
    if (!nearest) site.fail(`it interpolates with ${way} and a scale that does not give the size`);
    return wanted.reduce<Operand>((x, indices, i) => picked(site, x, i + 2, indices), x0);
  }
  const { halfPixelCenters, alignCorners } = variant;
  const result = { order: channelsLast, shape };
  const name = site.e.step(
    {
      op: nearest ? "resizeNearest" : "resizeLinear",
      input: site.e.ordered(x0, channelsLast),
      size: [shape[2]!, shape[3]!],
      halfPixelCenters,
      alignCorners,
    },
    storedShape(result),
  );
  return { kind: "stored", name, ...result };
};

function axesOf(site: Site): Axis[] {
  const { node, x0, shape } = site;
  const stated = intsAttr(node, "axes", naturalOrder(4)).map((axis) => site.axis(axis));
  const scales = site.numbers(2) ?? [];
  return x0.shape.map((before, axis) => {
    const after = shape[axis]!;
    return { before, after, scale: scales[stated.indexOf(axis)] ?? after / before };
  });
}

export const resizing: Readonly<Record<string, Rule>> = { Resize };
