import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { float32, floats } from "../../src/core/tensor.ts";
import { writeModel } from "../../src/onnx/write.ts";
import type { StepGraph } from "../../src/train/step-graph.ts";
import type { Learned, Lesson, Task, Tensors } from "./learner.ts";

/** Steps between two meetings. */
export const apart = 10;

/**
 * A learner a core: each steps its own weights on batches of its own, and every tenth step they meet in the mean of all
 * (local SGD, Stich 2019). Two engines of one thread take 2.0 ms a picture, one of two threads 2.5.
 */
export class Learners {
  readonly #processes: readonly ChildProcess[];

  private constructor(processes: readonly ChildProcess[]) {
    this.#processes = processes;
  }

  static open({ model, parameters, state }: StepGraph, losses: readonly string[]): Learners {
    const lesson: Lesson = { model: writeModel(model), parameters, memory: state, losses };
    const file = new URL("./learner.ts", import.meta.url);
    const processes = Array.from({ length: availableParallelism() }, () => {
      const process = fork(file, { serialization: "advanced" });
      process.send(lesson);
      return process;
    });
    return new Learners(processes);
  }

  get count(): number {
    return this.#processes.length;
  }

  /** A task a learner, all from the same weights; answers the mean of what they came to, and all losses. Throws where one dies. */
  async learn(tasks: readonly Task[]): Promise<Learned> {
    const all = await Promise.all(this.#processes.map((process, i) => answer(process, tasks[i]!)));
    return {
      parameters: mean(all.map(({ parameters }) => parameters)),
      memory: mean(all.map(({ memory }) => memory)),
      losses: all.flatMap(({ losses }) => losses),
    };
  }

  close(): void {
    for (const process of this.#processes) process.kill();
  }
}

async function answer(process: ChildProcess, task: Task): Promise<Learned> {
  const ended = new AbortController();
  const died = once(process, "exit", { signal: ended.signal }).then(([code]) => {
    throw new Error(`a learner ended with ${code}`);
  });
  const learned = once(process, "message", { signal: ended.signal });
  process.send(task);
  try {
    const [message] = (await Promise.race([learned, died])) as [Learned];
    return message;
  } finally {
    ended.abort();
    await Promise.allSettled([learned, died]);
  }
}

function mean(all: readonly Tensors[]): Tensors {
  return new Map(
    [...all[0]!].map(([name, { shape }]) => {
      const parts = all.map((tensors) => {
        const tensor = tensors.get(name)!;
        return floats({ ...tensor, bytes: new Uint8Array(tensor.bytes) });
      });
      const sum = parts[0]!.slice();
      for (const part of parts.slice(1)) for (let i = 0; i < sum.length; i++) sum[i]! += part[i]!;
      return [
        name,
        float32(
          sum.map((value) => value / parts.length),
          shape,
        ),
      ];
    }),
  );
}
