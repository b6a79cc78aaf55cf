import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join as joinPath } from "node:path";
import { deriveSeed } from "../../src/core/random.ts";
import { float32, floats, int32, int64, sizeOf, type Tensor, uint8 } from "../../src/core/tensor.ts";
import { openBase } from "../../src/jobs/base-node.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import { writeModel } from "../../src/onnx/write.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import type { Session } from "../../src/runtime/session.ts";
import { join } from "../../src/surgery/join.ts";
import { affine, normalisations } from "../../src/surgery/preprocess.ts";
import { readTensors, writeTensors } from "../../src/train/network/safetensors.ts";
import { type Seen, type Source, type View, windows } from "./views.ts";

/** Rows of a shard, and pictures that go through the teacher at once. */
export const shardRows = 2000;
const batch = 16;

/** The teacher: MobileNet v2 1.0, its last feature map before the widening convolution, and its feature vector. */
export const teacherFile = "../shared/assets/models/mobilenet_v2_1.0_224_features.onnx";
const [teacherMap, teacherFeatures] = ["y94", "features"];
export const [mapChannels, featureCount] = [320, 1280];

/** What the student is taught from, a shard at a time. */
export interface Shard {
  readonly rows: number;
  /** uint8 [rows, side, side, 3]. */
  readonly pictures: Tensor;
  /** float16 [rows, featureCount] and [rows, mapChannels, side / 16, side / 16]. */
  readonly features: Tensor;
  readonly map: Tensor;
  /** int32 [rows], -1 for none. */
  readonly labels: Tensor;
}

/** Number of shards of a view. */
export function shardsOf(view: View, sources: readonly Source[]): number {
  return Math.ceil((sources.length * view.crops) / shardRows);
}

/** Opens the teacher for pictures of this side: uint8 `pixels` [N, side, side, 3] to float16 `features` and `map`. */
async function openTeacher(side: number): Promise<Session> {
  const runtime = nodeRuntime();
  const { backbone } = await openBase({ base: teacherFile, preprocess: "imagenet", size: side }, runtime);
  const front = new GraphBuilder({ opset: backbone.model.opsets.get("") ?? 18, name: "pixels" });
  const pixels = front.op("Cast", [front.input("pixels", "uint8", ["N", side, side, 3])], { to: 1 });
  const planes = front.op("Transpose", [pixels], { perm: [0, 3, 1, 2] });
  const { weight, bias } = affine(normalisations.imagenet);
  const scaled = front.op("Mul", [planes, front.constant(float32(weight, [3, 1, 1]))]);
  const out = front.op("Add", [scaled, front.constant(float32(bias, [3, 1, 1]))]);
  front.output(out, "float32", ["N", 3, side, side]);
  const taught = GraphBuilder.from(backbone.model);
  taught.output(teacherMap);
  taught.output(teacherFeatures);
  const whole = GraphBuilder.from(join(front.model(), taught.model(), { [backbone.input]: out }));
  for (const [name, value] of [
    ["taught.map", teacherMap],
    ["taught.features", teacherFeatures],
  ] as const) {
    whole.output(whole.op("Cast", [value], { to: 10 }, { outputs: [name] }), "float16", undefined);
  }
  return await runtime.load(writeModel(whole.model()), { runs: "many" });
}

/** Teachers by side, opened when they are first asked. */
export class Teacher {
  readonly #folder: string;
  readonly #seed: number;
  readonly #sessions = new Map<number, Promise<Session>>();

  constructor(folder: string, seed: number) {
    this.#folder = folder;
    this.#seed = seed;
  }

  /** A shard from its file, or computed and written: `cycle` draws the view's windows anew. */
  async shard(view: View, sources: readonly Source[], cycle: number, index: number): Promise<Shard> {
    const folder = joinPath(this.#folder, `${view.name}-${cycle}`);
    const file = joinPath(folder, `${String(index).padStart(4, "0")}.safetensors`);
    if (existsSync(file)) return await read(file);
    const shard = await this.#compute(view, sources, cycle, index);
    await mkdir(folder, { recursive: true });
    const { rows, ...tensors } = shard;
    const chunks = writeTensors({ tensors: new Map(Object.entries(tensors)), metadata: { rows: `${rows}` } });
    await writeFile(`${file}.part`, chunks);
    await rename(`${file}.part`, file);
    return shard;
  }

  async #compute(view: View, sources: readonly Source[], cycle: number, index: number): Promise<Shard> {
    const session = await this.#session(view.teacherSide);
    const range = [
      index * shardRows,
      Math.min((index + 1) * shardRows, sources.length * view.crops),
    ] as const;
    const seed = deriveSeed(this.#seed, cycle, view.side);
    const rows: Seen[] = [];
    const answers: Promise<Record<string, Tensor>>[] = [];
    const ask = (some: readonly Seen[]): void => {
      const { teacherSide: side } = view;
      const pixels = uint8(Buffer.concat(some.map((row) => row.teacher)), [some.length, side, side, 3]);
      answers.push(session.run({ pixels }));
    };
    let waiting: Seen[] = [];
    for await (const row of windows(view, sources, range, seed)) {
      rows.push({ ...row, teacher: new Uint8Array() });
      waiting.push(row);
      if (waiting.length < batch) continue;
      ask(waiting);
      waiting = [];
      // No more than a few batches wait for the engines.
      await answers.at(-5);
    }
    if (waiting.length > 0) ask(waiting);
    const parts = await Promise.all(answers);
    const places = view.side / 16;
    return {
      rows: rows.length,
      pictures: uint8(Buffer.concat(rows.map((row) => row.student)), [rows.length, view.side, view.side, 3]),
      features: joined(parts, "taught.features", [rows.length, featureCount]),
      map: joined(parts, "taught.map", [rows.length, mapChannels, places, places]),
      labels: int32(rows.map((row) => row.label)),
    };
  }

  #session(side: number): Promise<Session> {
    const known = this.#sessions.get(side) ?? openTeacher(side);
    this.#sessions.set(side, known);
    return known;
  }

  async close(): Promise<void> {
    for (const session of this.#sessions.values()) await (await session).release();
  }
}

function joined(parts: readonly Record<string, Tensor>[], name: string, shape: readonly number[]): Tensor {
  const bytes = Buffer.concat(parts.map((part) => part[name]!.bytes));
  if (bytes.length !== 2 * sizeOf(shape)) throw new Error(`${name}: ${bytes.length} bytes for [${shape}]`);
  return { dtype: "float16", shape, bytes };
}

async function read(file: string): Promise<Shard> {
  const bytes = await readFile(file);
  const stored = {
    size: bytes.length,
    read: async (at: number, length: number) => bytes.subarray(at, at + length),
  };
  const { tensors, metadata } = await readTensors(stored, (why) => new Error(`${file}: ${why}`));
  const of = (name: string): Tensor => tensors.get(name)!;
  return {
    rows: Number(metadata.rows),
    pictures: of("pictures"),
    features: of("features"),
    map: of("map"),
    labels: of("labels"),
  };
}

/** Mean and standard deviation of each channel, [channels] each, over a float16 tensor's rows and places. */
export async function spread(
  tensor: Tensor,
): Promise<{ readonly mean: Float32Array; readonly std: Float32Array }> {
  const b = new GraphBuilder({ opset: 18, name: "spread" });
  const axes = b.constant(int64(tensor.shape.map((_, axis) => axis).filter((axis) => axis !== 1)));
  const x = b.op("Cast", [b.input("x", "float16", tensor.shape)], { to: 1 });
  for (const [name, value] of [
    ["mean", x],
    ["squares", b.op("Mul", [x, x])],
  ] as const) {
    b.output(b.op("ReduceMean", [value, axes], { keepdims: 0 }, { outputs: [name] }), "float32", undefined);
  }
  const session = await nodeRuntime().load(writeModel(b.model()));
  const answer = await session.run({ x: tensor });
  await session.release();
  const mean = floats(answer.mean!);
  const std = floats(answer.squares!).map((square, c) => Math.sqrt(Math.max(square - mean[c]! ** 2, 1e-4)));
  return { mean, std };
}
