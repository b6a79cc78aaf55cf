import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import { float32, floats } from "../core/tensor.ts";
import { writeModel } from "../onnx/write.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { DivergedError, TrainingDataError } from "./errors.ts";
import type { FeatureSet } from "./features.ts";
import { defaultRegularisation, type LinearHeadOptions, solveLinearHead } from "./linear-head.ts";
import type { SolveEvent, TrainedHead } from "./trained-head.ts";

const runtime = nodeRuntime();

async function solve(options: Omit<LinearHeadOptions, "runtime">) {
  const events: SolveEvent[] = [];
  const running = solveLinearHead({ runtime, ...options });
  for (;;) {
    const next = await running.next();
    if (next.done) return { events, head: next.value };
    events.push(next.value);
  }
}

function parameters({ model }: TrainedHead): { w: Float32Array; b: Float32Array } {
  const { initializers } = model.graph;
  return { w: floats(initializers.get("head.0.weight")!), b: floats(initializers.get("head.0.bias")!) };
}

/** Class probabilities by the exported head, through onnxruntime. */
async function probabilities(head: TrainedHead, set: FeatureSet): Promise<number[][]> {
  const session = await runtime.load(writeModel(head.model));
  const answer = await session.run({ features: float32(set.features, [set.rows, set.width]) });
  await session.release();
  const logits = floats(answer.logits!);
  const classes = logits.length / set.rows;
  return Array.from({ length: set.rows }, (_, i) =>
    softmax([...logits.subarray(i * classes, (i + 1) * classes)]),
  );
}

function softmax(z: readonly number[]): number[] {
  const top = Math.max(...z);
  const e = z.map((value) => Math.exp(value - top));
  const sum = e.reduce((a, b) => a + b);
  return e.map((value) => value / sum);
}

const flowers: FeatureSet = {
  rows: 12,
  width: 3,
  // biome-ignore format: one row a line
  features: Float32Array.of(
    5.1, 3.5, 7, 4.9, 3.0, 7, 6.2, 3.4, 7, 5.9, 3.0, 7, 6.3, 2.5, 7, 5.0, 3.6, 7,
    7.0, 3.2, 7, 5.5, 2.3, 7, 6.7, 3.1, 7, 5.8, 2.7, 7, 4.6, 3.1, 7, 6.5, 2.8, 7,
  ),
  labels: Int32Array.of(0, 0, 2, 2, 2, 0, 1, 1, 1, 2, 0, 1),
};

/**
 * scikit-learn 1.x on the same rows: StandardScaler, then LogisticRegression(C=1/(λ·12), tol=1e-14, solver="newton-cg"),
 * the class weights as sample_weight. Probabilities of rows 0 and 8.
 */
test.each([
  [0.1, undefined, [0.7954141, 0.0518903, 0.1526957], [0.050521, 0.5540206, 0.3954584], 0.57727222],
  [0.1, [1, 2, 0.5], [0.8312361, 0.0717699, 0.096994], [0.0501353, 0.8003765, 0.1494883], 0.71179166],
  [0.003, undefined, [0.9765916, 0.0001546, 0.0232537], [0.0002003, 0.6725773, 0.3272224], 0.37010903],
  [0.003, [1, 2, 0.5], [0.9778359, 0.0000699, 0.0220943], [0.0002811, 0.8671132, 0.1326057], 0.47181699],
])(
  "scikit-learn's solution at λ = %d, class weights %j",
  async (regularisation, classWeights, row0, row8, loss) => {
    const { head, events } = await solve({
      train: flowers,
      val: flowers,
      classes: 3,
      regularisation,
      classWeights,
    });
    const p = await probabilities(head, flowers);
    for (const [actual, expected] of [
      [p[0]!, row0],
      [p[8]!, row8],
    ] as const) {
      for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i]!, 4);
    }
    // The validation loss is plain, whatever the weights in training.
    expect(events[0]?.valLoss).toBeCloseTo(loss, 4);
  },
);

/** Rows about class centres, of features with unlike means and scales; the last one is constant. */
function blobs(rows: number, width: number, classes: number, seed: number): FeatureSet {
  const rng = random(seed);
  const centres = Float32Array.from({ length: classes * width }, () => 0.4 * rng.normal());
  const features = new Float32Array(rows * width);
  const labels = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    const label = rng.int(classes);
    labels[i] = label;
    for (let j = 0; j + 1 < width; j++) {
      features[i * width + j] = (10 ** (j % 5) / 100) * (centres[label * width + j]! + rng.normal()) + j;
    }
    features[i * width + width - 1] = 0.1;
  }
  return { rows, width, features, labels };
}

test("the gradient at the solution is zero by a double-precision implementation, over several chunks", async () => {
  const seed = 31;
  const [rows, width, classes, lambda] = [9000, 12, 4, 0.01];
  const [smoothing, weights] = [0.1, [1, 2, 0.5, 1]];
  const train = blobs(rows, width, classes, seed);
  const { head } = await solve({
    train,
    classes,
    regularisation: lambda,
    labelSmoothing: smoothing,
    classWeights: weights,
  });
  const { w, b } = parameters(head);

  const mean = Array.from({ length: width }, (_, j) => {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += train.features[i * width + j]!;
    return sum / rows;
  });
  const std = mean.map((m, j) => {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += (train.features[i * width + j]! - m) ** 2;
    return j === width - 1 ? 1 : Math.sqrt(sum / rows);
  });
  const gradientAt = (w: ArrayLike<number>, b: ArrayLike<number>): number => {
    // By W on standardised features, with the penalty, and by b: dW = Σ (x - μ)/σ · wᵢ(P - T) / n + λW
    const dW = new Float64Array(width * classes);
    const db = new Float64Array(classes);
    for (let i = 0; i < rows; i++) {
      const x = train.features.subarray(i * width, (i + 1) * width);
      const z = Array.from(b, (bias, c) =>
        x.reduce((sum, value, j) => sum + value * w[j * classes + c]!, bias),
      );
      for (const [c, p] of softmax(z).entries()) {
        const target = (c === train.labels[i] ? 1 - smoothing : 0) + smoothing / classes;
        const error = (weights[train.labels[i]!]! * (p - target)) / rows;
        db[c]! += error;
        for (let j = 0; j < width; j++) dW[j * classes + c]! += ((x[j]! - mean[j]!) / std[j]!) * error;
      }
    }
    for (let at = 0; at < dW.length; at++) dW[at]! += lambda * w[at]! * std[Math.floor(at / classes)]!;
    return Math.hypot(...dW, ...db);
  };
  const atZero = gradientAt(new Float32Array(width * classes), new Float32Array(classes));
  expect(gradientAt(w, b) / atZero, `seed ${seed}`).toBeLessThan(1e-4);
  // A constant feature has no say.
  for (const value of w.subarray(-classes)) expect(Math.abs(value)).toBeLessThan(1e-4);
});

test("the λ of least validation loss is chosen, and the path ends when it has clearly risen", async () => {
  const seed = 41;
  const whole = blobs(300, 20, 3, seed);
  const part = (from: number, to: number): FeatureSet => ({
    ...whole,
    rows: to - from,
    features: whole.features.subarray(from * 20, to * 20),
    labels: whole.labels.subarray(from, to),
  });
  const { head, events } = await solve({ train: part(0, 60), val: part(60, 300), classes: 3 });
  const losses = events.map((event) => event.valLoss!);
  const least = losses.indexOf(Math.min(...losses));
  expect(head.regularisation).toBe(events[least]!.regularisation);
  expect(events.length, `seed ${seed}: ${losses}`).toBe(least + 2);
  expect(losses[least + 1]! / losses[least]!).toBeGreaterThan(1.01);
  expect(events.length).toBeLessThan(events[0]!.steps);
  expect(head.history).toEqual(events);
  // Weaker penalties fit the training set ever better.
  const trainLosses = events.map((event) => event.trainLoss);
  expect(trainLosses).toEqual(trainLosses.toSorted((a, b) => b - a));
  // The model handed back is the chosen one, not the last.
  const p = await probabilities(head, part(60, 300));
  const loss = p.reduce((sum, row, i) => sum - Math.log(row[whole.labels[60 + i]!]!), 0) / 240;
  // It was solved on to its optimum, so it is near what the path saw, not at it.
  expect(loss).toBeCloseTo(losses[least]!, 3);
});

test("without a validation set one fixed λ is solved", async () => {
  const { head, events } = await solve({ train: blobs(50, 5, 3, 1), classes: 3 });
  expect(events).toMatchObject([{ step: 1, steps: 1, valLoss: undefined, valAccuracy: undefined }]);
  expect(head.regularisation).toBe(defaultRegularisation);
});

test("the same data gives the same bytes", async () => {
  const run = async () => {
    const { head } = await solve({ train: blobs(5000, 30, 5, 51), val: blobs(500, 30, 5, 52), classes: 5 });
    return writeModel(head.model);
  };
  expect(await run()).toEqual(await run());
});

test("1,250 x 1,280 x 5, the whole path, is a matter of a second", async () => {
  const [train, val] = [blobs(1250, 1280, 5, 61), blobs(250, 1280, 5, 61)];
  const start = performance.now();
  await solve({ train, val, classes: 5 });
  // About 0.5 s on two free cores; the bound leaves room for a busy machine.
  expect(performance.now() - start).toBeLessThan(5000);
});

test("an abort stops the solver", async () => {
  const control = new AbortController();
  const running = solveLinearHead({
    runtime,
    train: flowers,
    val: flowers,
    classes: 3,
    signal: control.signal,
  });
  await running.next();
  control.abort();
  await expect(running.next()).rejects.toMatchObject({ name: "AbortError" });
});

test.each<[string, Partial<FeatureSet>, RegExp]>([
  ["no rows", { rows: 0 }, /training set is empty/],
  ["one class", { labels: new Int32Array(12) }, /all training pictures are of one class/i],
  [
    "a label past the classes",
    { labels: new Int32Array(12).fill(3) },
    /Row 0 of the training set is of class 3/,
  ],
  [
    "a feature that is not a number",
    { features: new Float32Array(36).fill(Number.NaN, 4, 5) },
    /Feature 1 of row 1/,
  ],
  ["too few features", { features: new Float32Array(35) }, /holds 35 features/],
])("%s is refused with what to do next", async (_name, broken, message) => {
  const running = solveLinearHead({ runtime, train: { ...flowers, ...broken }, classes: 3 });
  const error = await running.next().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(TrainingDataError);
  expect(error).toMatchObject({
    message: expect.stringMatching(message),
    parts: { next: expect.any(String) },
  });
});

const side = (row: number): number => (flowers.labels[row] === 0 ? 3e38 : -3e38);

test.each([3e38, 1e-40])(
  "features of size %d, the ends of float32's range, are solved or have no say",
  async (size) => {
    const features = flowers.features.map((value, i) =>
      i % 3 === 2 ? (side(Math.floor(i / 3)) / 3e38) * size : value,
    );
    const { head } = await solve({ train: { ...flowers, features }, classes: 3 });
    const p = await probabilities(head, { ...flowers, features });
    expect(
      p.map((row) => row.indexOf(Math.max(...row))).filter((best, i) => best === flowers.labels[i]).length,
    ).toBeGreaterThan(8);
  },
);

test("sums that overflow float32 end in an error, not in a head that learnt nothing", async () => {
  // A feature ten thousand stds from zero makes the graph centre all of them, and 3e38 - -1e38 is infinite.
  const features = flowers.features.map((value, i) =>
    i % 3 === 2 ? side(Math.floor(i / 3)) : i % 3 === 1 ? value + 1e4 : value,
  );
  const running = solveLinearHead({ runtime, train: { ...flowers, features }, classes: 3 });
  await expect(running.next()).rejects.toBeInstanceOf(DivergedError);
});

test("a class without rows, a feature of large mean and duplicate columns do no harm", async () => {
  const train: FeatureSet = {
    rows: 4,
    width: 3,
    features: Float32Array.of(1e6, 1, 1, 1e6 + 1, 2, 2, 1e6 + 8, -1, -1, 1e6 + 9, -2, -2),
    labels: Int32Array.of(0, 0, 1, 1),
  };
  const { head } = await solve({ train, classes: 3, regularisation: 0.1 });
  const p = await probabilities(head, train);
  expect(p.map((row) => row.indexOf(Math.max(...row)))).toEqual([0, 0, 1, 1]);
  for (const row of p) expect(row[2]).toBeLessThan(0.01);
});
