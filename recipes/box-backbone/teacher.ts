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
import { type Seen, type Sides, type Source, type View, windows } from "./views.ts";

/** Rows of a shard, and pictures that go through the teacher at once. */
export const shardRows = 2560;
const batch = 16;

/** The teacher: MobileNet v1 1.0, and the length of its feature vector. */
export const teacherFile = "../shared/assets/models/mobilenet_v1_1.0_224.onnx";
export const featureCount = 1024;

/** What the student is taught from, a shard at a time. */
export interface Shard {
  readonly rows: number;
  /** uint8 [rows, side, side, 3]. */
  readonly pictures: Tensor;
  /** float16 [rows, featureCount]. */
  readonly features: Tensor;
  /** int32 [rows], -1 for none. */
  readonly labels: Tensor;
}

/** Number of shards of a view. */
export function shardsOf(view: View, sources: readonly Source[]): number {
  return Math.ceil((sources.length * view.windows) / shardRows);
}

/** Opens the teacher: uint8 `pixels` [N, side, side, 3] to float16 `taught`. */
async function openTeacher(size: number): Promise<Session> {
  const runtime = nodeRuntime();
  const { backbone } = await openBase({ base: teacherFile, preprocess: "inception", size }, runtime);
  const front = new GraphBuilder({ opset: backbone.model.opsets.get("") ?? 18, name: "pixels" });
  const pixels = front.op("Cast", [front.input("pixels", "uint8", ["N", size, size, 3])], { to: 1 });
  const planes = front.op("Transpose", [pixels], { perm: [0, 3, 1, 2] });
  const { weight, bias } = affine(normalisations.inception);
  const scaled = front.op("Mul", [planes, front.constant(float32(weight, [3, 1, 1]))]);
  const out = front.op("Add", [scaled, front.constant(float32(bias, [3, 1, 1]))]);
  front.output(out, "float32", ["N", 3, size, size]);
  const whole = GraphBuilder.from(join(front.model(), backbone.model, { [backbone.input]: out }));
  const taught = whole.op("Cast", [backbone.output], { to: 10 }, { outputs: ["taught"] });
  whole.output(taught, "float16", undefined);
  return await runtime.load(writeModel(whole.model()), { runs: "many" });
}

/** A teacher, opened when it is first asked. */
export class Teacher {
  readonly #folder: string;
  readonly #sides: Sides;
  readonly #seed: number;
  #session: Promise<Session> | undefined;

  constructor(folder: string, sides: Sides, seed: number) {
    this.#folder = folder;
    this.#sides = sides;
    this.#seed = seed;
  }

  /** A shard's file, computed and written where there is none. */
  async shard(view: View, sources: readonly Source[], index: number): Promise<string> {
    const folder = joinPath(this.#folder, view.name);
    const file = joinPath(folder, `${String(index).padStart(4, "0")}.safetensors`);
    if (existsSync(file)) return file;
    const shard = await this.#compute(view, sources, index);
    await mkdir(folder, { recursive: true });
    const { rows, ...tensors } = shard;
    const chunks = writeTensors({ tensors: new Map(Object.entries(tensors)), metadata: { rows: `${rows}` } });
    await writeFile(`${file}.part`, chunks);
    await rename(`${file}.part`, file);
    return file;
  }

  async #compute(view: View, sources: readonly Source[], index: number): Promise<Shard> {
    const { student: side, teacher: teacherSide } = this.#sides;
    this.#session ??= openTeacher(teacherSide);
    const session = await this.#session;
    const range = [
      index * shardRows,
      Math.min((index + 1) * shardRows, sources.length * view.windows),
    ] as const;
    const seed = deriveSeed(this.#seed, 5);
    const rows: Seen[] = [];
    const answers: Promise<Record<string, Tensor>>[] = [];
    const ask = (some: readonly Seen[]): void => {
      const shape = [some.length, teacherSide, teacherSide, 3];
      const pixels = uint8(Buffer.concat(some.map((row) => row.teacher)), shape);
      answers.push(session.run({ pixels }));
    };
    let waiting: Seen[] = [];
    for await (const row of windows(view, this.#sides, sources, range, seed)) {
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
    return {
      rows: rows.length,
      pictures: uint8(Buffer.concat(rows.map((row) => row.student)), [rows.length, side, side, 3]),
      features: joined(parts, "taught", [rows.length, featureCount]),
      labels: int32(rows.map((row) => row.label)),
    };
  }

  async close(): Promise<void> {
    await (await this.#session)?.release();
  }
}

function joined(parts: readonly Record<string, Tensor>[], name: string, shape: readonly number[]): Tensor {
  const bytes = Buffer.concat(parts.map((part) => part[name]!.bytes));
  if (bytes.length !== 2 * sizeOf(shape)) throw new Error(`${name}: ${bytes.length} bytes for [${shape}]`);
  return { dtype: "float16", shape, bytes };
}

/** A shard from its file. */
export async function shardFrom(file: string): Promise<Shard> {
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
    labels: of("labels"),
  };
}

/** Mean and standard deviation of each column, over a float16 tensor [rows, columns]. */
export async function spread(
  tensor: Tensor,
): Promise<{ readonly mean: Float32Array; readonly std: Float32Array }> {
  const b = new GraphBuilder({ opset: 18, name: "spread" });
  const axes = b.constant(int64([0]));
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
