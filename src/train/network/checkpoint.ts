import type { Tensor } from "../../core/tensor.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import type { Model } from "../../onnx/graph.ts";
import { targetOpset } from "../../surgery/upgrade.ts";
import { CheckpointError } from "../errors.ts";
import type { Best, Carry, StageState, Tensors } from "./state.ts";

/** By name, what makes a training the one it is: with any other data, base or option, going on would be another. */
export type Identity = Readonly<Record<string, unknown>>;

/** A checkpoint: where training stands, and what it is the training of. */
export interface Checkpoint {
  readonly state: StageState;
  readonly identity: Identity;
}

const key = "tsugiki.checkpoint";

type Ids = Readonly<Record<string, string>>;
interface CarryIds {
  readonly weights: Ids;
  readonly slots: Ids;
  readonly averages: Ids;
}
interface BestIds extends Omit<Best, "weights" | "loss"> {
  readonly weights: Ids;
  readonly loss: number | null;
}
interface Written extends Omit<StageState, "now" | "good" | "best"> {
  readonly identity: Identity;
  readonly now: CarryIds;
  readonly good: CarryIds;
  readonly best: BestIds;
}

/** A checkpoint as a model without nodes: its tensors are initializers, each once, and the rest is metadata. */
export function writeCheckpoint({ state, identity }: Checkpoint): Model {
  const b = new GraphBuilder({ opset: targetOpset, name: "checkpoint" });
  const names = new Map<Tensor, string>();
  const put = (tensor: Tensor): string => {
    const name = names.get(tensor) ?? b.initializer(`t${names.size}`, tensor);
    names.set(tensor, name);
    return name;
  };
  const ids = (tensors: Tensors): Ids =>
    Object.fromEntries([...tensors].map(([name, tensor]) => [name, put(tensor)]));
  const carry = ({ weights, slots, averages }: Carry): CarryIds => ({
    weights: ids(weights),
    slots: ids(slots),
    averages: ids(averages),
  });
  const { now, good, best, ...rest } = state;
  const written: Written = {
    ...rest,
    identity,
    now: carry(now),
    good: carry(good),
    // JSON has no infinity, the loss of weights that were never measured.
    best: { ...best, weights: ids(best.weights), loss: Number.isFinite(best.loss) ? best.loss : null },
  };
  return b.model({ metadata: { [key]: JSON.stringify(written) } });
}

/** The inverse; `file` is for messages. Throws CheckpointError for a model that is no checkpoint, or lacks a part. */
export function readCheckpoint({ metadata, graph }: Model, file: string): Checkpoint {
  const text = metadata.get(key);
  if (text === undefined) throw notOne(file, "it holds no state of a training");
  const { identity, now, good, best, ...rest }: Written = JSON.parse(text);
  const tensors = (ids: Ids): Tensors =>
    new Map(
      Object.entries(ids).map(([name, id]) => {
        const tensor = graph.initializers.get(id);
        if (tensor === undefined) throw notOne(file, `it lacks '${name}'`);
        return [name, tensor];
      }),
    );
  const carry = ({ weights, slots, averages }: CarryIds): Carry => ({
    weights: tensors(weights),
    slots: tensors(slots),
    averages: tensors(averages),
  });
  const loss = best.loss ?? Number.POSITIVE_INFINITY;
  const state = { ...rest, now: carry(now), good: carry(good) };
  return { identity, state: { ...state, best: { ...best, weights: tensors(best.weights), loss } } };
}

/** A file that cannot be gone on from. */
export function notOne(file: string, why: string, cause?: unknown): CheckpointError {
  return new CheckpointError(
    {
      what: `${file} is no checkpoint of a training run:`,
      why: `${why}.`,
      next: "Train again without --resume.",
    },
    { file },
    { cause },
  );
}

/** Names of what differs between two trainings; [] where they are the same. */
export function differences(one: Identity, other: Identity): readonly string[] {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].filter((name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]));
}
