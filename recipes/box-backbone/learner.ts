/** A learner in a process of its own, started by learners.ts: one engine of one thread, and the pictures it learns from. */
import * as onnxruntime from "onnxruntime-node";
import { random } from "../../src/core/random.ts";
import { floats, scalar, type Tensor } from "../../src/core/tensor.ts";
import { loadSession } from "../../src/runtime/engine-session.ts";
import { batchOf } from "./batch.ts";
import { type Shard, shardFrom } from "./teacher.ts";

export type Tensors = ReadonlyMap<string, Tensor>;

export interface Weights {
  readonly parameters: Tensors;
  readonly memory: Tensors;
}

/** Some steps on batches from one shard, from these weights on. */
export interface Task extends Weights {
  readonly shard: string;
  readonly steps: readonly {
    readonly step: number;
    readonly rate: number;
    readonly rows: Int32Array;
    readonly seed: number;
  }[];
}

/** What the learner is given first: the step graph, and which of its outputs goes back into which input. */
export interface Lesson {
  readonly model: Uint8Array;
  readonly parameters: readonly Loop[];
  readonly memory: readonly Loop[];
  readonly losses: readonly string[];
}
interface Loop {
  readonly input: string;
  readonly output: string;
}

/** The weights after a task, and the losses of each of its steps. */
export interface Learned extends Weights {
  readonly losses: readonly (readonly number[])[];
}

/** Numbers too small for full precision count as 0 (see src/runtime/node.ts). */
const options = { intraOpNumThreads: 1, extra: { session: { set_denormal_as_zero: "1" } } };

// Ctrl-C is for the process that asks: it ends its learners when it is done.
process.on("SIGINT", () => {});
process.once("disconnect", () => process.exit());

const messages: unknown[] = [];
process.on("message", (message) => messages.push(message));
const lesson = await next<Lesson>();
const session = await loadSession(onnxruntime, "onnxruntime-node", lesson.model, options);
let known: { readonly file: string; readonly shard: Shard } | undefined;
for (;;) process.send?.(await learn(await next<Task>()));

async function learn(task: Task): Promise<Learned> {
  if (known?.file !== task.shard) known = { file: task.shard, shard: await shardFrom(task.shard) };
  let [parameters, memory] = [aligned(task.parameters), aligned(task.memory)];
  const losses: number[][] = [];
  for (const { step, rate, rows, seed } of task.steps) {
    const answer = await session.run({
      ...batchOf(known.shard, rows, random(seed)),
      ...Object.fromEntries([...parameters, ...memory]),
      rate: scalar(rate),
      step: scalar(step),
    });
    const carried = (loops: readonly Loop[]): Tensors =>
      new Map(loops.map(({ input, output }) => [input, answer[output]!]));
    [parameters, memory] = [carried(lesson.parameters), carried(lesson.memory)];
    losses.push(lesson.losses.map((name) => floats(answer[name]!)[0]!));
  }
  return { parameters, memory, losses };
}

/** What comes through the channel starts anywhere in its buffer; numbers of four bytes may not. */
function aligned(tensors: Tensors): Tensors {
  return new Map(
    [...tensors].map(([name, tensor]) => [name, { ...tensor, bytes: new Uint8Array(tensor.bytes) }]),
  );
}

/** The next message; those that come while none is awaited wait here. */
async function next<T>(): Promise<T> {
  if (messages.length === 0) await new Promise<void>((resolve) => process.once("message", () => resolve()));
  return messages.shift() as T;
}
