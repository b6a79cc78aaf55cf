import type { Shape } from "../../onnx/graph.ts";
import type { Site } from "../rule.ts";

/** Axes are counted from the front: -1 is the last of `rank`. */
export const fromFront = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/**
 * A target for Reshape as a constant: -1 stands for the one size that is not known. Undefined where more are unknown. A
 * constant keeps no tensor alive until the backward pass, as a Shape node of it would.
 */
export function constantTarget({ ints }: Site, shape: Shape): string | undefined {
  const sizes = shape.map((dim) => (typeof dim === "number" ? dim : -1));
  const unknown = sizes.filter((size) => size === -1).length;
  // A size of 0 would be read as "copy".
  return unknown > 1 || sizes.includes(0) ? undefined : ints(sizes);
}

/** A value laid out in the shape of another. */
export function reshapeLike(site: Site, value: string, other: string): string {
  const { op, shape } = site;
  return op("Reshape", [value, constantTarget(site, shape(other)) ?? op("Shape", [other])]);
}

/** Zeros in the shape of a value. */
export const zerosLike = ({ op }: Site, value: string): string =>
  op("ConstantOfShape", [op("Shape", [value])]);

/** The size of one axis as an int64 vector of length 1, read at run time. */
export const sizeOfAxis = ({ op, ints }: Site, value: string, axis: number): string =>
  op("Slice", [op("Shape", [value]), ints([axis]), ints([axis + 1])]);

/** 0, 1, ... below `end`, an int64 vector; `end` is a scalar. */
export const rangeTo = ({ op, ints }: Site, end: string): string => {
  const scalar = (value: number): string => op("Squeeze", [ints([value])]);
  return op("Range", [scalar(0), end, scalar(1)]);
};

/** Zeros around a value: the begins of all axes, then the ends; a negative pad crops. */
export function pad({ op, ints }: Site, value: string, pads: readonly number[]): string {
  return pads.every((each) => each === 0) ? value : op("Pad", [value, ints(pads)]);
}

/** `pads` of a tensor of this rank that is padded along one axis. */
export function padsOfAxis(rank: number, axis: number, begin: number, end: number): readonly number[] {
  const none = Array.from({ length: 2 * rank }, () => 0);
  return none.with(axis, begin).with(axis + rank, end);
}
