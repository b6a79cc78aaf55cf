import type { Emitter } from "../../rule.ts";
import type { Axis, Windows } from "./window.ts";

/** Writes what a key stands for at its first use, and names it again from then on. */
type Memo = (key: string, write: () => string) => string;

export function memo(): Memo {
  const written = new Map<string, string>();
  return (key, write) => {
    const value = written.get(key) ?? write();
    written.set(key, value);
    return value;
  };
}

/**
 * Where a tap lies on one axis: window o touches place (o + shift)·stride + phase. The places of one phase are every
 * `stride`-th from it on, `length` of them, so that among them a tap is a mere shift.
 */
interface Place {
  readonly phase: number;
  readonly shift: number;
  readonly length: number;
}

export function placeOf({ size, stride, dilation, begin }: Axis, tap: number): Place {
  const at = tap * dilation - begin;
  const shift = Math.floor(at / stride);
  const phase = at - shift * stride;
  return { phase, shift, length: Math.ceil((size - phase) / stride) };
}

/** Whether every tap touches some place that is not padding: a shift by more than the map cannot be written as a Pad. */
export const canMove = ({ axes }: Windows): boolean =>
  axes.every((axis) =>
    Array.from({ length: axis.kernel }, (_, tap) => placeOf(axis, tap)).every(
      ({ shift, length }) => length > 0 && -axis.windows < shift && shift < length,
    ),
  );

/** Zeros added or, below 0, places cut off in front of and behind each axis after the first two. */
function pad({ op, ints }: Emitter, value: string, begin: readonly number[], end: readonly number[]): string {
  if ([...begin, ...end].every((each) => each === 0)) return value;
  return op("Pad", [value, ints([0, 0, ...begin, 0, 0, ...end])]);
}

/** The positions as the first axis' tap meets the places of its phase. */
export function movePositions(
  emit: Emitter,
  positions: string,
  axes: readonly Axis[],
  tap: number,
  once: Memo,
): string {
  const [first, ...others] = axes as readonly [Axis, ...Axis[]];
  const { shift, length } = placeOf(first, tap);
  const none = others.map(() => 0);
  return once(`positions ${shift} ${length}`, () =>
    pad(emit, positions, [shift, ...none], [length - first.windows - shift, ...none]),
  );
}

/** The places of the taps' phases, moved along every axis but the first, where the positions move. */
export function movePlaces(
  emit: Emitter,
  large: string,
  axes: readonly Axis[],
  taps: readonly number[],
  once: Memo,
): string {
  const { op, ints } = emit;
  const places = axes.map((axis, i) => placeOf(axis, taps[i] ?? 0));
  const strides = axes.map((axis) => axis.stride);
  const phases = places.map((place) => place.phase);
  const phase = once(`phase ${phases}`, () => {
    if (strides.every((stride) => stride === 1)) return large;
    const ends = axes.map((axis) => axis.size);
    return op("Slice", [large, ints(phases), ints(ends), ints(axes.map((_, i) => i + 2)), ints(strides)]);
  });
  const across = places.map(({ shift, length }, i) =>
    i === 0 ? [0, 0] : [-shift, (axes[i]?.windows ?? 0) - length + shift],
  );
  const begin = across.map(([front = 0]) => front);
  const end = across.map(([, behind = 0]) => behind);
  return once(`places ${phases} ${begin}`, () => pad(emit, phase, begin, end));
}
