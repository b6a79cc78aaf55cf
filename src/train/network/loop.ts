import { DivergedError } from "../errors.ts";
import type { WarningEvent } from "../run.ts";
import type { StepGraph } from "../step-graph.ts";
import type { EpochEvent } from "../trained-head.ts";
import { trainEpoch } from "./epoch.ts";
import type { KeptEvent } from "./events.ts";
import { counted, keep, type LoopEvent, type LoopOptions, leave, updatesIn } from "./loop-options.ts";
import { type Carry, noSums, type StageState, type Tensors } from "./state.ts";
import { type Measured, validate } from "./validate.ts";

/** What a rollback multiplies the learning rate by. */
const slower = 0.1;

/**
 * Trains until the epochs are over or `patience` of them brought no lower validation loss; without validation pictures
 * the last weights count as best. A loss that is not finite, or explodes, goes back to where its epoch began, at a tenth
 * of the rate; a second time it ends the stage. Answers the state it ended in.
 * Throws DivergedError where nothing better than the start was reached by then and that is not worth keeping, EngineError, and the signal's reason.
 */
export async function* trainStage(
  options: LoopOptions,
  from: StageState,
): AsyncGenerator<LoopEvent, StageState> {
  const { epochs, patience, inputs } = options;
  let state = from;
  while (state.epoch <= epochs && state.stale < patience) {
    const outcome = yield* trainEpoch(options, state);
    const done = outcome.kind === "done" ? outcome.state : undefined;
    const weights = done && weightsOf(done.now, options.step);
    const measured =
      done && weights && inputs.validation > 0 ? yield* measure(options, done, weights) : undefined;
    if (done && weights && Number.isFinite(measured?.loss ?? 0)) {
      const event = epochEvent(options, done, measured);
      state = nextEpoch(done, event, weights);
      yield event;
      yield* keep(options, state, "epoch");
      continue;
    }
    const { loss, step } =
      outcome.kind === "diverged" ? outcome : { loss: Number.NaN, step: outcome.state.step };
    const again = state.rateScale < 1;
    const best = state.best.epoch;
    if (again && best === 0 && !options.keepsStart)
      throw diverged(loss, step, options.rate(step) * state.rateScale);
    yield { type: "rollback", epoch: counted(options, state.epoch).epoch, step, loss, again, best };
    if (again) break;
    const step0 = (state.epoch - 1) * updatesIn(options);
    state = { ...state, batch: 0, sums: noSums, now: state.good, step: step0, rateScale: slower };
  }
  // Measuring comes next, and a stop in there must not cost the epochs since the last checkpoint.
  if (state !== from) yield* keep(options, state, "end");
  return state;
}

async function* measure(
  options: LoopOptions,
  state: StageState,
  weights: Tensors,
): AsyncGenerator<KeptEvent | WarningEvent, Measured> {
  try {
    return await validate(options, weights);
  } catch (error) {
    return yield* leave(options, state, error);
  }
}

function epochEvent(
  options: LoopOptions,
  { epoch, sums, step, rateScale, best, stage }: StageState,
  measured: Measured | undefined,
): EpochEvent {
  return {
    type: "epoch",
    ...counted(options, epoch),
    loss: sums.loss / sums.rows,
    accuracy: sums.hits / sums.rows,
    valLoss: measured?.loss,
    valAccuracy: measured?.accuracy,
    learningRate: options.rate(step) * rateScale,
    best: measured === undefined || measured.loss < best.loss,
    stage: stage + 1,
  };
}

/** The state before the first update of the next epoch. */
function nextEpoch(done: StageState, event: EpochEvent, weights: Tensors): StageState {
  const { epoch, best, stale, firstLoss, history, now } = done;
  return {
    ...done,
    epoch: epoch + 1,
    batch: 0,
    sums: noSums,
    good: now,
    best: event.best
      ? {
          weights: new Map([...best.weights, ...weights]),
          loss: event.valLoss ?? event.loss,
          accuracy: event.valAccuracy ?? event.accuracy,
          epoch: event.epoch,
        }
      : best,
    stale: event.best ? 0 : stale + 1,
    firstLoss: epoch === 1 ? Math.max(firstLoss, event.loss) : firstLoss,
    history: [...history, event],
  };
}

/** The weights that count: their averages where those are kept; what has none, such as running statistics, as it is. */
function weightsOf({ weights, averages }: Carry, step: StepGraph): Tensors {
  const counting = new Map(weights);
  for (const [i, { input }] of step.averages.entries()) {
    const weight = step.parameters[i]?.input;
    const tensor = averages.get(input);
    if (weight !== undefined && tensor) counting.set(weight, tensor);
  }
  return counting;
}

function diverged(loss: number, step: number, rate: number): DivergedError {
  return new DivergedError(
    {
      what: `Training diverged: the loss became ${loss} at step ${step}, also after going back and slowing down.`,
      why: `Steps of learning rate ${Number(rate.toPrecision(3))} overshoot, and no epoch had brought anything better than the start.`,
      next: `Try a learning rate of ${Number((rate / 100).toPrecision(3))}.`,
    },
    { step, loss },
  );
}
