import { expect, test } from "vitest";
import { UsageError } from "../core/errors.ts";
import { random } from "../core/random.ts";
import { float32, floats } from "../core/tensor.ts";
import { writeModel } from "../onnx/write.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { type DenseHeadOptions, type OptimizerName, optimizers, trainDenseHead } from "./dense-head.ts";
import { DivergedError } from "./errors.ts";
import type { FeatureSet } from "./features.ts";
import { parseHead } from "./head.ts";
import { solveLinearHead } from "./linear-head.ts";
import type { EpochEvent, SolveEvent, TrainedHead } from "./trained-head.ts";

const runtime = nodeRuntime();

/** Two features far from zero and of unlike scales; the class is the XOR of their signs about the centre. */
function xor(rows: number, seed: number): FeatureSet {
  const rng = random(seed);
  const features = new Float32Array(rows * 2);
  const labels = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    const [x, y] = [rng.normal(), rng.normal()];
    features.set([50 + 10 * x, -3 + 0.01 * y], i * 2);
    labels[i] = Number(x > 0 !== y > 0);
  }
  return { rows, width: 2, features, labels };
}

async function drain<E>(events: AsyncGenerator<E, TrainedHead>): Promise<{ events: E[]; head: TrainedHead }> {
  const seen: E[] = [];
  for (;;) {
    const next = await events.next();
    if (next.done) return { events: seen, head: next.value };
    seen.push(next.value);
  }
}

async function accuracy(head: TrainedHead, set: FeatureSet, classes: number): Promise<number> {
  const session = await runtime.load(writeModel(head.model));
  const answer = await session.run({ features: float32(set.features, [set.rows, set.width]) });
  await session.release();
  const logits = floats(answer.logits!);
  let hits = 0;
  for (let i = 0; i < set.rows; i++) {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    if (row.indexOf(Math.max(...row)) === set.labels[i]) hits++;
  }
  return hits / set.rows;
}

const [train, val] = [xor(500, 1), xor(200, 2)];

function options(more: Partial<DenseHeadOptions> = {}): DenseHeadOptions {
  return {
    runtime,
    train,
    val,
    classes: 2,
    spec: parseHead("dense:16:tanh"),
    seed: 3,
    learningRate: 0.02,
    ...more,
  };
}

test("XOR: a linear head fails, a hidden layer learns it, and the exported head takes raw features", async () => {
  const linear = await drain<SolveEvent>(solveLinearHead({ runtime, train, val, classes: 2 }));
  expect(await accuracy(linear.head, val, 2), "seeds 1, 2").toBeLessThan(0.65);

  const dense = await drain<EpochEvent>(trainDenseHead(options()));
  const reached = await accuracy(dense.head, val, 2);
  expect(reached, "seeds 1, 2, 3").toBeGreaterThan(0.95);
  // Folding the standardisation into the first layer changes no prediction, and the kept weights are the best ones.
  const best = dense.events.filter((event) => event.best).at(-1);
  expect(reached).toBeCloseTo(best?.valAccuracy ?? 0, 2);
  const losses = dense.events.map((event) => event.valLoss ?? Number.NaN);
  expect(best?.valLoss).toBe(Math.min(...losses));
  expect(dense.head.history).toEqual(dense.events);
});

test.each(Object.keys(optimizers) as OptimizerName[])("%s learns it", async (optimizer) => {
  const { head } = await drain(
    trainDenseHead(options({ optimizer, spec: parseHead("dense:32:gelu,dropout:0.1") })),
  );
  expect(await accuracy(head, val, 2), "seeds 1, 2, 3").toBeGreaterThan(0.9);
});

test("the same seed gives the same bytes, dropout and all; another seed others", async () => {
  const run = async (seed: number) => {
    const spec = parseHead("dropout:0.2,dense:8:silu,dropout:0.5,dense:4:sigmoid");
    const { head } = await drain(trainDenseHead(options({ seed, spec, epochs: 3 })));
    return writeModel(head.model);
  };
  expect(await run(5)).toEqual(await run(5));
  expect(await run(5)).not.toEqual(await run(6));
});

test("training stops when validation has not improved for `patience` epochs, and the best weights are kept", async () => {
  // Labels that mean nothing: validation cannot improve for long.
  const noise = { ...val, labels: val.labels.map((_, i) => i % 2) };
  const { events, head } = await drain(trainDenseHead(options({ val: noise, epochs: 200, patience: 2 })));
  expect(events.length).toBeLessThan(100);
  expect(events.slice(-3).map((event) => event.best)).toEqual([true, false, false]);
  // The same seed stopped at the best epoch is there already.
  const short = await drain(trainDenseHead(options({ val: undefined, epochs: events.length - 2 })));
  expect(writeModel(head.model)).toEqual(writeModel(short.head.model));
});

test("without a validation set all epochs run", async () => {
  const { events } = await drain(trainDenseHead(options({ val: undefined, epochs: 7 })));
  expect(events.map((event) => event.epoch)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(events.every((event) => event.best && event.valLoss === undefined)).toBe(true);
  expect(events.at(-1)!.loss).toBeLessThan(events[0]!.loss);
});

test("focal loss is what steps lower: less than cross-entropy from the first epoch on, and it learns", async () => {
  const plain = await drain(trainDenseHead(options({ epochs: 20 })));
  const focal = await drain(trainDenseHead(options({ epochs: 20, loss: { kind: "focal", gamma: 2 } })));
  expect(focal.events[0]!.loss).toBeLessThan(0.8 * plain.events[0]!.loss);
  expect(focal.events.at(-1)!.loss).toBeLessThan(focal.events[0]!.loss);
  // Validation is by the same loss.
  expect(focal.events[0]!.valLoss!).toBeLessThan(0.8 * plain.events[0]!.valLoss!);
  expect(await accuracy(focal.head, val, 2)).toBeGreaterThan(0.9);
});

test("class weights move the boundary, weight decay shrinks the weights", async () => {
  const overlapping: FeatureSet = {
    rows: 300,
    width: 1,
    features: Float32Array.from({ length: 300 }, (_, i) => (i % 10) + (i % 3 === 0 ? 1 : 0)),
    labels: Int32Array.from({ length: 300 }, (_, i) => Number(i % 3 === 0)),
  };
  const share = async (more: Partial<DenseHeadOptions>): Promise<number> => {
    const { head } = await drain(
      trainDenseHead(options({ train: overlapping, val: undefined, spec: [], epochs: 20, ...more })),
    );
    const ones = { ...overlapping, labels: new Int32Array(300).fill(1) };
    return accuracy(head, ones, 2);
  };
  expect(await share({ classWeights: [1, 10] })).toBeGreaterThan(await share({}));

  const norm = async (weightDecay: number): Promise<number> => {
    const { head } = await drain(trainDenseHead(options({ optimizer: "adamw", weightDecay, epochs: 10 })));
    return floats(head.model.graph.initializers.get("head.1.weight")!).reduce((sum, w) => sum + w * w, 0);
  };
  expect(await norm(1)).toBeLessThan(0.8 * (await norm(0)));
});

test("a rate that diverges ends in an error that proposes a lower one", async () => {
  const running = drain(
    trainDenseHead(options({ optimizer: "sgd", learningRate: 1e25, spec: parseHead("dense:8") })),
  );
  const error = await running.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(DivergedError);
  expect(String(error)).toMatch(/Try a learning rate of 1e\+24\./);
});

test("an abort stops it, and options out of range are refused", async () => {
  const control = new AbortController();
  const events = trainDenseHead(options({ signal: control.signal }));
  await events.next();
  control.abort();
  await expect(events.next()).rejects.toMatchObject({ name: "AbortError" });
  for (const wrong of [
    { epochs: 0 },
    { batchSize: 1.5 },
    { learningRate: Number.NaN },
    { labelSmoothing: 1 },
    { spec: parseHead("dense:65536,dense:65536") },
  ]) {
    await expect(trainDenseHead(options(wrong)).next()).rejects.toBeInstanceOf(UsageError);
  }
});
