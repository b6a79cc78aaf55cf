import { float32, type Tensor } from "../core/tensor.ts";
import { output } from "./objective.ts";
import type { Carried } from "./step-graph.ts";

/** What a step is fed with the first time, by its inputs. */
export function starting(list: readonly Carried[]): ReadonlyMap<string, Tensor> {
  return new Map(list.map(({ input, start }) => [input, start]));
}

/** What a step answered, as the next one is fed with it. */
export function carried(
  list: readonly Carried[],
  answer: Readonly<Record<string, Tensor>>,
): ReadonlyMap<string, Tensor> {
  return new Map(list.map((each) => [each.input, float32(output(answer, each.output), each.start.shape)]));
}
