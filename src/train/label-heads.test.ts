import { expect, test } from "vitest";
import { finish } from "../core/async.ts";
import { random } from "../core/random.ts";
import { float32, floats } from "../core/tensor.ts";
import { writeModel } from "../onnx/write.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { headGraph } from "../surgery/head-graph.ts";
import { batchesOf } from "./batches.ts";
import { trainDenseHead } from "./dense-head.ts";
import { TrainingDataError } from "./errors.ts";
import { apply, balanced } from "./feature-head.ts";
import type { FeatureSet } from "./features.ts";
import { solveLinearHead } from "./linear-head.ts";
import { lossGraph } from "./loss-graph.ts";

const runtime = nodeRuntime();

const flowers: FeatureSet = {
  rows: 12,
  width: 3,
  // biome-ignore format: one row a line
  features: Float32Array.of(
    5.1, 3.5, 7, 4.9, 3.0, 7, 6.2, 3.4, 7, 5.9, 3.0, 7, 6.3, 2.5, 7, 5.0, 3.6, 7,
    7.0, 3.2, 7, 5.5, 2.3, 7, 6.7, 3.1, 7, 5.8, 2.7, 7, 4.6, 3.1, 7, 6.5, 2.8, 7,
  ),
  labels: new Int32Array(),
  // biome-ignore format: one row a line
  targets: Float32Array.of(
    1, 0, 1,  1, 0, 0,  0, 1, 0,  0, 0, 0,  0, 0, 1,  1, 0, 1,
    0, 1, 1,  1, 0, 1,  0, 1, 0,  0, 0, 0,  1, 0, 0,  0, 1, 1,
  ),
};

/**
 * scikit-learn 1.9.1 on the same rows: StandardScaler, then for each label by itself LogisticRegression(C=1/(λ·12),
 * tol=1e-14, solver="newton-cg"), the weights on its positives as sample_weight. Probabilities of rows 0 and 8, and the
 * plain mean of -[t·ln p + (1 - t)·ln(1 - p)] over rows and labels.
 */
// biome-ignore format: one case a line
const reference = [
  { lambda: 0.1, weights: undefined, row0: [0.7289017878588933, 0.1750487976258751, 0.42261943645595046], row8: [0.09271860721471735, 0.6950269567633881, 0.5538694669354474], loss: 0.4112207187862876 },
  { lambda: 0.01, weights: undefined, row0: [0.8846080675626654, 0.04597740170646508, 0.40031254826762985], row8: [0.0033614484038193703, 0.944185430445994, 0.5720406360784561], loss: 0.2947427175881424 },
  { lambda: 0.1, weights: [7 / 5, 8 / 4, 6 / 6], row0: [0.7822103278498658, 0.21998953132740862, 0.42261943645595046], row8: [0.09696457270421245, 0.8265124432165972, 0.5538694669354474], loss: 0.4005886721813534 },
];

test.each(reference)(
  "λ = $lambda, weights $weights: each label is scikit-learn's logistic regression by itself",
  async ({ lambda, weights, row0, row8, loss }) => {
    const options = { train: flowers, val: flowers, classes: 3, classWeights: weights, runtime };
    const solving = solveLinearHead({ ...options, regularisation: lambda });
    const head = await finish(solving);
    const probabilities = await apply(head.model, flowers, 3, runtime);
    for (const [c, p] of row0.entries()) expect(probabilities[c]).toBeCloseTo(p, 4);
    for (const [c, p] of row8.entries()) expect(probabilities[8 * 3 + c]).toBeCloseTo(p, 4);
    const [event] = head.history;
    if (event?.type !== "solve") throw new Error("a linear head is solved");
    expect(event.valLoss).toBeCloseTo(loss, 4);
    let right = 0;
    for (let row = 0; row < 12; row++) {
      const wrong = [0, 1, 2].some(
        (c) => (probabilities[3 * row + c]! >= 0.5 ? 1 : 0) !== flowers.targets![3 * row + c],
      );
      if (!wrong) right++;
    }
    expect(event.valAccuracy).toBeCloseTo(right / 12, 6);
  },
);

test("balanced: those with a label weigh as much, together, as those without", () => {
  expect(balanced(flowers, 3)).toEqual([7 / 5, 8 / 4, 6 / 6]);
  expect(balanced({ labels: new Int32Array(), targets: Float32Array.of(1, 0, 1, 0) }, 2)).toEqual([0.5, 2]);
});

test("a label that all have, and one that none has, end at probabilities near 1 and 0", async () => {
  const targets = flowers.targets!.map((target, i) => (i % 3 === 0 ? 1 : i % 3 === 1 ? 0 : target));
  const train = { ...flowers, targets };
  const head = await finish(solveLinearHead({ train, classes: 3, regularisation: 0.1, runtime }));
  const probabilities = await apply(head.model, train, 3, runtime);
  for (let row = 0; row < 12; row++) {
    expect(probabilities[3 * row]).toBeGreaterThan(0.99);
    expect(probabilities[3 * row + 1]).toBeLessThan(0.01);
  }
});

test("the loss graph: rows are means over labels, hits are rows right in all, by hand", async () => {
  const weights = new Map([
    ["head.0.weight", float32([1, -1, 0, 2], [2, 2])],
    ["head.0.bias", float32([0, 0.5], [2])],
  ]);
  const { model } = lossGraph([], { width: 2, classes: 2 }, weights, { multiLabel: true });
  const session = await runtime.load(writeModel(model));
  const features = [
    [2, 1],
    [-1, 0],
    [1, 1],
    [0, -1],
  ] as const;
  const targets = [
    [1, 1],
    [0, 0],
    [0, 1],
    [1, 0],
  ] as const;
  const answer = await session.run({
    features: float32(features.flat(), [4, 2]),
    targets: float32(targets.flat(), [4, 2]),
  });
  await session.release();
  // Logits x·W + b, row by row; then softplus(z) - t·z, the mean of the two. A logit of 0 counts as predicted.
  const logits = features.map(([x, y]) => [x, -x + 2 * y + 0.5]);
  const rows = logits.map((z, i) => {
    const each = z.map((value, c) => Math.log1p(Math.exp(value)) - targets[i]![c]! * value);
    return (each[0]! + each[1]!) / 2;
  });
  const found = floats(answer.rows!);
  for (const [i, row] of rows.entries()) expect(found[i]).toBeCloseTo(row, 5);
  expect(floats(answer.loss!)[0]).toBeCloseTo(rows.reduce((a, b) => a + b) / 4, 5);
  const right = logits.filter((z, i) =>
    z.every((value, c) => (value >= 0 ? 1 : 0) === targets[i]![c]),
  ).length;
  expect(right).toBe(2);
  expect(floats(answer.hits!)[0]).toBe(right);
});

/** Points in a square: the label 0 is XOR of their signs, which no linear head can tell, label 1 that x is positive. */
function xor(rows: number, seed: number): FeatureSet {
  const rng = random(seed);
  const features = Float32Array.from({ length: 2 * rows }, () => 2 * rng.next() - 1);
  const targets = new Float32Array(2 * rows);
  for (let i = 0; i < rows; i++) {
    const [x, y] = [features[2 * i]! > 0, features[2 * i + 1]! > 0];
    targets[2 * i] = x !== y ? 1 : 0;
    targets[2 * i + 1] = x ? 1 : 0;
  }
  return { rows, width: 2, features, labels: new Int32Array(), targets };
}

test("a head with hidden layers learns two labels of one point, one of them XOR", async () => {
  const seed = 3;
  const [train, val] = [xor(400, 1), xor(200, 2)];
  const spec = [{ kind: "dense", units: 16, activation: "relu" }] as const;
  const options = { train, val, classes: 2, spec, seed, learningRate: 0.02, epochs: 30, runtime };
  const head = await finish(trainDenseHead(options));
  const last = head.history.at(-1)!;
  expect(last.valAccuracy, `seed ${seed}`).toBeGreaterThan(0.9);
  const probabilities = await apply(head.model, val, 2, runtime);
  const hits = probabilities.filter((p, i) => (p >= 0.5 ? 1 : 0) === val.targets![i]).length;
  expect(hits / probabilities.length, `seed ${seed}`).toBeGreaterThan(0.95);
});

test("batches carry each row's own targets, every row once", () => {
  const set = { ...flowers, features: Float32Array.from({ length: 36 }, (_, i) => Math.floor(i / 3)) };
  const seen: number[] = [];
  for (const { rows, feeds } of batchesOf(set, 5, [], random(1))) {
    expect(feeds.labels).toBeUndefined();
    const [features, targets] = [floats(feeds.features!), floats(feeds.targets!)];
    expect(feeds.targets!.shape).toEqual([rows, 3]);
    for (let i = 0; i < rows; i++) {
      const row = features[3 * i]!;
      seen.push(row);
      expect([...targets.subarray(3 * i, 3 * i + 3)]).toEqual([
        ...set.targets!.subarray(3 * row, 3 * row + 3),
      ]);
    }
  }
  expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i));
});

test("targets outside 0 to 1, or too few of them, are refused", async () => {
  const refused = async (targets: Float32Array, message: RegExp) => {
    const solving = finish(solveLinearHead({ train: { ...flowers, targets }, classes: 3, runtime }));
    await expect(solving).rejects.toBeInstanceOf(TrainingDataError);
    await expect(solving).rejects.toThrow(message);
  };
  await refused(flowers.targets!.with(4, 2), /Row 1 of the training set has the target 2/);
  await refused(flowers.targets!.subarray(3), /holds 36 features and 33 targets/);
});

test("the head's probabilities are a sigmoid each where the set has targets, else one softmax", async () => {
  const weights = new Map([
    ["head.0.weight", float32([1, 0, 0, 1], [2, 2])],
    ["head.0.bias", float32([0, 0], [2])],
  ]);
  const head = headGraph([], { width: 2, classes: 2 }, { weights });
  const set = { rows: 1, width: 2, features: Float32Array.of(2, 1), labels: Int32Array.of(0) };
  const several = await apply(head, { ...set, targets: Float32Array.of(1, 1) }, 2, runtime);
  expect(several[0]).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
  expect(several[1]).toBeCloseTo(1 / (1 + Math.exp(-1)), 6);
  const one = await apply(head, set, 2, runtime);
  expect(one[0]).toBeCloseTo(1 / (1 + Math.exp(-1)), 6);
});
