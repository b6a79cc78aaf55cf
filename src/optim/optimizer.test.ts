import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import { float32, floats, scalar, type Tensor } from "../core/tensor.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import { writeModel } from "../onnx/write.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { adam } from "./adam.ts";
import type { Optimizer } from "./optimizer.ts";
import { rmsprop } from "./rmsprop.ts";
import { sgd } from "./sgd.ts";

const three = [2, -1, 0.5];

/** Weights after each update with these gradients from w = 1, rate 0.1, through onnxruntime. */
async function steps(optimizer: Optimizer, decays = true, gradients = three): Promise<number[]> {
  const b = new GraphBuilder({ opset: 18 });
  const [weight, gradient] = [b.input("weight", "float32", [1]), b.input("gradient", "float32", [1])];
  const [rate, step] = [b.input("rate", "float32", []), b.input("step", "float32", [])];
  const state = optimizer.slots.map((slot) => b.input(slot, "float32", [1]));
  const update = optimizer.update(b, { weight, gradient, shape: [1], rate, step, state, decays });
  b.output(update.weight, "float32", [1]);
  for (const name of update.state) b.output(name, "float32", [1]);
  // Optimizers that do not count steps leave the input unused, which the engine takes.
  const session = await nodeRuntime().load(writeModel(b.model()));
  let feeds: Record<string, Tensor> = { weight: float32([1]) };
  for (const slot of optimizer.slots) feeds[slot] = float32([0]);
  const weights: number[] = [];
  for (const [i, g] of gradients.entries()) {
    feeds = { ...feeds, gradient: float32([g]), rate: scalar(0.1), step: scalar(i + 1) };
    const answer = await session.run(feeds);
    feeds.weight = answer[update.weight]!;
    for (const [j, slot] of optimizer.slots.entries()) feeds[slot] = answer[update.state[j]!]!;
    weights.push(floats(answer[update.weight]!)[0]!);
  }
  await session.release();
  return weights;
}

/** The same by a recurrence in double precision. */
function recur(next: (w: number, g: number, t: number) => number, gradients = three): number[] {
  let w = 1;
  return gradients.map((g, i) => {
    w = next(w, g, i + 1);
    return w;
  });
}

function close(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i]!, 5);
}

test("SGD: w - 0.1·g", async () => close(await steps(sgd()), [0.8, 0.9, 0.85]));

test("SGD with momentum 0.9: v = 2, 0.8, 1.22", async () =>
  close(await steps(sgd({ momentum: 0.9 })), [0.8, 0.72, 0.598]));

test("SGD with Nesterov momentum: directions 3.8, -0.28, 1.598", async () =>
  close(await steps(sgd({ momentum: 0.9, nesterov: true })), [0.62, 0.648, 0.4882]));

test("decoupled decay: the weight shrinks by rate·decay before the step, and a bias does not", async () => {
  // 1·0.95 - 0.2 = 0.75; 0.75·0.95 + 0.1 = 0.8125; 0.8125·0.95 - 0.05 = 0.721875
  close(await steps(sgd({ weightDecay: 0.5 })), [0.75, 0.8125, 0.721875]);
  close(await steps(sgd({ weightDecay: 0.5 }), false), [0.8, 0.9, 0.85]);
});

test("Adam: unbiased means worked out", async () => {
  // t=1: m̂/√v̂ = 2/2 = 1. t=2: m = 0.9·0.2 - 0.1 = 0.08, m̂ = 0.08/0.19; v = 0.999·0.004 + 0.001 = 0.004996, v̂ = v/0.001999.
  const second = 0.9 - (0.1 * (0.08 / 0.19)) / Math.sqrt(0.004996 / 0.001999);
  // t=3: m = 0.072 + 0.05 = 0.122, m̂ = m/0.271; v = 0.999·0.004996 + 0.00025 = 0.005241004, v̂ = v/0.002997001.
  const third = second - (0.1 * (0.122 / 0.271)) / Math.sqrt(0.005241004 / 0.002997001);
  close(await steps(adam()), [0.9, second, third]);
});

test("Adam's other constants", async () => {
  let [m, v] = [0, 0];
  const expected = recur((w, g, t) => {
    m = 0.5 * m + 0.5 * g;
    v = 0.8 * v + 0.2 * g * g;
    return w - (0.1 * (m / (1 - 0.5 ** t))) / (Math.sqrt(v / (1 - 0.8 ** t)) + 0.1);
  });
  close(await steps(adam({ beta1: 0.5, beta2: 0.8, epsilon: 0.1 })), expected);
});

test("Adam over 300 updates with gradients from 1e-12 to 1e3, as algorithm 1 has it", async () => {
  const seed = 2015;
  const rng = random(seed);
  const gradients = Array.from({ length: 300 }, () =>
    Math.fround(rng.normal() * 10 ** (3 - 15 * rng.next())),
  );
  let [m, v] = [0, 0];
  const expected = recur((w, g, t) => {
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    return w - (0.1 * (m / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-8);
  }, gradients);
  const actual = await steps(adam(), true, gradients);
  for (const [i, w] of actual.entries()) {
    expect(Math.abs(w - expected[i]!), `seed ${seed}, update ${i + 1}`).toBeLessThan(5e-5);
  }
});

test("Adam's epsilon stands beside the unbiased root: gradients of 1e-8 move by half the rate", async () => {
  // m̂ = 1e-8, √v̂ = 1e-8, so every step is 0.1·1e-8 / (1e-8 + 1e-8) = 0.05.
  close(await steps(adam(), true, [1e-8, 1e-8, 1e-8]), [0.95, 0.9, 0.85]);
});

test("AdamW: Adam with the weight shrunk first", async () => {
  const plain = await steps(adam());
  const [first = 0, second = 0, third = 0] = plain;
  const [a, b, c] = [1 - first, first - second, second - third];
  const w1 = 0.95 - a;
  const w2 = 0.95 * w1 - b;
  close(await steps(adam({ weightDecay: 0.5 })), [w1, w2, 0.95 * w2 - c]);
});

test("RMSprop: v = 0.4, 0.46, 0.439", async () => {
  const first = 1 - 0.2 / Math.sqrt(0.4);
  const second = first + 0.1 / Math.sqrt(0.46);
  close(await steps(rmsprop()), [first, second, second - 0.05 / Math.sqrt(0.439)]);
});

test("a zero gradient moves nothing", async () => {
  for (const optimizer of [adam(), rmsprop(), sgd({ momentum: 0.9 })]) {
    const b = new GraphBuilder({ opset: 18 });
    const [weight, zero, rate, step] = [
      b.initializer("weight", float32([3])),
      b.initializer("zero", float32([0])),
      b.initializer("rate", scalar(0.1)),
      b.initializer("step", scalar(1)),
    ];
    const state = optimizer.slots.map(() => zero);
    const update = optimizer.update(b, {
      weight,
      gradient: zero,
      shape: [1],
      rate,
      step,
      state,
      decays: true,
    });
    b.output(update.weight, "float32", [1]);
    const session = await nodeRuntime().load(writeModel(b.model()));
    const answer = await session.run({});
    await session.release();
    expect([...floats(answer[update.weight]!)], optimizer.name).toEqual([3]);
  }
});

test("scalars of the step and the rate are written once for all weights", () => {
  const b = new GraphBuilder({ opset: 18 });
  const [rate, step] = [b.input("rate", "float32", []), b.input("step", "float32", [])];
  const optimizer = adam({ weightDecay: 0.1 });
  const counts = [0, 1, 2].map((i) => {
    const weight = b.input(`weight${i}`, "float32", [2, 2]);
    const gradient = b.input(`gradient${i}`, "float32", [2, 2]);
    const state = optimizer.slots.map((slot) => b.input(`${slot}${i}`, "float32", [2, 2]));
    optimizer.update(b, { weight, gradient, shape: [2, 2], rate, step, state, decays: true });
    const { nodes, initializers } = b.graph();
    return [nodes.filter((node) => node.opType !== "Reshape").length, initializers.size];
  });
  const [[first = 0, constants] = [], [second = 0, again] = [], [third = 0] = []] = counts;
  // Eleven passes over the weight.
  expect([second - first, third - second]).toEqual([11, 11]);
  expect(again).toBe(constants);
});

test("weights of any shape keep it: vectors, scalars, axes of size 1", async () => {
  for (const optimizer of [adam({ weightDecay: 0.1 }), rmsprop(), sgd({ momentum: 0.9 })]) {
    const flat = await moved(optimizer, [6]);
    for (const shape of [
      [2, 3],
      [3, 2, 1, 1],
      [1, 6],
    ]) {
      expect(await moved(optimizer, shape), `${optimizer.name} [${shape}]`).toEqual({ ...flat, shape });
    }
    expect((await moved(optimizer, [])).shape).toEqual([]);
  }
});

/** One update of a weight of this shape; its shape and values after it. */
async function moved(optimizer: Optimizer, shape: readonly number[]) {
  const size = shape.reduce((product, dim) => product * dim, 1);
  const data = (scale: number) =>
    float32(
      Float32Array.from({ length: size }, (_, i) => scale * (i + 1)),
      shape,
    );
  const b = new GraphBuilder({ opset: 18 });
  const [weight, gradient] = [b.initializer("weight", data(1)), b.initializer("gradient", data(-0.5))];
  const [rate, step] = [b.initializer("rate", scalar(0.1)), b.initializer("step", scalar(2))];
  const state = optimizer.slots.map((slot) => b.initializer(slot, data(0.25)));
  const update = optimizer.update(b, { weight, gradient, shape, rate, step, state, decays: true });
  const names = [update.weight, ...update.state].map((name) => b.output(name, "float32", shape));
  const session = await nodeRuntime().load(writeModel(b.model()));
  const answer = await session.run({});
  await session.release();
  return { shape: answer[update.weight]!.shape, values: names.map((name) => [...floats(answer[name]!)]) };
}
