import { join } from "node:path";
import { random } from "../src/core/random.ts";
import { float32, scalar, type Tensor } from "../src/core/tensor.ts";
import type { Model } from "../src/onnx/graph.ts";
import { inferShapes } from "../src/onnx/infer.ts";
import { loadModel } from "../src/onnx/load-node.ts";
import { writeModel } from "../src/onnx/write.ts";
import { sgd } from "../src/optim/sgd.ts";
import { nodeRuntime } from "../src/runtime/node.ts";
import type { Session } from "../src/runtime/session.ts";
import { blocksOf } from "../src/surgery/blocks.ts";
import { initialWeights } from "../src/surgery/head-graph.ts";
import { normalisations } from "../src/surgery/preprocess.ts";
import { firstTrained, splitAt } from "../src/surgery/split-at.ts";
import { prepareBackbone } from "../src/train/backbone.ts";
import { feedInitializers } from "../src/train/loss-graph.ts";
import { networkGraph } from "../src/train/network/network-graph.ts";
import { type StepGraph, stepGraph } from "../src/train/step-graph.ts";
import type { Figure } from "./index.ts";

const rounds = 9;
const classes = 10;

/** One update against one forward pass of the same network by the same engine, its weights built in. */
export async function* training(assets: string): AsyncGenerator<Figure> {
  const { resnet18 } = await import("./resnet18.ts");
  yield* againstForward("ResNet-18 at 224, batch 16, all weights", resnet18(224), 512, [16, 3, 224, 224]);
  const mobilenet = await mobilenetV2(assets, 128);
  yield* againstForward("MobileNet v2 at 128, batch 32, all weights", mobilenet, 1280, [32, 3, 128, 128]);
  yield* topThird(await mobilenetV2(assets, 224));
}

async function mobilenetV2(assets: string, size: number): Promise<Model> {
  const file = await loadModel(join(assets, "models/mobilenet_v2_1.0_224_features.onnx"));
  const preprocess = { ...normalisations.imagenet, source: "" };
  const { model } = await prepareBackbone(file, { name: "mobilenet", preprocess, size }, nodeRuntime());
  return model;
}

interface Trained {
  /** The forward pass alone, its weights fed as training feeds them. */
  readonly forward: Session;
  /** The same with its weights built in, which the engine lays out anew for its fastest kernels. */
  readonly built: Session;
  readonly update: Session;
  readonly step: StepGraph;
  readonly feeds: Readonly<Record<string, Tensor>>;
}

async function open(
  model: Model,
  width: number,
  shape: readonly number[],
  trainable?: readonly string[],
): Promise<Trained> {
  const head = initialWeights([], { width, classes }, random(2));
  const graph = networkGraph(inferShapes(model), [], { width, classes }, head);
  const weights = trainable ?? blocksOf(inferShapes(model).graph).flatMap((block) => block.weights);
  const trainedNames = [...weights, ...graph.headParameters];
  const step = stepGraph(graph.model, "loss", trainedNames, sgd({ momentum: 0.9 }));
  const runtime = nodeRuntime();
  const rng = random(3);
  const size = shape.reduce((product, dim) => product * dim, 1);
  const targets = new Float32Array(shape[0]! * classes);
  for (let row = 0; row < shape[0]!; row++) targets[row * classes + rng.int(classes)] = 1;
  const feeds = {
    [model.graph.inputs[0]!.name]: float32(
      Float32Array.from({ length: size }, () => rng.normal()),
      shape,
    ),
    targets: float32(targets, [shape[0]!, classes]),
  };
  return {
    forward: await runtime.load(writeModel(feedInitializers(graph.model, trainedNames))),
    built: await runtime.load(writeModel(graph.model)),
    update: await runtime.load(writeModel(step.model)),
    step,
    feeds,
  };
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function oneUpdate({ update, step, feeds }: Trained): () => Promise<unknown> {
  let carried = new Map([...step.parameters, ...step.state].map(({ input, start }) => [input, start]));
  return async () => {
    const answer = await update.run({
      ...feeds,
      ...Object.fromEntries(carried),
      rate: scalar(1e-4),
      step: scalar(1),
    });
    carried = new Map(
      [...step.parameters, ...step.state].map(({ input, output }) => [input, answer[output]!]),
    );
  };
}

async function* againstForward(
  name: string,
  model: Model,
  width: number,
  shape: readonly number[],
): AsyncGenerator<Figure> {
  const trained = await open(model, width, shape);
  const update = oneUpdate(trained);
  const weights = Object.fromEntries(trained.step.parameters.map(({ input, start }) => [input, start]));
  const times: Record<"fed" | "built" | "update", number[]> = { fed: [], built: [], update: [] };
  for (let round = 0; round < rounds; round++) {
    times.fed.push(await milliseconds(() => trained.forward.run({ ...trained.feeds, ...weights }, ["loss"])));
    times.update.push(await milliseconds(update));
    times.built.push(await milliseconds(() => trained.built.run(trained.feeds, ["loss"])));
  }
  await close(trained);
  // The least of each: what other work on the machine adds is never less than nothing.
  const whole = Math.min(...times.update);
  for (const [forward, words] of [
    [Math.min(...times.fed), "its weights fed, as training feeds them"],
    [Math.min(...times.built), "its weights built in"],
  ] as const) {
    yield {
      name: `forward + backward + update, ${name}`,
      value: Number((whole / forward).toFixed(2)),
      unit: "times the reference's time",
      against: `its own forward pass, ${words}`,
    };
  }
}

async function close({ forward, built, update }: Trained): Promise<void> {
  await forward.release();
  await built.release();
  await update.release();
}

/** The last third of the blocks on cached activations, against running the frozen part each time, and training all. */
async function* topThird(model: Model): AsyncGenerator<Figure> {
  const batch = 32;
  const { graph } = inferShapes(model);
  const blocks = blocksOf(graph);
  const {
    top,
    boundary,
    blocks: trainedBlocks,
  } = splitAt(inferShapes(model), firstTrained(blocks, { kind: "share", share: 1 / 3 }));
  const weights = trainedBlocks.flatMap((block) => block.weights);
  const shape = boundary.type?.kind === "tensor" ? (boundary.type.shape?.slice(1) ?? []) : [];
  const sizes = shape.filter((dim) => typeof dim === "number");
  const cached = await open(top, 1280, [batch, ...sizes], weights);
  const whole = await open(model, 1280, [batch, 3, 224, 224], weights);
  const all = await open(model, 1280, [batch, 3, 224, 224]);
  const times: Record<"cached" | "whole" | "all", number[]> = { cached: [], whole: [], all: [] };
  const updates = { cached: oneUpdate(cached), whole: oneUpdate(whole), all: oneUpdate(all) };
  for (let round = 0; round < rounds; round++) {
    times.all.push(await milliseconds(updates.all));
    times.whole.push(await milliseconds(updates.whole));
    times.cached.push(await milliseconds(updates.cached));
  }
  for (const each of [cached, whole, all]) await close(each);
  for (const [slow, words] of [
    [times.whole, "the same update with the frozen part run each time"],
    [times.all, "an update of all weights"],
  ] as const) {
    yield {
      name: "an update of the top third of MobileNet v2 at 224 on cached activations",
      value: Number((Math.min(...slow) / Math.min(...times.cached)).toFixed(2)),
      unit: "times faster",
      against: words,
    };
  }
}
