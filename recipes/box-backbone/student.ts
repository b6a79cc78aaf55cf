import type { Random } from "../../src/core/random.ts";
import { float32 } from "../../src/core/tensor.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import type { Model } from "../../src/onnx/graph.ts";

/** A stage: `blocks` residual units of `width` channels, each squeezed to `inner` for its 3x3 convolution. */
interface Stage {
  readonly width: number;
  readonly inner: number;
  readonly blocks: number;
}

/** Widths of a student. The first stage works at a fourth of the picture's side, each further one at half of that. */
export interface Architecture {
  readonly stages: readonly Stage[];
  /** Channels of the last map, to which the last stage is widened. */
  readonly features: number;
}

export const architecture: Architecture = {
  stages: [
    { width: 32, inner: 16, blocks: 2 },
    { width: 96, inner: 48, blocks: 3 },
    { width: 224, inner: 80, blocks: 4 },
    { width: 352, inner: 112, blocks: 2 },
  ],
  features: 512,
};

/** The stage whose places are 16 pixels apart, as the teacher's are at twice the side. */
export const mapStage = 3;

/** What a student's values are called: the map that ends each stage, from 1 on, the last one, and its mean. */
export const stageOutput = (stage: number): string => `stage${stage}`;
export const lastMapOutput = "last";
export const meanOutput = "features";

/**
 * A student with weights drawn by He et al. (2015): `x` float32 [N, 3, side, side] in [-1, 1] to `features`
 * [N, features], the mean over the places of the last map [N, features, side / 32, side / 32].
 *
 * It has no normalisation layers: each residual branch begins at a fifth of its strength. Sides are halved by moving
 * 2 x 2 places into the channels, which costs no windows forward or backward: on two cores an update takes a third less
 * time than with strided 3x3 convolutions.
 */
export function student({ stages, features }: Architecture, side: number | string, random: Random): Model {
  const b = new GraphBuilder({ opset: 18, name: "tsugiki-box" });
  let count = 0;
  const conv = (x: string, from: number, to: number, kernel: 1 | 3, strength = 1): string => {
    const name = `conv${count++}`;
    const fan = from * kernel ** 2;
    const spread = strength * Math.sqrt(2 / fan);
    const drawn = Float32Array.from({ length: to * fan }, () => random.normal() * spread);
    const weight = b.initializer(`${name}.weight`, float32(drawn, [to, from, kernel, kernel]));
    const bias = b.initializer(`${name}.bias`, float32(new Float32Array(to), [to]));
    const pad = (kernel - 1) / 2;
    return b.op("Conv", [x, weight, bias], { kernel_shape: [kernel, kernel], pads: [pad, pad, pad, pad] });
  };
  const relu = (x: string, ...outputs: readonly string[]): string =>
    b.op("Relu", [x], {}, outputs.length > 0 ? { outputs } : undefined);
  const folded = (x: string, by: number): string => b.op("SpaceToDepth", [x], { blocksize: by });

  let x = b.input("x", "float32", ["N", 3, side, side]);
  let channels = 3;
  for (const [i, { width, inner, blocks }] of stages.entries()) {
    const by = i === 0 ? 4 : 2;
    x = relu(conv(folded(x, by), channels * by ** 2, width, 1));
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
