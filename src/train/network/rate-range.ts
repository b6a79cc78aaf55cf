import { assert } from "../../core/assert.ts";
import { derived, derivedOrder } from "../../core/random.ts";
import { writeModel } from "../../onnx/write.ts";
import { loadAll } from "../../runtime/load-all.ts";
import { DivergedError } from "../errors.ts";
import type { StageEvent, ViewsEvent } from "./events.ts";
import type { Inputs } from "./inputs.ts";
import { exponentialMean, type RangePoint } from "./rate-suggestion.ts";
import { announce, type NetworkSettings, prepareStage, type StageSettings } from "./stage.ts";
import { firstCarry } from "./state.ts";
import { type NetworkParts, trainable } from "./train-network.ts";
import { update } from "./update.ts";

export interface RangeChoices {
  /** Updates, from 2. */
  readonly steps: number;
  /** The rate of the first, and that of the last. */
  readonly from: number;
  readonly to: number;
}

/** One update of the range test. */
export interface RangeEvent extends RangePoint {
  readonly type: "range";
  /** From 1 on. */
  readonly step: number;
  readonly steps: number;
}

export interface RangeTest {
  readonly points: readonly RangePoint[];
  /** The loss left all bounds before the last rate was reached. */
  readonly stopped: boolean;
}

/** A smoothed loss this many times the least one ends the test, as in fastai. */
const explosion = 4;

/** rate(i) = from·(to / from)^((i - 1) / (steps - 1)): the rate of update i, from 1 on. */
export function rateAt({ from, to, steps }: RangeChoices, i: number): number {
  return from * (to / from) ** ((i - 1) / Math.max(1, steps - 1));
}

/**
 * The learning-rate range test (Smith 2017, section 3.3; its exponential form is fastai's): from the weights that
 * training starts from, updates at a rate that grows from one to the next. No weight is kept. Throws GradientError for
 * an operator without a rule, DivergedError where not even the first loss is finite, EngineError, and the signal's reason.
 */
export async function* rateRange(
  parts: NetworkParts,
  settings: NetworkSettings,
  choices: RangeChoices,
): AsyncGenerator<StageEvent | ViewsEvent | RangeEvent, RangeTest> {
  const [first] = settings.stages;
  assert(first, "training has a stage");
  const { steps } = choices;
  // So many passes over the pictures: what views of the frozen part are worth keeping depends on them.
  const passes = Math.ceil((steps * settings.batchSize) / Math.max(1, parts.pictures));
  const stage: StageSettings = { ...first, epochs: Math.min(first.epochs, passes) };
  const single = { ...settings, accumulate: 1 };
  const prepared = prepareStage(
    { ...parts, backbone: trainable(parts.backbone, parts.spec) },
    single,
    stage,
    parts.head,
  );
  yield announce(prepared, { ...settings, stages: [stage] }, 0);
  const { step: graph, masks, part } = prepared;
  const inputs = yield* parts.openInputs(part);
  try {
    const [training] = await loadAll(parts.runtime, [writeModel(graph.model)]);
    assert(training, "a session a graph");
    try {
      let now = firstCarry(graph);
      const points: RangePoint[] = [];
      const smooth = exponentialMean();
      let least = Number.POSITIVE_INFINITY;
      for (const { indices, epoch, step } of batchesFrom(inputs, settings, steps)) {
        parts.signal?.throwIfAborted();
        const batch = await inputs.batch(indices, epoch);
        const rate = rateAt(choices, step);
        const draw = derived(settings.seed, 0, epoch, step);
        const { loss, carry } = await update({ inputs, step: graph, masks, training }, batch, now, {
          rate,
          step,
          draw,
        });
        if (!Number.isFinite(loss)) {
          if (points.length === 0) throw startless(loss, rate);
          return { points, stopped: true };
        }
        now = carry;
        const smoothed = smooth(loss);
        points.push({ rate, loss, smoothed });
        yield { type: "range", step, steps, rate, loss, smoothed };
        least = Math.min(least, smoothed);
        if (smoothed > explosion * least) return { points, stopped: step < steps };
      }
      return { points, stopped: false };
    } finally {
      await training.release();
    }
  } finally {
    await inputs.close();
  }
}

function startless(loss: number, rate: number): DivergedError {
  return new DivergedError(
    {
      what: `The loss is ${loss} before the first update, at rate ${rate}: there is nothing to test.`,
      why: "The network's own numbers leave the range of float32 on these pictures.",
      next: "Check how they are normalised (--preprocess), or take another base.",
    },
    { step: 1, loss },
  );
}

interface Place {
  readonly indices: Int32Array;
  readonly epoch: number;
  readonly step: number;
}

/** Batches of one size: what is left at the end of an epoch, whose loss would be noisier, is passed over. */
function* batchesFrom(
  { training }: Pick<Inputs, "training">,
  { batchSize, seed }: NetworkSettings,
  steps: number,
): Generator<Place> {
  const rows = Math.min(batchSize, training);
  let step = 0;
  for (let epoch = 1; ; epoch++) {
    const order = derivedOrder(training, seed, 0, epoch);
    for (let from = 0; from + rows <= training; from += rows) {
      if (step === steps) return;
      yield { indices: order.subarray(from, from + rows), epoch, step: ++step };
    }
  }
}
