import type { Random } from "../../core/random.ts";
import { scalar, type Tensor } from "../../core/tensor.ts";
import type { Session } from "../../runtime/session.ts";
import { dropoutMask } from "../batches.ts";
import { carried, starting } from "../carried.ts";
import type { MaskInput } from "../loss-graph.ts";
import { output } from "../objective.ts";
import type { GatherGraph, StepGraph } from "../step-graph.ts";
import type { Batch, Inputs } from "./inputs.ts";
import type { Carry, Tensors } from "./state.ts";

/** What an update is made with. */
export interface UpdateParts {
  readonly inputs: Pick<Inputs, "name">;
  readonly step: StepGraph;
  readonly masks: readonly MaskInput[];
  /** Runs `step.model`. */
  readonly training: Session;
}

/** A step in two graphs, and what runs the first; `UpdateParts.training` runs the update. */
export interface Gathering {
  readonly graph: GatherGraph;
  readonly session: Session;
}

export interface UpdateChoices {
  readonly rate: number;
  /** Number of this update from 1 on. */
  readonly step: number;
}

/** A batch, or a part of one, with the source of its dropout masks. */
export interface Drawn {
  readonly batch: Batch;
  readonly draw: Random;
}

/** Loss and hits of the weights that the update began with, and what it leaves. */
export interface Updated {
  /** Mean over the rows. */
  readonly loss: number;
  readonly hits: number;
  readonly carry: Carry;
}

/** One batch forward, backward, and the weights moved. Throws EngineError. */
export async function update(
  parts: UpdateParts,
  batch: Batch,
  now: Carry,
  { draw, ...choices }: UpdateChoices & { readonly draw: Random },
): Promise<Updated> {
  const { step: graph, training } = parts;
  const answer = await training.run({
    ...forwardFeeds(parts, { batch, draw }),
    ...Object.fromEntries(now.weights),
    ...updateFeeds(now, choices),
  });
  return { loss: only(answer, "loss"), hits: only(answer, "hits"), carry: carryOn(graph, answer) };
}

/**
 * The same for a batch in parts: their gradients are summed, each by its share of the `rows`, then the weights are
 * moved once. Throws EngineError, and what loading a part throws.
 */
export async function updateByParts(
  parts: UpdateParts,
  { graph, session }: Gathering,
  batches: AsyncIterable<Drawn>,
  rows: number,
  now: Carry,
  choices: UpdateChoices,
): Promise<Updated> {
  let sums: Tensors = starting(graph.sums);
  let statistics: Tensors = new Map();
  let [loss, hits] = [0, 0];
  for await (const drawn of batches) {
    const share = drawn.batch.rows / rows;
    const answer = await session.run({
      ...forwardFeeds(parts, drawn),
      ...Object.fromEntries([...now.weights, ...statistics, ...sums]),
      share: scalar(share),
    });
    sums = carried(graph.sums, answer);
    statistics = carried(graph.statistics, answer);
    loss += only(answer, "loss") * share;
    hits += only(answer, "hits");
  }
  const replaced = new Set(graph.statistics.map(({ input }) => input));
  const moved = new Map([...now.weights].filter(([name]) => !replaced.has(name)));
  const feeds = { ...Object.fromEntries([...moved, ...sums]), ...updateFeeds(now, choices) };
  const answer = await parts.training.run(feeds);
  const { weights, ...rest } = carryOn(parts.step, answer, replaced);
  return { loss, hits, carry: { weights: new Map([...now.weights, ...weights, ...statistics]), ...rest } };
}

function forwardFeeds(
  { inputs, masks }: UpdateParts,
  { batch: { input, targets, rows }, draw }: Drawn,
): Record<string, Tensor> {
  const drawn = masks.map((mask) => [mask.name, dropoutMask(mask, rows, draw)]);
  return { [inputs.name]: input, targets, ...Object.fromEntries(drawn) };
}

function updateFeeds({ slots, averages }: Carry, { rate, step }: UpdateChoices): Record<string, Tensor> {
  return { ...Object.fromEntries([...slots, ...averages]), rate: scalar(rate), step: scalar(step) };
}

/** The number that a scalar of the engine's answer holds. */
export function only(answer: Readonly<Record<string, Tensor>>, name: string): number {
  return output(answer, name)[0] ?? Number.NaN;
}

function carryOn(
  { parameters, state, averages }: StepGraph,
  answer: Readonly<Record<string, Tensor>>,
  without: ReadonlySet<string> = new Set(),
): Carry {
  return {
    weights: carried(
      parameters.filter(({ input }) => !without.has(input)),
      answer,
    ),
    slots: carried(state, answer),
    averages: carried(averages, answer),
  };
}
