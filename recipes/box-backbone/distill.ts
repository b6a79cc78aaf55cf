import { oneHot, softmaxCrossEntropy } from "../../src/autodiff/losses.ts";
import type { Random } from "../../src/core/random.ts";
import { float32, scalar, type Tensor } from "../../src/core/tensor.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import type { Model } from "../../src/onnx/graph.ts";
import { adam } from "../../src/optim/adam.ts";
import { join } from "../../src/surgery/join.ts";
import { type StepGraph, stepGraph } from "../../src/train/step-graph.ts";
import { type Architecture, featuresOutput, mapOutput, student } from "./student.ts";
import { featureCount, mapChannels } from "./teacher.ts";

/** Mean and deviation of the teacher's channels. */
export interface Standards {
  readonly features: Spread;
  readonly map: Spread;
}
interface Spread {
  readonly mean: Float32Array;
  readonly std: Float32Array;
}

export interface Recipe {
  readonly classes: number;
  /** What the map's error and the cross-entropy count beside the feature vector's error. */
  readonly mapWeight: number;
  readonly labelWeight: number;
  readonly weightDecay: number;
}

/**
 * One step of teaching at one picture size: `pictures` uint8 [N, side, side, 3], `gain` float32 [N, 1, 1, 1] (how bright
 * the student sees them), `features` and `map` float16 as the teacher answered, `labels` int32 [N] (-1 for none).
 *
 * The loss is the squared error of two linear readings of the student, one of its feature vector and one of its map,
 * from the teacher's, standardised; where a picture's class is known, cross-entropy of a third is added.
 */
export function distillStep(
  arch: Architecture,
  side: number,
  standards: Standards,
  recipe: Recipe,
  random: Random,
): StepGraph {
  const front = new GraphBuilder({ opset: 18, name: "pictures" });
  const pictures = front.op("Cast", [front.input("pictures", "uint8", ["N", side, side, 3])], { to: 1 });
  const gain = front.input("gain", "float32", ["N", 1, 1, 1]);
  const scaled = front.op("Mul", [
    front.op("Transpose", [pictures], { perm: [0, 3, 1, 2] }),
    front.op("Mul", [gain, front.constant(scalar(1 / 127.5))]),
  ]);
  const seen = front.op("Sub", [scaled, front.constant(scalar(1))]);
  front.output(seen, "float32", ["N", 3, side, side]);

  const b = GraphBuilder.from(join(front.model(), student(arch, side, random), { x: seen }));
  const width = arch.features;
  const reading = (name: string, count: number, kernel: readonly number[]): readonly [string, string] => {
    const drawn = Float32Array.from({ length: count * width }, () => random.normal() / Math.sqrt(width));
    const weight = b.initializer(`${name}.weight`, float32(drawn, [count, width, ...kernel]));
    return [weight, b.initializer(`${name}.bias`, float32(new Float32Array(count), [count]))];
  };
  const gemm = (name: string, count: number): string =>
    b.op("Gemm", [featuresOutput, ...reading(name, count, [])], { transB: 1 });
  const error = (read: string, taught: string, { mean, std }: Spread, shape: readonly number[]): string => {
    const centred = b.op("Sub", [b.op("Cast", [taught], { to: 1 }), b.constant(float32(mean, shape))]);
    const target = b.op("Div", [centred, b.constant(float32(std, shape))]);
    const difference = b.op("Sub", [read, target]);
    return b.op("ReduceMean", [b.op("Mul", [difference, difference])], { keepdims: 0 });
  };
  const taughtFeatures = b.input("features.taught", "float16", ["N", featureCount]);
  const places = side / 16;
  const taughtMap = b.input("map.taught", "float16", ["N", mapChannels, places, places]);
  const featuresError = error(gemm("read.features", featureCount), taughtFeatures, standards.features, [
    1,
    featureCount,
  ]);
  const readMap = b.op("Conv", [mapOutput, ...reading("read.map", mapChannels, [1, 1])]);
  const mapError = error(readMap, taughtMap, standards.map, [1, mapChannels, 1, 1]);
  const named = namedError(b, recipe, gemm("read.classes", recipe.classes));
  const total = b.op("Add", [
    b.op("Add", [featuresError, b.op("Mul", [mapError, b.constant(scalar(recipe.mapWeight))])]),
    b.op("Mul", [named, b.constant(scalar(recipe.labelWeight))]),
  ]);
  for (const [name, value] of [
    ["loss", total],
    ["loss.features", featuresError],
    ["loss.map", mapError],
    ["loss.labels", named],
  ] as const) {
    b.output(b.op("Identity", [value], {}, { outputs: [name] }), "float32", []);
  }
  const model = b.model();
  const trainable = [...model.graph.initializers.keys()].filter((name) =>
    /^(conv\d|strength|read\.)/.test(name),
  );
  const optimizer = adam({ beta2: 0.99, weightDecay: recipe.weightDecay });
  return stepGraph(model, "loss", trainable, optimizer, { clipNorm: 5 });
}

/** Mean cross-entropy of the rows that have a label; 0 where none has one. */
function namedError(b: GraphBuilder, { classes }: Recipe, logits: string): string {
  const labels = b.input("labels", "int32", ["N"]);
  const known = b.op("Cast", [b.op("Greater", [labels, b.constant(int32Scalar(-1))])], { to: 1 });
  const targets = oneHot(b, b.op("Max", [labels, b.constant(int32Scalar(0))]), classes);
  const rows = softmaxCrossEntropy(b, { logits, targets, classes, labelSmoothing: 0.1 });
  return b.op("ReduceMean", [b.op("Mul", [rows, known])], { keepdims: 0 });
}

function int32Scalar(value: number): Tensor {
  return { dtype: "int32", shape: [], bytes: new Uint8Array(Int32Array.of(value).buffer) };
}

/** The student with trained weights, any picture size from 64 on. */
export function finished(arch: Architecture, weights: ReadonlyMap<string, Tensor>, random: Random): Model {
  const model = student(arch, "S", random);
  const initializers = new Map(model.graph.initializers);
  for (const [name, tensor] of weights) if (initializers.has(name)) initializers.set(name, tensor);
  const outputs = model.graph.outputs.filter(({ name }) => name === featuresOutput);
  return { ...model, graph: { ...model.graph, initializers, outputs } };
}
