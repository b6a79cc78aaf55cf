import { describe, expect, test } from "vitest";
import { backward } from "../../src/autodiff/backward.ts";
import { GradientError } from "../../src/autodiff/errors.ts";
import type { Graph } from "../../src/onnx/graph.ts";
import { adam } from "../../src/optim/adam.ts";
import { blocksOf } from "../../src/surgery/blocks.ts";
import {
  convNeXt,
  denseNet,
  efficientNet,
  foldedResNet,
  type Network,
  resNet,
  textEncoder,
  visionTransformer,
} from "./networks.ts";
import { isThere, mobileNetV1, mobileNetV2, realNetwork, squeezeNet } from "./real-networks.ts";
import { checkDirections, train, withLoss } from "./training.ts";

interface Row {
  readonly network: () => Network | Promise<Network>;
  /** Adam's. */
  readonly rate: number;
  readonly byBatch?: boolean;
  /** With weight decay: AdamW. */
  readonly decay?: number;
}

const built: Readonly<Record<string, Row>> = {
  ResNet: { network: resNet, rate: 3e-3 },
  "ResNet, folded": { network: foldedResNet, rate: 3e-3 },
  "ResNet by batch statistics": { network: resNet, rate: 5e-3, byBatch: true },
  DenseNet: { network: denseNet, rate: 3e-3 },
  ConvNeXt: { network: convNeXt, rate: 2e-2, decay: 0.05 },
  "vision transformer": { network: () => visionTransformer(false), rate: 5e-3, decay: 0.05 },
  "vision transformer, norms decomposed": { network: () => visionTransformer(true), rate: 5e-3 },
  EfficientNet: { network: efficientNet, rate: 5e-3 },
  "text encoder": { network: textEncoder, rate: 1e-2 },
};

describe.each(Object.entries(built))("%s", (_name, { network, rate, byBatch = false, decay = 0 }) => {
  test("its gradients agree with finite differences, all together and each weight's alone", async () => {
    const seed = 21;
    const prepared = withLoss(await network(), { batch: 3, seed, byBatch });
    const all = { name: "all weights", weights: prepared.trainable, points: 16, tolerance: 0.01 };
    const each = prepared.trainable.map((name) => ({ name, weights: [name], points: 5, tolerance: 0.03 }));
    await checkDirections(prepared, [all, all, all, ...each], { seed, reach: 0.002 });
  });

  test("20 steps overfit 8 inputs", async () => {
    const seed = 22;
    const prepared = withLoss(await network(), { batch: 8, seed, byBatch });
    const losses = await train(prepared, adam({ weightDecay: decay }), rate);
    expect(losses[0], `seed ${seed}`).toBeGreaterThan(1);
    expect(losses.at(-1), `seed ${seed}, losses ${losses}`).toBeLessThan(0.01);
  });
});

describe.each([
  [mobileNetV1, 3e-4],
  [mobileNetV2, 3e-4],
  [squeezeNet, 2e-4],
])("%s", (file, rate) => {
  test.skipIf(!isThere(file))("its gradients agree with finite differences", async () => {
    const seed = 23;
    const network = await realNetwork(file);
    const prepared = withLoss(network, { batch: 2, seed });
    const blocks = blocksOf(network.model.graph);
    const quarter = Math.ceil(blocks.length / 4);
    const parts = [0, 1, 2, 3].map((i) => ({
      name: `quarter ${i + 1} of the blocks`,
      weights: blocks.slice(i * quarter, (i + 1) * quarter).flatMap(({ weights }) => weights),
      points: 5,
      tolerance: 0.03,
    }));
    const all = { name: "all weights", weights: prepared.trainable, points: 8, tolerance: 0.02 };
    await checkDirections(prepared, [all, ...parts], { seed, reach: 1e-4 });
  });

  test.skipIf(!isThere(file))("20 steps of AdamW overfit 8 pictures", async () => {
    const seed = 24;
    // Their features are large: a drawn head would begin far off, a loss of 23 for one seed.
    const prepared = withLoss(await realNetwork(file), { batch: 8, seed, zeroHead: true });
    const losses = await train(prepared, adam({ weightDecay: 0.01 }), rate);
    expect(losses[0], `seed ${seed}`).toBeGreaterThan(1);
    expect(losses.at(-1), `seed ${seed}, losses ${losses}`).toBeLessThan(0.01);
  });
});

/** The last node of a kind, of another kind. */
function replaced(graph: Graph, opType: string, other: string, name: string): Graph {
  const at = graph.nodes.findLastIndex((node) => node.opType === opType);
  return { ...graph, nodes: graph.nodes.with(at, { ...graph.nodes[at]!, opType: other, name }) };
}

test("an operator without a rule in a network: the error names the node and the way from it to the loss", async () => {
  const { model, trainable } = withLoss(await resNet(), { batch: 1, seed: 25 });
  const odd = { ...model, graph: replaced(model.graph, "Relu", "Hardmax", "layer3/gate") };
  const whole = (): unknown => backward(odd, "loss", trainable);
  expect(whole).toThrow(GradientError);
  expect(whole).toThrow("No gradient passes Hardmax 'layer3/gate'");
  const behind = "Hardmax → GlobalAveragePool → Flatten → Identity → Gemm → LogSoftmax → Mul";
  expect(whole).toThrow(`${behind} → ReduceSum → Neg → ReduceMean → loss.`);
  // What comes behind it can be trained all the same.
  const head = trainable.filter((name) => name.startsWith("head."));
  expect([...backward(odd, "loss", head).gradients.keys()]).toEqual(head);
});
