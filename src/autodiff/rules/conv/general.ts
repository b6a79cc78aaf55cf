import type { AttributeValue } from "../../../onnx/attributes.ts";
import type { Emitter } from "../../rule.ts";
import type { Axis, Windows } from "./window.ts";

/** What both operators of the engine are told of a geometry. */
function attributesOf({ group, axes }: Windows): Record<string, AttributeValue> {
  const ends = axes.map((axis) => Math.max(0, axis.end));
  return {
    group,
    strides: axes.map((axis) => axis.stride),
    dilations: axes.map((axis) => axis.dilation),
    pads: [...axes.map((axis) => axis.begin), ...ends],
  };
}

/** positions[n, m, o] = Σ_{c, k} large[n, c, o·stride + k·dilation - begin]·w[m, c, k]: a Conv. */
export function gather(emit: Emitter, large: string, weight: string, windows: Windows): string {
  return emit.op("Conv", [large, weight], attributesOf(windows));
}

/** large[n, c, o·stride + k·dilation - begin] = Σ_{m, k} positions[n, m, o]·w[m, c, k]: a ConvTranspose. */
export function scatter(emit: Emitter, positions: string, weight: string, windows: Windows): string {
  return emit.op("ConvTranspose", [positions, weight], {
    ...attributesOf(windows),
    output_padding: windows.axes.map((axis) => Math.max(0, -axis.end)),
  });
}

/**
 * dw[m, c, k] = Σ_{n, o} large[n, c, o·stride + k·dilation - begin]·positions[n, m, o]: a Conv with batch and channels
 * exchanged, whose kernel are the positions; the stride spreads its taps and the dilation is its stride.
 */
export function correlate(emit: Emitter, large: string, positions: string, windows: Windows): string {
  const { op } = emit;
  const { group, axes } = windows;
  const exchange = { perm: [1, 0, ...axes.map((_, i) => i + 2)] };
  const taps = op("Conv", [channelsAsBatch(emit, large, windows), op("Transpose", [positions], exchange)], {
    group,
    strides: axes.map((axis) => axis.dilation),
    dilations: axes.map((axis) => axis.stride),
    pads: [...axes.map((axis) => axis.begin), ...axes.map((axis) => Math.max(0, axis.end))],
  });
  return op("Transpose", [kernelOnly(emit, taps, axes)], exchange);
}

/** [N, channels, ...] -> [channels / group, group·N, ...] */
function channelsAsBatch({ op, ints }: Emitter, large: string, { group, channels, axes }: Windows): string {
  if (group === 1) return op("Transpose", [large], { perm: [1, 0, ...axes.map((_, i) => i + 2)] });
  const sizes = axes.map((axis) => axis.size);
  const split = op("Reshape", [large, ints([0, group, channels / group, ...sizes])]);
  const turned = op("Transpose", [split], { perm: [2, 1, 0, ...axes.map((_, i) => i + 3)] });
  return op("Reshape", [turned, ints([channels / group, -1, ...sizes])]);
}

/** Places at the end that lie under no window leave room for more taps than there are: these are cut off. */
function kernelOnly({ op, ints }: Emitter, taps: string, axes: readonly Axis[]): string {
  const longer = axes.flatMap(({ end, dilation, kernel }, i) =>
    -end >= dilation ? [{ kernel, axis: i + 2 }] : [],
  );
  if (longer.length === 0) return taps;
  const ends = ints(longer.map(({ kernel }) => kernel));
  return op("Slice", [taps, ints(longer.map(() => 0)), ends, ints(longer.map(({ axis }) => axis))]);
}
