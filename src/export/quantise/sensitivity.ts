import { assert } from "../../core/assert.ts";
import { floats } from "../../core/tensor.ts";
import type { Model } from "../../onnx/graph.ts";
import type { Session } from "../../runtime/session.ts";
import { cut } from "../../surgery/cut.ts";
import { embeddingOutput } from "../classifier.ts";
import type { Feeds } from "./calibrate.ts";
import { type PlanOptions, planOf } from "./plan.ts";
import { quantise, type Ranges } from "./quantise.ts";

export interface SensitivityOptions extends PlanOptions {
  /** Prepares a model for running; each is released before the next is loaded. */
  readonly load: (model: Model) => Promise<Session>;
  /** A few pictures: four tell the worst from the rest. */
  readonly pictures: readonly Feeds[];
  /** The output at which the error is measured. Default "embedding". */
  readonly output?: string;
}

/** What it costs to compute one layer in 8 bits. */
export interface Sensitivity {
  /** The node's name, as `exclude` takes it. */
  readonly node: string;
  readonly opType: string;
  /** Signal to noise at the output, in dB, with this layer alone in 8 bits; the lower, the worse. */
  readonly decibels: number;
}

/** Every layer with weights, the one that 8 bits hurt most first: what to `exclude` where a quantised model disagrees. */
export async function sensitivity(
  model: Model,
  ranges: Ranges,
  { load, pictures, output = embeddingOutput, ...options }: SensitivityOptions,
): Promise<readonly Sensitivity[]> {
  const measured = cut(
    model,
    model.graph.outputs.filter(({ name }) => name === output),
  );
  const answers = async (variant: Model): Promise<readonly Float32Array[]> => {
    const session = await load(variant);
    try {
      const rows: Float32Array[] = [];
      for (const feeds of pictures) rows.push(floats((await session.run(feeds))[output]!));
      return rows;
    } finally {
      await session.release();
    }
  };
  const exact = await answers(measured);
  const layers = [...planOf(measured, options).nodes].flatMap(([node, layer]) => (layer ? [node] : []));
  const names = new Set(layers.map(({ name }) => name));
  assert(names.size === layers.length, "nodes are told apart by their names");
  const ranked: Sensitivity[] = [];
  for (const { name, opType } of layers) {
    const exclude = new Set(names);
    exclude.delete(name);
    const alone = await answers(quantise(measured, ranges, { ...options, exclude }));
    ranked.push({ node: name, opType, decibels: signalToNoise(exact, alone) });
  }
  return ranked.sort((a, b) => a.decibels - b.decibels);
}

/** 10 log10(sum x^2 / sum (x - y)^2), over all rows together; Infinity where nothing differs. */
export function signalToNoise(exact: readonly Float32Array[], other: readonly Float32Array[]): number {
  let [signal, noise] = [0, 0];
  for (const [row, values] of exact.entries()) {
    for (const [i, value] of values.entries()) {
      signal += value ** 2;
      noise += (value - (other[row]?.[i] ?? 0)) ** 2;
    }
  }
  return 10 * Math.log10(signal / noise);
}
