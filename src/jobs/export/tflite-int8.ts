import { listOf } from "../../core/list.ts";
import { float32, floats } from "../../core/tensor.ts";
import type { Program } from "../../export/channels-last/program.ts";
import { probabilitiesOutput } from "../../export/classifier.ts";
import { imageInput } from "../../export/network.ts";
import { parityOf } from "../../export/parity.ts";
import { calibrate, counting } from "../../export/quantise/calibrate.ts";
import type { Range } from "../../export/quantise/range.ts";
import { signalToNoise } from "../../export/quantise/sensitivity.ts";
import type { Weights } from "../../export/tflite/file.ts";
import { type Int8Plan, int8Plan, isLayer, rangedValues } from "../../export/tflite/int8.ts";
import { writeTflite } from "../../export/tflite/write.ts";
import { writeModel } from "../../onnx/write.ts";
import { loadLitert } from "../../runtime/litert-node.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import type { Trained } from "./formats.ts";
import { settled, telling } from "./int8.ts";
import type { Lowered } from "./lowered.ts";
import { Fitting, oneThread } from "./runner.ts";

type Images = readonly Float32Array[];

/**
 * Which steps compute in 8 bits, by ranges taken from training pictures. Where LiteRT then says something else on more of
 * these than `least` allows, the layers that suffer most go back to float.
 */
export async function int8Weights(trained: Trained, lowered: Lowered, least: number) {
  const { program } = lowered;
  const images = await imagesOf(trained);
  const { ranges, answers } = await observedRanges(lowered, images);
  const { labels, task } = trained.record;
  const about = { classes: labels.length, multiLabel: task === "multi-label" };
  let ranking: ReturnType<typeof ranked> | undefined;
  const worst = () => (ranking ??= ranked(program, ranges, images.slice(0, telling)));
  const { made, keptInFloat } = await settled<Int8Plan>({
    least,
    make: (exclude) => int8Plan(program, ranges, exclude),
    async agreement(plan) {
      const exported = joined(await litertAnswers(program, plan, images));
      return parityOf({ trained: answers, exported, ...about }).agreement;
    },
    worst,
  });
  return {
    weights: made,
    ...(keptInFloat.length > 0 && { keptInFloat }),
    worst: async () => (await worst()).map(({ node }) => node),
  };
}

/** Training pictures as the network takes them. */
async function imagesOf({ record, calibration }: Trained): Promise<Images> {
  const fitting = await Fitting.open(nodeRuntime(), listOf(record.preprocess)[0]!);
  const images: Float32Array[] = [];
  try {
    for await (const pixels of calibration()) images.push((await fitting.fit(pixels)).image);
  } finally {
    await fitting.close();
  }
  return images;
}

/** Ranges of the program's values, as far as the network has them too, and the network's own answers. */
async function observedRanges({ network, program }: Lowered, images: Images) {
  const nameOf = new Map([...(program.origins ?? [])].map(([name, { value }]) => [value, name]));
  const values = rangedValues(program).filter((value) => nameOf.has(value));
  const { shape } = program.values.get(imageInput)!;
  const feeds = images.map((image) => ({ [imageInput]: float32(image, shape) }));
  const observing = counting(
    network,
    values.map((value) => nameOf.get(value)!),
  );
  const load = (model: typeof network) => nodeRuntime().load(writeModel(model), oneThread);
  const session = await load(observing.model);
  const found = await calibrate(session, observing, feeds).finally(() => session.release());
  const ranges = new Map(values.map((value): [string, Range] => [value, found.get(nameOf.get(value)!)!]));
  const whole = await load(network);
  const rows: Float32Array[] = [];
  try {
    for (const each of feeds) rows.push(floats((await whole.run(each))[probabilitiesOutput]!));
  } finally {
    await whole.release();
  }
  return { ranges, answers: joined(rows) };
}

/** The program's first output for each image, as LiteRT computes it. */
async function litertAnswers(
  program: Program,
  weights: Weights,
  images: Images,
): Promise<readonly Float32Array[]> {
  const session = await loadLitert(writeTflite(program, { weights, labels: [], name: program.name }));
  try {
    const rows: Float32Array[] = [];
    for (const image of images) rows.push(await session.run(image, program.values.get(imageInput)!.shape));
    return rows;
  } finally {
    session.release();
  }
}

/** The layers by the noise that 8 bits make of them at the last one's output, each alone in 8 bits; the worst first. */
async function ranked(program: Program, ranges: ReadonlyMap<string, Range>, images: Images) {
  const layers = program.steps.filter(isLayer).map(({ output }) => output);
  const telling = { ...program, outputs: layers.slice(-1) };
  const exact = await litertAnswers(telling, "float32", images);
  const found: { readonly node: string; readonly decibels: number }[] = [];
  for (const node of layers) {
    const exclude = new Set(layers.filter((each) => each !== node));
    const plan = int8Plan(program, ranges, exclude);
    if (!plan.steps.has(node)) continue;
    const decibels = signalToNoise(exact, await litertAnswers(telling, plan, images));
    found.push({ node, decibels });
  }
  return found.sort((a, b) => a.decibels - b.decibels);
}

function joined(rows: readonly Float32Array[]): Float32Array {
  return Float32Array.from(rows.flatMap((row) => [...row]));
}
