import type { Random } from "../../src/core/random.ts";
import { float32, int64 } from "../../src/core/tensor.ts";
import { float, GraphBuilder } from "../../src/onnx/builder.ts";
import type { Model } from "../../src/onnx/graph.ts";

/** A stage: `blocks` residual units of `width` channels, each squeezed to `inner` for its 3x3 convolution. */
interface Stage {
  readonly width: number;
  readonly inner: number;
  readonly blocks: number;
}

/** Widths of a student. The first stage works at a fourth of the picture's side, each further one at half of that. */
export interface Architecture {
  /** Channels of the convolution at half of the picture's side, before the first stage. */
  readonly stem: number;
  readonly stages: readonly Stage[];
  /** Channels of the last map, to which the last stage is widened. */
  readonly features: number;
}

/** Widths are multiples of 16: the engine lays channels out in sixteens, and others cost as much as the next multiple. */
export const wide: Architecture = {
  stem: 32,
  stages: [
    { width: 32, inner: 16, blocks: 1 },
    { width: 96, inner: 48, blocks: 2 },
    { width: 256, inner: 96, blocks: 4 },
  ],
  features: 768,
};

/** What ships: the same with fewer channels inside the last stage's blocks and in the last map. */
export const narrow: Architecture = {
  ...wide,
  stages: wide.stages.map((stage, i, all) => (i === all.length - 1 ? { ...stage, inner: 80 } : stage)),
  features: 640,
};

/** What a student's values are called: the map that ends each stage, from 1 on, the last one, and its mean. */
export const stageOutput = (stage: number): string => `stage${stage}`;
export const lastMapOutput = "last";
export const meanOutput = "features";

/** What an evened picture's values have on average, and their deviation: about what photos have in [-1, 1]. */
const [usualMean, usualDeviation] = [-0.05, 0.5];

/**
 * A picture with the light taken out: its values' own mean and deviation, over all places and channels, become the usual
 * ones, so that a dim and a bright picture of one thing are alike. Flat pictures are not blown up.
 */
function evened(b: GraphBuilder, x: string): string {
  const row = b.op("Reshape", [x, b.constant(int64([0, 1, -1]))]);
  const strength = b.constant(float32([usualDeviation], [1]));
  const shift = b.constant(float32([usualMean], [1]));
  const even = b.op("InstanceNormalization", [row, strength, shift], { epsilon: float(0.01) });
  return b.op("Reshape", [even, b.op("Shape", [x])]);
}

/**
 * A student with weights drawn by He et al. (2015): `x` float32 [N, 3, side, side] in [-1, 1] to `features`
 * [N, features], the mean over the places of the last map [N, features, side / 16, side / 16].
 *
 * It evens each picture's light first, and has no normalisation layers: each residual branch begins at a fifth of its strength.
 */
export function student(
  { stem, stages, features }: Architecture,
  side: number | string,
  random: Random,
): Model {
  const b = new GraphBuilder({ opset: 18, name: "tsugiki-box" });
  let count = 0;
  const conv = (x: string, from: number, to: number, kernel: 1 | 3, strength = 1, stride = 1): string => {
    const name = `conv${count++}`;
    const fan = from * kernel ** 2;
    const spread = strength * Math.sqrt(2 / fan);
    const drawn = Float32Array.from({ length: to * fan }, () => random.normal() * spread);
    const weight = b.initializer(`${name}.weight`, float32(drawn, [to, from, kernel, kernel]));
    const bias = b.initializer(`${name}.bias`, float32(new Float32Array(to), [to]));
    const pad = (kernel - 1) / 2;
    return b.op("Conv", [x, weight, bias], {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: stride === 1 ? [pad, pad, pad, pad] : [0, 0, pad, pad],
    });
  };
  const relu = (x: string, ...outputs: readonly string[]): string =>
    b.op("Relu", [x], {}, outputs.length > 0 ? { outputs } : undefined);

  const picture = evened(b, b.input("x", "float32", ["N", 3, side, side]));
  let x = relu(conv(picture, 3, stem, 3, 1, 2));
  let channels = stem;
  for (const [i, { width, inner, blocks }] of stages.entries()) {
    x = relu(conv(x, channels, width, 3, 1, 2));
    channels = width;
    for (let j = 1; j <= blocks; j++) {
      const branch = conv(relu(conv(relu(conv(x, width, inner, 1)), inner, inner, 3)), inner, width, 1, 0.2);
      const sum = b.op("Add", [x, branch]);
      x = j === blocks ? relu(sum, stageOutput(i + 1)) : relu(sum);
    }
  }
  const last = relu(conv(x, channels, features, 1), lastMapOutput);
  const pooled = b.op("GlobalAveragePool", [last]);
  b.output(b.op("Flatten", [pooled], { axis: 1 }, { outputs: [meanOutput] }), "float32", ["N", features]);
  return b.model();
}
