/**
 * Makes a taught student narrower, from the widths of `wide` to those of `narrow`: of the channels inside the last stage's blocks and of
 * the last map those stay that speak the loudest, by their root mean square on some pictures times the weights that hear
 * them. What is left is taught on with `train.ts --course narrow --from NARROWED`.
 *
 *   npx tsx recipes/box-backbone/narrow.ts CHECKPOINT SHARD NARROWED
 */
import { readFile, writeFile } from "node:fs/promises";
import { random } from "../../src/core/random.ts";
import { float32, floats, type Tensor } from "../../src/core/tensor.ts";
import type { Model } from "../../src/onnx/graph.ts";
import { writeModel } from "../../src/onnx/write.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { writeTensors } from "../../src/train/network/safetensors.ts";
import { checkpointOf } from "./state.ts";
import { type Architecture, narrow, student, wide } from "./student.ts";
import { shardFrom } from "./teacher.ts";

const [from, shardFile, to] = process.argv.slice(2);
if (from === undefined || shardFile === undefined || to === undefined)
  throw new Error("usage: narrow.ts CHECKPOINT SHARD NARROWED");
const { tensors } = await checkpointOf(from, await readFile(from));
const weights = new Map([...tensors].filter(([name]) => /^(conv\d+|read\.\w+)\.(weight|bias)$/.test(name)));

/** A place to narrow: who speaks there, who hears it, and how many channels may stay. */
interface Place {
  readonly speaks: string;
  readonly hears: readonly string[];
  readonly kept: number;
}

function placesOf({ stages, features }: Architecture): readonly Place[] {
  const { inner, blocks } = stages.at(-1)!;
  // Before the last stage's blocks: the first convolution, one a stage, three a block.
  const first = 1 + stages.length + 3 * stages.slice(0, -1).reduce((sum, stage) => sum + stage.blocks, 0);
  const within = Array.from({ length: 2 * blocks }, (_, i) => {
    const conv = first + 3 * (i >> 1) + (i % 2);
    return { speaks: `conv${conv}`, hears: [`conv${conv + 1}`], kept: inner };
  });
  const last = {
    speaks: `conv${first + 3 * blocks}`,
    hears: ["read.features", "read.classes"],
    kept: features,
  };
  return [...within, last];
}

/** The student as it was taught, with the maps behind these convolutions as outputs. */
function taught(places: readonly Place[]): { readonly model: Model; readonly maps: Map<string, string> } {
  const drawn = student(wide, "S", random(1));
  const { nodes, initializers } = drawn.graph;
  const known = new Map([...initializers].map(([name, tensor]) => [name, weights.get(name) ?? tensor]));
  const maps = new Map(
    places.map(({ speaks }) => {
      const conv = nodes.find(({ inputs }) => inputs.includes(`${speaks}.weight`))!;
      return [speaks, nodes.find(({ inputs }) => inputs.includes(conv.outputs[0]!))!.outputs[0]!];
    }),
  );
  const outputs = [...maps.values()].map((name) => ({ name, type: undefined }));
  return { model: { ...drawn, graph: { ...drawn.graph, initializers: known, outputs } }, maps };
}

const places = placesOf(narrow);
const { model, maps } = taught(places);
const { pictures } = await shardFrom(shardFile);
const [, side = 0] = pictures.shape;
const [count, batch, area] = [256, 32, side * side];
const squares = new Map<string, Float64Array>();
const session = await nodeRuntime().load(writeModel(model));
for (let begin = 0; begin < count; begin += batch) {
  const x = new Float32Array(batch * 3 * area);
  for (let at = 0; at < x.length; at++) {
    const [picture, channel, place] = [Math.floor(at / area / 3), Math.floor(at / area) % 3, at % area];
    x[at] = pictures.bytes[((begin + picture) * area + place) * 3 + channel]! / 127.5 - 1;
  }
  const answer = await session.run({ x: float32(x, [batch, 3, side, side]) });
  for (const [speaks, map] of maps) {
    const [, channels = 0, h = 0, w = 0] = answer[map]!.shape;
    const sums = squares.get(speaks) ?? new Float64Array(channels);
    squares.set(speaks, sums);
    for (const [i, value] of floats(answer[map]!).entries())
      sums[Math.floor(i / (h * w)) % channels]! += value ** 2;
  }
}
await session.release();

/** Some entries of a tensor along an axis. */
function chosen(tensor: Tensor, axis: number, entries: readonly number[]): Tensor {
  const { shape } = tensor;
  const [outer, inner] = [shape.slice(0, axis), shape.slice(axis + 1)].map((dims) =>
    dims.reduce((product, dim) => product * dim, 1),
  ) as [number, number];
  const values = floats(tensor);
  const parts = Array.from({ length: outer }, (_, o) =>
    entries.flatMap((entry) => {
      const at = (o * shape[axis]! + entry) * inner;
      return [...values.subarray(at, at + inner)];
    }),
  );
  return float32(Float32Array.from(parts.flat()), shape.with(axis, entries.length));
}

/** How loud what they say of each channel is to those who hear it. */
function heard(hears: readonly string[], channels: number): Float64Array {
  const sums = new Float64Array(channels);
  for (const name of hears) {
    const weight = weights.get(`${name}.weight`)!;
    const inner = weight.shape.slice(2).reduce((product, dim) => product * dim, 1);
    for (const [i, value] of floats(weight).entries()) sums[Math.floor(i / inner) % channels]! += value ** 2;
  }
  return sums;
}

const change = (name: string, axis: number, entries: readonly number[]): void => {
  weights.set(name, chosen(weights.get(name)!, axis, entries));
};
for (const { speaks, hears, kept } of places) {
  const spoken = squares.get(speaks)!;
  const listened = heard(hears, spoken.length);
  const loudness = spoken.map((square, i) => square * listened[i]!);
  const order = [...loudness.keys()].sort((a, b) => loudness[b]! - loudness[a]!);
  const entries = order.slice(0, kept).sort((a, b) => a - b);
  const lost = order.slice(kept).reduce((sum, i) => sum + loudness[i]!, 0);
  const share = lost / loudness.reduce((a, b) => a + b, 0);
  change(`${speaks}.weight`, 0, entries);
  change(`${speaks}.bias`, 0, entries);
  for (const name of hears) change(`${name}.weight`, 1, entries);
  console.log(
    `${speaks}: ${kept} of ${spoken.length} channels, ${(100 * share).toFixed(1)} % of the loudness lost`,
  );
}
await writeFile(to, writeTensors({ tensors: weights, metadata: { narrowed: from } }));
