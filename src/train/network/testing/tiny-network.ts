import { derived, type Random, random } from "../../../core/random.ts";
import { float32, sizeOf } from "../../../core/tensor.ts";
import { GraphBuilder } from "../../../onnx/builder.ts";
import { writeModel } from "../../../onnx/write.ts";
import { nodeRuntime } from "../../../runtime/node.ts";
import { initialWeights } from "../../../surgery/head-graph.ts";
import { normalisations } from "../../../surgery/preprocess.ts";
import { targetOpset } from "../../../surgery/upgrade.ts";
import type { Backbone } from "../../backbone.ts";
import type { Batch, Inputs } from "../inputs.ts";
import type { NetworkSettings } from "../stage.ts";
import type { NetworkParts } from "../train-network.ts";

/**
 * Two convolutions with seeded weights over grey pictures of 6 x 6, and the mean of their six maps; `normalised` puts a
 * BatchNormalization between the two.
 */
export function tinyBackbone(seed: number, { normalised = false } = {}): Backbone {
  const draw = random(seed);
  const b = new GraphBuilder({ opset: targetOpset, name: "tiny" });
  const weight = (name: string, shape: readonly number[], scale: number): string =>
    b.initializer(
      name,
      float32(
        Float32Array.from({ length: sizeOf(shape) }, () => scale * draw.normal()),
        shape,
      ),
    );
  const x = b.input("x", "float32", ["N", 1, 6, 6]);
  const convolution = (input: string, [from, to]: readonly [number, number], name: string): string => {
    const inputs = [
      input,
      weight(`${name}.weight`, [to, from, 3, 3], 0.5),
      weight(`${name}.bias`, [to], 0.1),
    ];
    return b.op("Relu", [b.op("Conv", inputs, { pads: [1, 1, 1, 1] }, { name })]);
  };
  const norm = (input: string): string => {
    const constant = (name: string, value: number): string =>
      b.initializer(`norm.${name}`, float32(new Float32Array(4).fill(value)));
    const statistics = [constant("scale", 1), constant("bias", 0), constant("mean", 0), constant("var", 1)];
    return b.op("BatchNormalization", [input, ...statistics], {}, { name: "norm" });
  };
  const first = convolution(x, [1, 4], "first");
  const maps = convolution(normalised ? norm(first) : first, [4, 6], "second");
  b.op("Flatten", [b.op("GlobalAveragePool", [maps])], {}, { outputs: ["features"] });
  b.output("features", "float32", ["N", 6]);
  const model = b.model();
  return {
    name: "tiny",
    model,
    bytes: writeModel(model),
    input: x,
    output: "features",
    width: 6,
    cut: "features",
    preprocess: { ...normalisations.unit, size: 6, fit: "cover", layout: "nchw" },
    licence: undefined,
  };
}

const classes = 3;

/** Stripes that lie, stripes that stand, or a spot, at a place and on a ground that are drawn. */
function picture(label: number, draw: Random): Float32Array {
  const [place, ground] = [draw.int(4), draw.next()];
  return Float32Array.from({ length: 36 }, (_, i) => {
    const [x, y] = [i % 6, Math.floor(i / 6)];
    const spot = Math.abs(x - 1 - place) <= 1 && Math.abs(y - 1 - place) <= 1;
    const lit = [(y + place) % 2, (x + place) % 2, Number(spot)][label] ?? 0;
    return lit + 0.3 * ground + 0.1 * draw.normal();
  });
}

export interface TinyData {
  readonly training: number;
  readonly validation: number;
  readonly seed: number;
}

/** Drawn pictures, in noise that is drawn anew each epoch. `onClose` hears of the end. */
export function tinyInputs({ training, validation, seed }: TinyData, onClose: () => void = () => {}): Inputs {
  const batchOf = (indices: readonly number[], noise: (index: number) => Random | undefined): Batch => {
    const input = new Float32Array(indices.length * 36);
    const targets = new Float32Array(indices.length * classes);
    for (const [row, index] of indices.entries()) {
      const grain = noise(index);
      const pixels = picture(index % classes, derived(seed, index));
      input.set(grain ? pixels.map((value) => value + 0.2 * grain.normal()) : pixels, row * 36);
      targets[row * classes + (index % classes)] = 1;
    }
    return {
      rows: indices.length,
      input: float32(input, [indices.length, 1, 6, 6]),
      targets: float32(targets, [indices.length, classes]),
    };
  };
  return {
    name: "x",
    training,
    validation,
    async batch(indices, epoch) {
      return batchOf([...indices], (index) => derived(seed, index, epoch));
    },
    async *validate() {
      if (validation === 0) return;
      yield batchOf(
        Array.from({ length: validation }, (_, i) => training + i),
        () => undefined,
      );
    },
    async close() {
      onClose();
    },
  };
}

export const tinySettings: NetworkSettings = {
  stages: [{ unfreeze: { kind: "all" }, epochs: 3, views: 0 }],
  optimizer: "adamw",
  learningRate: 0.02,
  depthDecay: 1,
  weightDecay: 0.01,
  schedule: "cosine",
  warmup: 0.1,
  batchSize: 8,
  patience: 9,
  labelSmoothing: 0,
  classWeights: undefined,
  clipNorm: undefined,
  averageDecay: undefined,
  batchStatistics: false,
  seed: 5,
};

/** All that training the tiny network takes, on the real engine; `data` stands in for pictures and nothing else. */
export function tinyParts(data: TinyData, parts: Partial<NetworkParts> = {}): NetworkParts {
  const { spec = [] } = parts;
  const backbone = tinyBackbone(data.seed);
  return {
    backbone,
    spec,
    classes,
    pictures: data.training,
    mixes: false,
    varies: true,
    head: initialWeights(spec, { width: backbone.width, classes }, random(data.seed)),
    runtime: nodeRuntime(),
    async *openInputs() {
      yield { type: "views", done: 0, total: 0 };
      return tinyInputs(data);
    },
    ...parts,
  };
}
