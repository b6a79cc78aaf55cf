import { isFields } from "../../core/json.ts";
import type { Tensor } from "../../core/tensor.ts";
import { CheckpointError } from "../errors.ts";
import { isTexts, type TensorFile } from "./safetensors.ts";
import type { Best, Carry, StageState, Tensors } from "./state.ts";

/** By name, what makes a training the one it is: with any other data, base or option, going on would be another. */
export type Identity = Readonly<Record<string, unknown>>;

/** A checkpoint: where training stands, and what it is the training of. */
export interface Checkpoint {
  readonly state: StageState;
  readonly identity: Identity;
}

/** Raise it when what is written changes its form: another version's checkpoint is refused, not misread. */
const version = "tsugiki checkpoint 2";

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

/** A checkpoint as a file of tensors, each written once however often it is named; the rest is metadata. */
export function writeCheckpoint({ state, identity }: Checkpoint): TensorFile {
  const names = new Map<Tensor, string>();
  const put = (tensor: Tensor): string => {
    const name = names.get(tensor) ?? `t${names.size}`;
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
  const tensors = new Map([...names].map(([tensor, name]) => [name, tensor]));
  return { tensors, metadata: { version, state: JSON.stringify(written) } };
}

/** The inverse; `file` is for messages. Throws CheckpointError for what is no checkpoint, or lacks a part. */
export function readCheckpoint({ metadata, tensors: all }: TensorFile, file: string): Checkpoint {
  const { version: theirs, state: text } = metadata;
  if (theirs === undefined || text === undefined) throw notOne(file, "it holds no state of a training");
  if (theirs !== version) throw notOne(file, `it is written as '${theirs}', this Tsugiki reads '${version}'`);
  const { identity, now, good, best, ...rest } = parse(text, file);
  const tensors = (ids: Ids): Tensors =>
    new Map(
      Object.entries(ids).map(([name, id]) => {
        const tensor = all.get(id);
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

function parse(text: string, file: string): Written {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw notOne(file, "its state is no JSON", error);
  }
  if (!isWritten(value)) throw notOne(file, "its state lacks a part");
  return value;
}

const counters = ["stage", "epoch", "batch", "step", "stale", "rateScale", "firstLoss"] as const;

/** Whether it has the form of what `writeCheckpoint` writes; the events of its history are taken on trust. */
function isWritten(value: unknown): value is Written {
  if (!isFields(value)) return false;
  const { identity, sums, now, good, best, history } = value;
  return (
    hasNumbers(value, counters) &&
    isFields(identity) &&
    isFields(sums) &&
    hasNumbers(sums, ["loss", "guess", "hits", "rows"]) &&
    isCarry(now) &&
    isCarry(good) &&
    isFields(best) &&
    isTexts(best.weights) &&
    (best.loss === null || typeof best.loss === "number") &&
    hasNumbers(best, ["accuracy", "epoch"]) &&
    Array.isArray(history) &&
    history.every(isFields)
  );
}

function isCarry(value: unknown): boolean {
  return isFields(value) && isTexts(value.weights) && isTexts(value.slots) && isTexts(value.averages);
}

function hasNumbers(value: Readonly<Record<string, unknown>>, names: readonly string[]): boolean {
  return names.every((name) => typeof value[name] === "number");
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
