import { intAttr, intsAttr, stringAttr } from "../../../onnx/attributes.ts";
import type { Site } from "../../rule.ts";

/**
 * How a kernel lies on one spatial axis: tap k of window o touches place o·stride + k·dilation - begin of the large
 * side. Conv reads the large side and writes one position a window, ConvTranspose the other way round.
 */
export interface Axis {
  /** Size of the large side: Conv's input, ConvTranspose's output. */
  readonly size: number;
  /** Number of windows: the size of Conv's output, of ConvTranspose's input. */
  readonly windows: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Padding in front of the large side. */
  readonly begin: number;
  /** Padding behind it; below 0 where its last places lie under no window. */
  readonly end: number;
}

/** A convolution of either direction: weight [filters, channels / group, kernel...]. */
export interface Windows {
  readonly group: number;
  /** Channels of the large side. */
  readonly channels: number;
  /** Channels of the positions. */
  readonly filters: number;
  readonly axes: readonly Axis[];
}

export const sizesOf = ({ axes }: Windows): readonly number[] => axes.map((axis) => axis.size);
export const windowsOf = ({ axes }: Windows): readonly number[] => axes.map((axis) => axis.windows);
export const kernelOf = ({ axes }: Windows): readonly number[] => axes.map((axis) => axis.kernel);

/** What a geometry is read from: a rule's site, or a node and the sizes of its values. */
export interface Sized extends Pick<Site, "node" | "y" | "sizes"> {
  /** The data, then the weight. */
  readonly x: readonly [string, string, ...string[]];
}

/** The windows of a Conv. Throws GradientError where its spatial sizes are not known. */
export function convWindows(site: Sized): Windows {
  const [channels = 0, ...sizes] = site.sizes(site.x[0], 1);
  const [filters = 0, ...windows] = site.sizes(site.y, 1);
  return measured(site, { channels, sizes, filters, windows }, (axis, autoPad) => {
    // Padding for ceil(size / stride) windows; an odd one goes behind with SAME_UPPER, in front with SAME_LOWER.
    const total = Math.max(0, extentOf(axis) - axis.size);
    return autoPad === "SAME_UPPER" ? Math.floor(total / 2) : Math.ceil(total / 2);
  });
}

/** The windows of a ConvTranspose. Throws GradientError where its spatial sizes are not known. */
export function convTransposeWindows(site: Sized): Windows {
  const [filters = 0, ...windows] = site.sizes(site.x[0], 1);
  const [channels = 0, ...sizes] = site.sizes(site.y, 1);
  const more = intsAttr(site.node, "output_padding", []);
  return measured(site, { channels, sizes, filters, windows }, (axis, autoPad, i) => {
    // The engine cuts what is too much for the asked size: the odd one behind with SAME_UPPER, else in front.
    const total = Math.max(0, extentOf(axis) + (more[i] ?? 0) - axis.size);
    return autoPad === "SAME_UPPER" ? Math.floor(total / 2) : Math.ceil(total / 2);
  });
}

/** From the first tap of the first window to the last tap of the last. */
function extentOf({ windows, kernel, stride, dilation }: Omit<Axis, "begin" | "end">): number {
  return (windows - 1) * stride + (kernel - 1) * dilation + 1;
}

type Same = (axis: Omit<Axis, "begin" | "end">, autoPad: string, i: number) => number;

function measured(
  site: Sized,
  sides: Omit<Windows, "group" | "axes"> & {
    readonly sizes: readonly number[];
    readonly windows: readonly number[];
  },
  same: Same,
): Windows {
  const { node } = site;
  const { channels, filters, sizes, windows } = sides;
  const kernels = site.sizes(site.x[1], 2);
  const strides = intsAttr(node, "strides", []);
  const dilations = intsAttr(node, "dilations", []);
  const pads = intsAttr(node, "pads", []);
  const autoPad = stringAttr(node, "auto_pad", "NOTSET");
  const computed = autoPad.startsWith("SAME") || intsAttr(node, "output_shape") !== undefined;
  const axes = sizes.map((size, i): Axis => {
    const axis = {
      size,
      windows: windows[i] ?? 1,
      kernel: kernels[i] ?? 1,
      stride: strides[i] ?? 1,
      dilation: dilations[i] ?? 1,
    };
    const given = autoPad === "VALID" ? 0 : (pads[i] ?? 0);
    const begin = computed ? same(axis, autoPad, i) : given;
    return { ...axis, begin, end: extentOf(axis) - begin - size };
  });
  return { group: intAttr(node, "group", 1), channels, filters, axes };
}
