import { readFile, rename, writeFile } from "node:fs/promises";
import type { Tensor } from "../../src/core/tensor.ts";
import { readModel } from "../../src/onnx/read.ts";
import type { Runtime } from "../../src/runtime/session.ts";
import { readTensors, writeTensors } from "../../src/train/network/safetensors.ts";

type Tensors = ReadonlyMap<string, Tensor>;

/** Where training stands: after `step` steps, with these weights and this memory of the optimizer. */
export interface State {
  readonly step: number;
  readonly parameters: Tensors;
  readonly memory: Tensors;
}

/** A checkpoint's tensors and what it says of itself. Throws for a file that is damaged. */
export async function checkpointOf(file: string, bytes: Uint8Array): ReturnType<typeof readTensors> {
  const stored = {
    size: bytes.length,
    read: async (at: number, length: number) => bytes.slice(at, at + length),
  };
  return readTensors(stored, (why) => new Error(`${file}: ${why}`));
}

/** The state that a checkpoint holds, `fresh` where there is none. Throws for a file that is damaged or of another student. */
export async function loadState(file: string, fresh: State): Promise<State> {
  const bytes = await readFile(file).catch(() => undefined);
  if (bytes === undefined) return fresh;
  const { tensors, metadata } = await checkpointOf(file, bytes);
  const of = (list: Tensors): Tensors =>
    new Map(
      [...list].map(([name, { shape }]) => {
        const tensor = tensors.get(name);
        if (`${tensor?.shape}` === `${shape}`) return [name, tensor!];
        throw new Error(
          `${file} is of another student: ${name} is [${tensor?.shape}] there, [${shape}] here`,
        );
      }),
    );
  return { step: Number(metadata.step), parameters: of(fresh.parameters), memory: of(fresh.memory) };
}

/**
 * The weights of an earlier student in the place of `fresh` ones, from its file or from a checkpoint; what reads the
 * student is not in its file and stays fresh. Throws for a file of another student.
 */
export async function weightsOf(file: string, fresh: Tensors, runtime: Runtime): Promise<Tensors> {
  const bytes = await readFile(file);
  // The engine turns weights stored as float16 back into float32, under the names that they had.
  const weights = file.endsWith(".safetensors")
    ? (await checkpointOf(file, bytes)).tensors
    : readModel(await runtime.optimise(bytes)).graph.initializers;
  return new Map(
    [...fresh].map(([name, tensor]) => {
      const known = weights.get(name);
      if (known === undefined && name.startsWith("read.")) return [name, tensor];
      if (`${known?.shape}` === `${tensor.shape}`) return [name, known!];
      throw new Error(
        `${file} is of another student: ${name} is [${known?.shape}] there, [${tensor.shape}] here`,
      );
    }),
  );
}

/** Writes a checkpoint aside and puts it in its place, so that a kill leaves the old one or the new one. */
export async function saveState(file: string, { step, parameters, memory }: State): Promise<void> {
  const tensors = new Map([...parameters, ...memory]);
  await writeFile(`${file}.part`, writeTensors({ tensors, metadata: { step: `${step}` } }));
  await rename(`${file}.part`, file);
}
