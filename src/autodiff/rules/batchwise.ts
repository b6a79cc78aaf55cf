import { float, floatAttr, intAttr } from "../../onnx/attributes.ts";
import type { Gradient, Site } from "../rule.ts";
import { axesFrom, byChannel } from "./normalised.ts";
import { once } from "./once.ts";
import { reduceOver } from "./reduced.ts";

/** Whether a BatchNormalization normalises by the batch's own statistics: an attribute says so since opset 14. */
export function isTrainingForm({ node, opset }: Site): boolean {
  return opset < 14 ? node.outputs.length > 1 : intAttr(node, "training_mode", 0) === 1;
}

/**
 * BatchNormalization in training form, over the n numbers of a channel: y = (x - mean)·r·scale + bias, r = 1 / √(var + ε)
 *   =>  dbias = Σ dy, dscale = r·Σ dy·(x - mean),
 *       dx = f·dy - (k·(x - mean) + c), f = scale·r, k = f·r·dscale / n, c = f·dbias / n   (Ioffe and Szegedy 2015)
 * Its second and third output are the batch's mean and variance where momentum is 0, as normaliseByBatch has it.
 */
export function batchwise(site: Site): readonly Gradient[] {
  const { node, op, floats, x: inputs, dy, shape, sizes, output, fail } = site;
  const [x, scale] = inputs;
  if (floatAttr(node, "momentum", 0.9) !== 0)
    fail("it is in training form, which normaliseByBatch prepares.");
  const rank = shape(x).length;
  const epsilon = Math.fround(floatAttr(node, "epsilon", 1e-5));
  const centred = once(() => op("Sub", [x, byChannel(site, output(1), rank)]));
  const deviation = once(() => op("Sqrt", [op("Add", [output(2), epsilon])]));
  const dbias = once(() => sumByChannel(site, dy));
  const dscale = once(() => op("Div", [sumByChannel(site, op("Mul", [dy, centred()])), deviation()]));
  return [
    {
      emit: () => {
        const size = (value: string): string => op("Cast", [op("Size", [value])], { to: 1 });
        const f = op("Div", [scale, deviation()]);
        const share = op("Div", [f, op("Div", [size(x), size(scale)])]);
        const k = op("Div", [op("Mul", [share, dscale()]), deviation()]);
        const c = op("Mul", [share, dbias()]);
        return op("Sub", [op("Mul", [dy, byChannel(site, f, rank)]), affine(centred(), k, c)]);
      },
    },
    { emit: dscale },
    { emit: dbias },
  ];

  /** value·k + c by channel in one pass: the engine's own BatchNormalization, with nothing to normalise. */
  function affine(value: string, k: string, c: string): string {
    const [channels = 0] = sizes(scale);
    const all = (number: number): string => floats(Array<number>(channels).fill(number));
    return op("BatchNormalization", [value, k, c, all(0), all(1)], { epsilon: float(0) });
  }
}

/** [N, C, ...] to [C]; in two steps, as the engine sums trailing axes twice as fast as axes around another. */
export function sumByChannel(site: Site, value: string): string {
  const spatial = axesFrom(2, site.shape(site.x[0]).length);
  const planes = spatial.length === 0 ? value : reduceOver(site, "ReduceSum", value, spatial, 0);
  return reduceOver(site, "ReduceSum", planes, [0], 0);
}
