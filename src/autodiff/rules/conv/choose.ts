import { sizeOf } from "../../../core/tensor.ts";
import type { Emitter } from "../../rule.ts";
import { correlateByMatrix, correlateByRows, hasRows, scatterByMatrix } from "./depthwise.ts";
import { scatterByFlip } from "./flip.ts";
import { correlate } from "./general.ts";
import { canMove } from "./move.ts";
import { correlateByShifts, correlateByTaps } from "./taps.ts";
import { kernelOf, sizesOf, type Windows, windowsOf } from "./window.ts";

// Each choice was measured on the layers of ResNet-18 and MobileNet v2: docs/AUTODIFF.md holds the table.

/** One kernel a channel, and one output. */
const isDepthwise = ({ group, channels, filters }: Windows): boolean =>
  channels === group && filters === group;

/** Entries of a channel's matrix, places by windows, up to which it beats sliding: a 10x10 map to a 10x10 map. */
const mostEntries = 10_000;

const isSmall = (windows: Windows): boolean =>
  sizeOf(sizesOf(windows)) * sizeOf(windowsOf(windows)) <= mostEntries;

/** Width from which shifted products beat whole rows, whose products hold every pair of columns. */
const wide = 32;

/** Input channels up to which the engine's own Conv finds a weight gradient fastest: pictures. */
const fewChannels = 4;

/** The gradient by the large side, in the formulation that is fastest for its form. */
export function scattered(emit: Emitter, positions: string, weight: string, windows: Windows): string {
  const form = isDepthwise(windows) && isSmall(windows) ? scatterByMatrix : scatterByFlip;
  return form(emit, positions, weight, windows);
}

/** The gradient by the weight, in the formulation that is fastest for its form. */
export function correlated(emit: Emitter, large: string, positions: string, windows: Windows): string {
  const form = isDepthwise(windows) ? depthwiseForm(windows) : denseForm(windows);
  return form(emit, large, positions, windows);
}

function depthwiseForm(windows: Windows): typeof correlate {
  const { axes } = windows;
  if (isSmall(windows)) return correlateByMatrix;
  const sliding = canMove(windows) && axes.every((axis) => axis.stride === 1);
  if (sliding && (axes.length !== 2 || (axes[1]?.size ?? 0) >= wide)) return correlateByShifts;
  return hasRows(windows) ? correlateByRows : correlate;
}

function denseForm(windows: Windows): typeof correlate {
  const pictures = windows.channels <= fewChannels && sizeOf(kernelOf(windows)) > 1;
  return canMove(windows) && !pictures ? correlateByTaps : correlate;
}
