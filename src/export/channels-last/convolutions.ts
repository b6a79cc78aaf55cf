import { float32, type Tensor } from "../../core/tensor.ts";
import { intAttr } from "../../onnx/attributes.ts";
import { reshaped, sliced, transposed } from "./constants.ts";
import { channelsLast, type Operand, storedShape } from "./operand.ts";
import type { Rule, Site } from "./site.ts";
import { everyNth, mapOf, type Pair, type Sliding, slidingOf, withMargin } from "./windows.ts";

interface Weights {
  /** [out, in / group, height, width], as ONNX has them. */
  readonly filter: Tensor;
  readonly bias: Tensor;
}

/** Y = X * W + B, in groups of channels */
const Conv: Rule = (site) => {
  const [, channels = 0] = mapOf(site);
  const filter = site.weight(1);
  const [out = 0, , height = 1, width = 1] = filter.shape;
  const bias = site.has(2) ? site.weight(2) : float32(new Float32Array(out));
  const group = intAttr(site.node, "group", 1);
  const sliding = slidingOf(site, [height, width]);
  const x = sliding.padding ? site.x() : withMargin(site, sliding, 0);
  if (group === 1) return convolved(site, sliding, x, { filter, bias }, false);
  if (group === channels) return convolved(site, sliding, x, { filter, bias }, true);
  // TensorFlow Lite has no steps for groups between one and all of the channels.
  const [from, to] = [channels / group, out / group];
  const parts = Array.from({ length: group }, (_, i) => {
    const own = {
      filter: sliced(filter, [i * to, 0, 0, 0], filter.shape.with(0, to)),
      bias: sliced(bias, [i * to], [to]),
    };
    return convolved(site, sliding, site.e.part(x, 1, i * from, from), own, from === 1);
  });
  return site.e.concat(parts, 1);
};

/** One step, or two where it strides and dilates at once, which TensorFlow.js does not: every place, then some of them. */
function convolved(
  site: Site,
  { strides, dilations, padding = "valid", ...sliding }: Sliding,
  x: Operand,
  { filter, bias }: Weights,
  depthwise: boolean,
): Operand {
  const { e } = site;
  const [out = 0] = filter.shape;
  const apart = strides.some((step) => step > 1) && dilations.some((step) => step > 1);
  if (apart && padding === "same") {
    const whole = { ...sliding, strides, dilations, padding: undefined };
    return convolved(site, whole, withMargin(site, whole, 0, x), { filter, bias }, depthwise);
  }
  const [rows = 0, columns = 0] = x.shape.slice(2);
  const sizes: Pair = apart
    ? [
        extentLeft(rows, sliding.kernel[0], dilations[0]),
        extentLeft(columns, sliding.kernel[1], dilations[1]),
      ]
    : [site.shape[2]!, site.shape[3]!];
  const shape = [1, out, ...sizes];
  const common = {
    input: e.ordered(x, channelsLast),
    bias: e.constant(bias, `${e.hint}_bias`),
    strides: apart ? ([1, 1] as const) : strides,
    dilations,
    padding,
    activation: "none" as const,
  };
  const name = `${e.hint}_filter`;
  const result = { order: channelsLast, shape };
  const made = depthwise
    ? e.step(
        {
          op: "depthwiseConv2d",
          filter: e.constant(depthwiseFilter(filter), name),
          multiplier: out / x.shape[1]!,
          ...common,
        },
        storedShape(result),
      )
    : e.step(
        { op: "conv2d", filter: e.constant(transposed(filter, channelsLast), name), ...common },
        storedShape(result),
      );
  const everywhere: Operand = { kind: "stored", name: made, ...result };
  return apart ? everyNth(site, everywhere, strides, site.shape) : everywhere;
}

function extentLeft(size: number, kernel: number, dilation: number): number {
  return size - dilation * (kernel - 1);
}

/** [out, 1, height, width] -> [1, height, width, out] */
function depthwiseFilter(filter: Tensor): Tensor {
  const [out = 0, , height = 0, width = 0] = filter.shape;
  return reshaped(transposed(filter, [1, 2, 3, 0]), [1, height, width, out]);
}

export const convolutions: Readonly<Record<string, Rule>> = { Conv };
