import { derived, derivedOrder } from "../../core/random.ts";
import { floats } from "../../core/tensor.ts";
import type { WarningEvent } from "../run.ts";
import { BatchQueue } from "./batch-queue.ts";
import type { KeptEvent, StepEvent } from "./events.ts";
import { explosion, guessing } from "./guess.ts";
import { counted, keep, type LoopOptions, leave, updatesIn } from "./loop-options.ts";
import type { EpochSums, StageState } from "./state.ts";
import { type Drawn, type Updated, update, updateByParts } from "./update.ts";

export type EpochOutcome =
  /** All updates are done; `state` stands at the epoch's end, and nothing was validated yet. */
  | { readonly kind: "done"; readonly state: StageState }
  | { readonly kind: "diverged"; readonly loss: number; readonly step: number };

/** Updates of an epoch before its mean is judged: one bad batch is none. */
const settled = 10;

/** The updates of one epoch, from where `from` stands. Throws EngineError, what loading throws, and the signal's reason. */
export async function* trainEpoch(
  options: LoopOptions,
  from: StageState,
): AsyncGenerator<StepEvent | KeptEvent | WarningEvent, EpochOutcome> {
  const updates = updatesIn(options);
  const queue = queueOf(options, from);
  let state = from;
  try {
    while (state.batch < updates) {
      options.signal?.throwIfAborted();
      const step = state.step + 1;
      const rate = options.rate(step) * state.rateScale;
      const { loss, hits, carry, guess, rows } = await oneUpdate(options, queue, state, { rate, step });
      const sums = {
        loss: state.sums.loss + loss * rows,
        guess: state.sums.guess + guess,
        hits: state.sums.hits + hits,
        rows: state.sums.rows + rows,
      };
      const firstLoss = state.epoch === 1 && state.batch === 0 ? loss : state.firstLoss;
      state = { ...state, batch: state.batch + 1, step, sums, now: carry, firstLoss };
      const judged = state.batch > settled || state.batch === updates;
      if (!Number.isFinite(loss) || (judged && exploded(sums, firstLoss)))
        return { kind: "diverged", loss, step };
      yield {
        type: "step",
        ...counted(options, state.epoch),
        step: state.batch,
        steps: updates,
        update: (options.earlierUpdates ?? 0) + step,
        batchLoss: loss,
        loss: sums.loss / sums.rows,
        accuracy: sums.hits / sums.rows,
        learningRate: rate,
      };
      yield* keep(options, state, "step");
    }
  } catch (error) {
    yield* leave(options, state, error);
  } finally {
    await queue.settle();
  }
  // The loss is that of the weights before the last update, which may have broken them all the same.
  const finite = [...state.now.weights.values()].every((tensor) => floats(tensor).every(Number.isFinite));
  return finite ? { kind: "done", state } : { kind: "diverged", loss: Number.NaN, step: state.step };
}

function exploded({ loss, guess, rows }: EpochSums, firstLoss: number): boolean {
  return loss / rows > explosion * Math.max(guess / rows, firstLoss);
}

/** The epoch's batches in an order drawn for it alone. */
function queueOf(
  { inputs, batchSize, seed, earlier }: LoopOptions,
  { stage, epoch }: StageState,
): BatchQueue {
  const order = derivedOrder(inputs.training, seed, stage, epoch);
  const count = Math.ceil(order.length / batchSize);
  // Counted over all stages, so that a later stage sees the pictures varied anew.
  return new BatchQueue(
    (i) => inputs.batch(order.subarray(i * batchSize, (i + 1) * batchSize), earlier + epoch),
    count,
  );
}

async function oneUpdate(
  options: LoopOptions,
  queue: BatchQueue,
  { stage, epoch, batch, now }: StageState,
  choices: { readonly rate: number; readonly step: number },
): Promise<Updated & { readonly guess: number; readonly rows: number }> {
  const { inputs, batchSize, accumulate = 1, seed, gathering, signal } = options;
  const first = batch * accumulate;
  const last = Math.min(first + accumulate, Math.ceil(inputs.training / batchSize));
  const rows = Math.min(last * batchSize, inputs.training) - first * batchSize;
  let guess = 0;
  const drawn = async (i: number): Promise<Drawn> => {
    const taken = await queue.take(i);
    guess += guessing(taken, options);
    return { batch: taken, draw: derived(seed, stage, epoch, i) };
  };
  if (gathering === undefined) {
    const { batch: only, draw } = await drawn(first);
    const updated = await update(options, only, now, { ...choices, draw });
    return { ...updated, guess, rows };
  }
  const parts = async function* (): AsyncGenerator<Drawn> {
    for (let i = first; i < last; i++) {
      signal?.throwIfAborted();
      yield await drawn(i);
    }
  };
  const updated = await updateByParts(options, gathering, parts(), rows, now, choices);
  return { ...updated, guess, rows };
}
