import { float32, floats, type Tensor, uint8 } from "../../core/tensor.ts";
import { transposed } from "../../export/channels-last/constants.ts";
import { observedProgram } from "../../export/channels-last/observed.ts";
import type { Program } from "../../export/channels-last/program.ts";
import { departures, type Values } from "../../export/departures.ts";
import { imageInput } from "../../export/network.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import type { Graph, Model, Node } from "../../onnx/graph.ts";
import { inferShapes } from "../../onnx/infer.ts";
import { writeModel } from "../../onnx/write.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import type { Session } from "../../runtime/session.ts";
import { pixelsInput } from "../../surgery/preprocess.ts";
import { oneThread, type Picture } from "./runner.ts";

type Feeds = Readonly<Record<string, Tensor>>;
type Load = (file: Uint8Array) => Promise<Session>;
const load: Load = (file) => nodeRuntime().load(file, oneThread);

/** What a model computes on its way. */
async function values(model: Model, names: readonly string[], feeds: Feeds, start = load) {
  const b = GraphBuilder.from(model);
  for (const name of names) b.output(name, "float32");
  const session = await start(writeModel(b.model()));
  try {
    return await session.run(feeds, names);
  } finally {
    await session.release();
  }
}

function named(graph: Graph, trained: Values, exported: Values): readonly string[] {
  const nameOf = ({ name, outputs, opType }: Node): string => `${opType} ${name || outputs[0]}`;
  return [...new Set(departures(graph, trained, exported).map(({ node }) => nameOf(node)))];
}

/** Where an ONNX export of the trained model, run by `start`, departs from it: the nodes' names, the worst first. */
export async function departingNodes(
  trained: Model,
  exported: Model,
  { pixels: { data, width, height } }: Picture,
  start = load,
): Promise<readonly string[]> {
  const { graph } = inferShapes(trained);
  const known = new Map([...graph.values.values(), ...graph.outputs].map(({ name, type }) => [name, type]));
  const theirs = new Set(exported.graph.nodes.flatMap(({ outputs }) => outputs));
  const names = graph.nodes
    .flatMap(({ outputs }) => outputs)
    .filter((name) => {
      const type = known.get(name);
      return theirs.has(name) && type?.kind === "tensor" && type.dtype === "float32";
    });
  const feeds = { [pixelsInput]: uint8(data, [1, height, width, 3]) };
  const [own, other] = [await values(trained, names, feeds), await values(exported, names, feeds, start)];
  const numbers = (all: Record<string, Tensor>): Values =>
    new Map(names.map((name) => [name, floats(all[name]!)]));
  return named(graph, numbers(own), numbers(other));
}

/** A program as a format writes it and its runtime reads it: all of its outputs for an image. */
export type RunProgram = (program: Program, image: Float32Array) => Promise<readonly Float32Array[]>;

/** Where a format written from the network's program departs from the network: the nodes' names, the worst first. */
export async function departingSteps(
  network: Model,
  program: Program,
  { image }: Picture,
  run: RunProgram,
): Promise<readonly string[]> {
  const made = new Set(program.steps.map(({ output }) => output));
  const origins = [...(program.origins ?? [])].filter(([, { value }]) => made.has(value));
  const observed = [...new Set(origins.map(([, { value }]) => value))];
  const answers = await run(observedProgram(program, observed), image);
  const { shape } = program.values.get(imageInput)!;
  const names = origins.map(([name]) => name);
  const own = await values(network, names, { [imageInput]: float32(image, shape) });
  return named(
    network.graph,
    new Map(origins.map(([name, { order }]) => [name, floats(transposed(own[name]!, order))])),
    new Map(origins.map(([name, { value }]) => [name, answers[observed.indexOf(value)]!])),
  );
}
