import { expect } from "vitest";
import { backward } from "../../src/autodiff/backward.ts";
import { normaliseByBatch } from "../../src/autodiff/batch-norm.ts";
import { tileConvolutions } from "../../src/autodiff/winograd.ts";
import { random } from "../../src/core/random.ts";
import { float32, floats, scalar, sizeOf, type Tensor } from "../../src/core/tensor.ts";
import type { Model } from "../../src/onnx/graph.ts";
import { inferShapes } from "../../src/onnx/infer.ts";
import { writeModel } from "../../src/onnx/write.ts";
import type { Optimizer } from "../../src/optim/optimizer.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { initialWeights } from "../../src/surgery/head-graph.ts";
import { feedInitializers } from "../../src/train/loss-graph.ts";
import { networkGraph } from "../../src/train/network/network-graph.ts";
import { stepGraph } from "../../src/train/step-graph.ts";
import type { Network } from "./networks.ts";

const classes = 4;

interface WithLoss {
  readonly model: Model;
  readonly trainable: readonly string[];
  /** Inputs and one-hot targets of a batch. */
  readonly feeds: Record<string, Tensor>;
  readonly labels: readonly number[];
  /** What takes the running statistics' place. */
  readonly updates: ReadonlyMap<string, string>;
}

interface LossOptions {
  readonly batch: number;
  readonly seed: number;
  /** Normalise by the batch's own statistics. */
  readonly byBatch?: boolean;
  /** The head starts at zeros, not drawn. */
  readonly zeroHead?: boolean;
}

/** The network with a linear head and cross-entropy behind it, and random inputs with random labels. */
export function withLoss(
  network: Network,
  { batch, seed, byBatch = false, zeroHead = false }: LossOptions,
): WithLoss {
  const rng = random(seed);
  const size = { width: network.width, classes };
  const { model: body, updates } = byBatch
    ? normaliseByBatch(network.model)
    : { model: network.model, updates: new Map<string, string>() };
  const drawnHead = initialWeights([], size, rng);
  const zeros = [...drawnHead].map(
    ([name, { shape }]) => [name, float32(new Float32Array(sizeOf(shape)), shape)] as const,
  );
  const graph = networkGraph(inferShapes(body), [], size, zeroHead ? new Map(zeros) : drawnHead);
  const labels = Array.from({ length: batch }, () => rng.int(classes));
  const hot = labels.flatMap((label) => Array.from({ length: classes }, (_, i) => Number(i === label)));
  const feeds = { ...network.feeds(batch, seed), targets: float32(hot, [batch, classes]) };
  const trainable = [...network.weights, ...graph.headParameters];
  return { model: graph.model, trainable, feeds, labels, updates };
}

/** Mean cross-entropy of logits, in double precision. */
function crossEntropy(logits: Float32Array, labels: readonly number[]): number {
  const rows = labels.map((label, i) => {
    const row = [...logits.subarray(i * classes, (i + 1) * classes)];
    const top = Math.max(...row);
    return top + Math.log(row.reduce((sum, z) => sum + Math.exp(z - top), 0)) - row[label]!;
  });
  return rows.reduce((sum, row) => sum + row, 0) / rows.length;
}

interface Direction {
  readonly name: string;
  readonly weights: readonly string[];
  /** How often the slope is taken on the way. */
  readonly points: number;
  /** How far slope and difference may lie apart, as a share of what such a slope usually is. */
  readonly tolerance: number;
}

/**
 * Holds the gradients of the network as it is trained, its convolutions tiled, to central differences of the loss, worked
 * out in double precision from the engine's logits (that tiles answer as convolutions do is winograd.test.ts's matter), in
 * one random direction u a row of `directions`, each weight moving in proportion to its size:
 *   (loss(w + h·u) - loss(w - h·u)) / 2h = the mean of g·u between the two
 * The mean in place of g·u at w makes it hold with any number of kinks (Relu, maxima), which else cost a few per cent.
 */
export async function checkDirections(
  { model, trainable, feeds, labels }: WithLoss,
  directions: readonly Direction[],
  /** `reach`: how far to both sides, as a share of the weights' size; it keeps clear of rounding. */
  { seed, reach }: { readonly seed: number; readonly reach: number },
): Promise<void> {
  const { model: whole, gradients } = backward(tileConvolutions(model, trainable), "loss", trainable);
  const session = await nodeRuntime().load(writeModel(feedInitializers(whole, trainable)));
  const start = new Map(trainable.map((name) => [name, model.graph.initializers.get(name)!]));
  const rng = random(seed);
  for (const { name, weights, points, tolerance } of directions) {
    const moves = new Map(weights.map((weight) => [weight, drawn(start.get(weight)!, rng)]));
    const run = (h: number, wanted: readonly string[]) => {
      const moved = [...moves].map(([weight, { direction }]) => {
        const { shape } = start.get(weight)!;
        const values = floats(start.get(weight)!).map((value, i) => value + h * direction[i]!);
        return [weight, float32(values, shape)] as const;
      });
      return session.run({ ...feeds, ...Object.fromEntries(start), ...Object.fromEntries(moved) }, wanted);
    };
    const lossAt = async (h: number): Promise<number> =>
      crossEntropy(floats((await run(h, ["logits"])).logits!), labels);
    const numeric = ((await lossAt(reach)) - (await lossAt(-reach))) / (2 * reach);
    // `spread` is the size that the slope has in a direction of this kind: one of chance 0 is not held to its digits.
    let [analytic, spread] = [0, 0];
    for (let i = 0; i < points; i++) {
      const answer = await run(
        reach * ((2 * i + 1) / points - 1),
        weights.map((weight) => gradients.get(weight)!),
      );
      for (const [weight, { direction, size }] of moves) {
        const g = floats(answer[gradients.get(weight)!]!);
        for (const [j, u] of direction.entries()) {
          analytic += (g[j]! * u) / points;
          spread += (g[j]! * size) ** 2 / points;
        }
      }
    }
    const error = Math.abs(analytic - numeric) / Math.max(Math.abs(numeric), Math.sqrt(spread), leastSlope);
    expect(error, `seed ${seed}, ${name}: slope ${analytic}, difference ${numeric}`).toBeLessThan(tolerance);
  }
  await session.release();
}

/** Slopes below are lost in the loss's rounding; a key's bias in attention has none at all. */
const leastSlope = 0.01;

/** A random direction for a tensor, as large as the tensor is. */
function drawn(tensor: Tensor, rng: ReturnType<typeof random>) {
  const values = floats(tensor);
  const mean = Math.sqrt(values.reduce((sum, each) => sum + each * each, 0) / values.length);
  const size = Math.max(mean, 0.1);
  return { size, direction: values.map(() => size * rng.normal()) };
}

/** The loss before each of `count` updates on one batch, and after the last. */
export async function train(
  { model, trainable, feeds, updates }: WithLoss,
  optimizer: Optimizer,
  rate: number,
  count = 20,
): Promise<readonly number[]> {
  const step = stepGraph(model, "loss", trainable, optimizer, { replaced: updates });
  const carried = [...step.parameters, ...step.state];
  const session = await nodeRuntime().load(writeModel(step.model));
  let at: Record<string, Tensor> = Object.fromEntries(carried.map(({ input, start }) => [input, start]));
  const losses: number[] = [];
  for (let i = 1; i <= count + 1; i++) {
    const answer = await session.run({ ...feeds, ...at, rate: scalar(rate), step: scalar(i) });
    at = Object.fromEntries(carried.map(({ input, output }) => [input, answer[output]!]));
    losses.push(floats(answer.loss!)[0]!);
  }
  await session.release();
  return losses;
}
