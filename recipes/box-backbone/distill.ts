import { oneHot, softmaxCrossEntropy } from "../../src/autodiff/losses.ts";
import type { Random } from "../../src/core/random.ts";
import { float32, scalar, type Tensor } from "../../src/core/tensor.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import { join } from "../../src/surgery/join.ts";
import { type StepGraph, stepGraph } from "../../src/train/step-graph.ts";
import { muon } from "./muon.ts";
import { type Architecture, meanOutput, student } from "./student.ts";
import { featureCount } from "./teacher.ts";

/** Mean and deviation of the teacher's features. */
export interface Spread {
  readonly mean: Float32Array;
  readonly std: Float32Array;
}

export interface Recipe {
  /** Of the pictures, in pixels. */
  readonly side: number;
  readonly classes: number;
  /** What the cross-entropy counts beside the features' error. */
  readonly labelWeight: number;
  readonly weightDecay: number;
  /** The rate of biases and of what reads the student, beside that of the convolutions. */
  readonly slower: number;
}

/**
 * One step of teaching: `pictures` uint8 [N, side, side, 3], `gain` float32 [N, 3, 1, 1] (how strong the student sees
 * their colours), `features.taught` float16 [N, features] as the teacher answered, `labels` int32 [N] (-1 for none).
 *
 * The loss is the squared error of a linear reading of the student's mean features from the teacher's, standardised;
 * where a picture's class is known, the cross-entropy of another reading is added.
 */
export function distillStep(arch: Architecture, standard: Spread, recipe: Recipe, random: Random): StepGraph {
  const { side } = recipe;
  const front = new GraphBuilder({ opset: 18, name: "pictures" });
  const pictures = front.op("Cast", [front.input("pictures", "uint8", ["N", side, side, 3])], { to: 1 });
  const gain = front.input("gain", "float32", ["N", 3, 1, 1]);
  const scaled = front.op("Mul", [
    front.op("Transpose", [pictures], { perm: [0, 3, 1, 2] }),
    front.op("Mul", [gain, front.constant(scalar(1 / 127.5))]),
  ]);
  const seen = front.op("Sub", [scaled, front.constant(scalar(1))]);
  front.output(seen, "float32", ["N", 3, side, side]);

  const b = GraphBuilder.from(join(front.model(), student(arch, side, random), { x: seen }));
  const read = (name: string, count: number): string => {
    const drawn = Float32Array.from({ length: count * arch.features }, () => random.normal());
    const weight = float32(
      drawn.map((value) => value / Math.sqrt(arch.features)),
      [count, arch.features],
    );
    const bias = float32(new Float32Array(count), [count]);
    const parameters = [b.initializer(`${name}.weight`, weight), b.initializer(`${name}.bias`, bias)];
    return b.op("Gemm", [meanOutput, ...parameters], { transB: 1 });
  };
  const taught = b.op("Cast", [b.input("features.taught", "float16", ["N", featureCount])], { to: 1 });
  const centred = b.op("Sub", [taught, b.constant(float32(standard.mean, [1, featureCount]))]);
  const target = b.op("Div", [centred, b.constant(float32(standard.std, [1, featureCount]))]);
  const difference = b.op("Sub", [read("read.features", featureCount), target]);
  const error = b.op("ReduceMean", [b.op("Mul", [difference, difference])], { keepdims: 0 });
  const named = namedError(b, recipe, read("read.classes", recipe.classes));
  const total = b.op("Add", [error, b.op("Mul", [named, b.constant(scalar(recipe.labelWeight))])]);
  for (const [name, value] of [
    ["loss", total],
    ["loss.features", error],
    ["loss.labels", named],
  ] as const) {
    b.output(b.op("Identity", [value], {}, { outputs: [name] }), "float32", []);
  }
  const model = b.model();
  const trainable = [...model.graph.initializers.keys()].filter((name) => /^(conv\d|read\.)/.test(name));
  // The first convolution sees pixels, not features: it is stepped as the biases are.
  const isMatrix = (name: string): boolean => /^conv\d+\.weight$/.test(name) && name !== "conv0.weight";
  const [matrices, others] = [trainable.filter(isMatrix), trainable.filter((name) => !isMatrix(name))];
  const shapes = new Map(matrices.map((name) => [name, model.graph.initializers.get(name)?.shape ?? []]));
  const optimizer = muon({ matrices: shapes, momentum: 0.95, weightDecay: recipe.weightDecay });
  const rates = new Map(others.map((name) => [name, recipe.slower]));
  return stepGraph(model, "loss", trainable, optimizer, { clipNorm: 5, rates });
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
