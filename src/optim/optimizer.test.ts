import { expect, test } from "vitest";
import { float32, floats, scalar, type Tensor } from "../core/tensor.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import { writeModel } from "../onnx/write.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { adam } from "./adam.ts";
import type { Optimizer } from "./optimizer.ts";
import { rmsprop } from "./rmsprop.ts";
import { sgd } from "./sgd.ts";

/** Weights after each of three updates with gradients 2, -1, 0.5 from w = 1, rate 0.1, through onnxruntime. */
async function steps(optimizer: Optimizer, decays = true): Promise<number[]> {
  const b = new GraphBuilder({ opset: 18 });
  const [weight, gradient] = [b.input("weight", "float32", [1]), b.input("gradient", "float32", [1])];
  const [rate, step] = [b.input("rate", "float32", []), b.input("step", "float32", [])];
  const state = optimizer.slots.map((slot) => b.input(slot, "float32", [1]));
  const update = optimizer.update(b, { weight, gradient, rate, step, state, decays });
  b.output(update.weight, "float32", [1]);
  for (const name of update.state) b.output(name, "float32", [1]);
  // Optimizers that do not count steps leave the input unused, which the engine takes.
  const session = await nodeRuntime().load(writeModel(b.model()));
  let feeds: Record<string, Tensor> = { weight: float32([1]) };
  for (const slot of optimizer.slots) feeds[slot] = float32([0]);
  const weights: number[] = [];
  for (const [i, g] of [2, -1, 0.5].entries()) {
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
function recur(next: (w: number, g: number, t: number) => number): number[] {
  let w = 1;
  return [2, -1, 0.5].map((g, i) => {
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
    const update = optimizer.update(b, { weight, gradient: zero, rate, step, state, decays: true });
    b.output(update.weight, "float32", [1]);
    const session = await nodeRuntime().load(writeModel(b.model()));
    const answer = await session.run({});
    await session.release();
    expect([...floats(answer[update.weight]!)], optimizer.name).toEqual([3]);
  }
});
