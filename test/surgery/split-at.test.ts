import { describe, expect, test } from "vitest";
import { freeInputs } from "../../src/onnx/graph-tools.ts";
import { inferShapes } from "../../src/onnx/infer.ts";
import { blocksOf } from "../../src/surgery/blocks.ts";
import { splitAt } from "../../src/surgery/split-at.ts";
import {
  convNeXt,
  denseNet,
  efficientNet,
  foldedResNet,
  type Network,
  resNet,
  textEncoder,
  visionTransformer,
} from "../autodiff/networks.ts";
import { isThere, mobileNetV1, mobileNetV2, realNetwork, squeezeNet } from "../autodiff/real-networks.ts";
import { difference, run } from "./run.ts";

interface Row {
  readonly network: () => Network | Promise<Network>;
  /** Counted by hand from the architecture. */
  readonly blocks: number;
  readonly file?: string;
}

const rows: Readonly<Record<string, Row>> = {
  ResNet: { network: resNet, blocks: 5 },
  "ResNet, folded": { network: foldedResNet, blocks: 4 },
  DenseNet: { network: denseNet, blocks: 12 },
  ConvNeXt: { network: convNeXt, blocks: 7 },
  "vision transformer": { network: () => visionTransformer(false), blocks: 8 },
  EfficientNet: { network: efficientNet, blocks: 19 },
  "text encoder": { network: textEncoder, blocks: 11 },
  "MobileNet v1": { network: () => realNetwork(mobileNetV1), blocks: 27, file: mobileNetV1 },
  "MobileNet v2": { network: () => realNetwork(mobileNetV2), blocks: 32, file: mobileNetV2 },
  SqueezeNet: { network: () => realNetwork(squeezeNet), blocks: 17, file: squeezeNet },
};

describe.each(Object.entries(rows))("%s", (_name, { network, blocks: expected, file }) => {
  const skip = file !== undefined && !isThere(file);

  test.skipIf(skip)("is a chain of blocks that share out its weights", async () => {
    const { model, weights } = await network();
    const blocks = blocksOf(model.graph);
    expect(blocks.length).toBe(expected);
    expect(blocks[0]?.input).toBe(freeInputs(model.graph)[0]?.name);
    expect(blocks.at(-1)?.output).toBe(model.graph.outputs[0]?.name);
    for (const [i, block] of blocks.slice(1).entries()) expect(block.input).toBe(blocks[i]!.output);
    for (const block of blocks) expect(block.weights).not.toEqual([]);
    expect(blocks.flatMap((block) => block.weights).sort()).toEqual([...weights].sort());
    const nodes = blocks.flatMap((block) => block.nodes);
    expect(new Set(nodes).size).toBe(nodes.length);
  });

  test.skipIf(skip)("split anywhere, the parts give together what the whole gives", async () => {
    const { model, feeds } = await network();
    const whole = inferShapes(model);
    const seed = 31;
    const inputs = feeds(2, seed);
    const { features } = await run(whole, inputs);
    const blocks = blocksOf(whole.graph);
    for (const first of blocks.keys()) {
      const { frozen, top, boundary, blocks: trained } = splitAt(whole, first);
      const place = `seed ${seed}, block ${first}, '${boundary.name}'`;
      expect(boundary.name, place).toBe(blocks[first]?.input);
      expect(trained, place).toEqual(blocks.slice(first));
      expect(boundary.type?.kind, place).toBe("tensor");
      const before = frozen ? await run(frozen, inputs) : inputs;
      const entering = freeInputs(top.graph).map(({ name }) => [name, before[name] ?? inputs[name]!]);
      const answer = await run(top, Object.fromEntries(entering));
      expect(difference(answer.features!, features!), place).toBeLessThan(1e-5);
      // The frozen part holds none of the trained weights.
      const kept = trained
        .flatMap(({ weights }) => weights)
        .filter((name) => frozen?.graph.initializers.has(name));
      expect(kept, place).toEqual([]);
    }
  });
});
