import { assert } from "../core/assert.ts";
import { UsageError } from "../core/errors.ts";
import { random } from "../core/random.ts";
import { floats, scalar, type Tensor } from "../core/tensor.ts";
import { writeModel } from "../onnx/write.ts";
import { adam } from "../optim/adam.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { rmsprop } from "../optim/rmsprop.ts";
import { sgd } from "../optim/sgd.ts";
import { loadAll } from "../runtime/load-all.ts";
import type { Runtime } from "../runtime/session.ts";
import {
  denseLayers,
  type HeadSize,
  type HeadSpec,
  headGraph,
  initialWeights,
} from "../surgery/head-graph.ts";
import { batchesOf } from "./batches.ts";
import { carried, starting } from "./carried.ts";
import { checkHeadData, type HeadData, inRange } from "./check-data.ts";
import { DivergedError } from "./errors.ts";
import type { Loss } from "./loss.ts";
import { feedInitializers, lossGraph } from "./loss-graph.ts";
import { chunksOf, output, type Score, score } from "./objective.ts";
import { foldHead, standardOf } from "./standardise.ts";
import { stepGraph } from "./step-graph.ts";
import type { EpochEvent, TrainedHead } from "./trained-head.ts";

interface OptimizerRow {
  /** Defaults of the learning rate and the decoupled weight decay. */
  readonly rate: number;
  readonly weightDecay: number;
  readonly make: (weightDecay: number) => Optimizer;
}

/** Optimizers by name; SGD has Nesterov momentum 0.9. */
export const optimizers = {
  adam: { rate: 1e-3, weightDecay: 0, make: (weightDecay) => adam({ weightDecay }) },
  adamw: { rate: 1e-3, weightDecay: 0.01, make: (weightDecay) => adam({ weightDecay }) },
  sgd: {
    rate: 1e-2,
    weightDecay: 0,
    make: (weightDecay) => sgd({ momentum: 0.9, nesterov: true, weightDecay }),
  },
  rmsprop: { rate: 1e-3, weightDecay: 0, make: (weightDecay) => rmsprop({ weightDecay }) },
} satisfies Record<string, OptimizerRow>;

export type OptimizerName = keyof typeof optimizers;

export interface DenseHeadOptions extends HeadData {
  readonly runtime: Runtime;
  readonly spec: HeadSpec;
  readonly seed: number;
  /** What steps lower, and validation measures without weights and smoothing. Default: cross-entropy. */
  readonly loss?: Loss | undefined;
  /** Default "adam". */
  readonly optimizer?: OptimizerName | undefined;
  /** Default: the optimizer's own. */
  readonly learningRate?: number | undefined;
  readonly weightDecay?: number | undefined;
  /** Default 40. */
  readonly epochs?: number | undefined;
  /** Default 32; the last batch of an epoch is what is left. */
  readonly batchSize?: number | undefined;
  /** Epochs without a lower validation loss after which training stops. Default 5. */
  readonly patience?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Parameters = ReadonlyMap<string, Tensor>;

/**
 * Trains a head with hidden layers by mini-batches on standardised features. With a validation set the weights of its
 * least plain loss are kept, and training stops when `patience` epochs bring no lower one; without, all epochs
 * run and the last weights are kept. The same data, options and seed give the same bytes.
 * Throws TrainingDataError, UsageError, DivergedError, EngineError, and the signal's reason.
 */
export async function* trainDenseHead(options: DenseHeadOptions): AsyncGenerator<EpochEvent, TrainedHead> {
  checkHeadData(options);
  const { spec, train, val, classes, labelSmoothing = 0, classWeights, runtime, signal } = options;
  const { epochs = 40, batchSize = 32, patience = 5 } = options;
  const row = optimizers[options.optimizer ?? "adam"];
  const { learningRate = row.rate, weightDecay = row.weightDecay } = options;
  const whole = (value: number): boolean => Number.isInteger(value) && value >= 1;
  inRange("epochs", epochs, whole, "a whole number from 1");
  inRange("batchSize", batchSize, whole, "a whole number from 1");
  inRange("patience", patience, whole, "a whole number from 1");
  inRange("learningRate", learningRate, (value) => value > 0, "above 0");
  inRange("weightDecay", weightDecay, (value) => value >= 0, "0 or more");

  const size = { width: train.width, classes };
  refuseHuge(spec, size);
  const rng = random(options.seed);
  const standard = standardOf(train);
  const initial = initialWeights(spec, size, rng);
  const common = { multiLabel: train.targets !== undefined, standard };
  const learning = { ...common, labelSmoothing, classWeights, loss: options.loss, dropout: true };
  const forward = lossGraph(spec, size, initial, learning);
  const step = stepGraph(forward.model, "loss", forward.parameters, row.make(weightDecay));
  const plain = lossGraph(spec, size, initial, { ...common, loss: options.loss });
  const graphs = [step.model, ...(val?.rows ? [feedInitializers(plain.model, plain.parameters)] : [])];
  const [session, validation] = await loadAll(runtime, graphs.map(writeModel));
  assert(session, "a session a graph");
  const valChunks = val ? chunksOf(val) : [];

  try {
    let parameters = starting(step.parameters);
    let state = starting(step.state);
    let kept = parameters;
    let least = Number.POSITIVE_INFINITY;
    let stale = 0;
    let steps = 0;
    const history: EpochEvent[] = [];
    for (let epoch = 1; epoch <= epochs && stale < patience; epoch++) {
      let [lossSum, hits] = [0, 0];
      for (const batch of batchesOf(train, batchSize, forward.masks, rng)) {
        signal?.throwIfAborted();
        steps++;
        const answer = await session.run({
          ...batch.feeds,
          ...Object.fromEntries([...parameters, ...state]),
          rate: scalar(learningRate),
          step: scalar(steps),
        });
        const loss = output(answer, "loss")[0]!;
        if (!Number.isFinite(loss)) throw diverged(epoch, steps, loss, learningRate);
        lossSum += loss * batch.rows;
        hits += output(answer, "hits")[0]!;
        parameters = carried(step.parameters, answer);
        state = carried(step.state, answer);
      }
      const measured: Score | undefined =
        validation && (await score(validation, valChunks, Object.fromEntries(parameters), signal));
      if (!allFinite(parameters, measured)) throw diverged(epoch, steps, Number.NaN, learningRate);
      const best = measured === undefined || measured.loss < least;
      if (best) kept = parameters;
      least = best ? (measured?.loss ?? least) : least;
      stale = best ? 0 : stale + 1;
      const event: EpochEvent = {
        type: "epoch",
        epoch,
        epochs,
        loss: lossSum / train.rows,
        accuracy: hits / train.rows,
        valLoss: measured?.loss,
        valAccuracy: measured?.accuracy,
        learningRate,
        best,
      };
      history.push(event);
      yield event;
    }
    return { model: headGraph(spec, size, { weights: foldHead(spec, size, kept, standard) }), history };
  } finally {
    await session.release();
    await validation?.release();
  }
}

/** Above VGG's first dense layer (25,088 x 4,096); with gradients and Adam's state it already takes 2 GB. */
const mostParameters = 2 ** 27;

function refuseHuge(spec: HeadSpec, size: HeadSize): void {
  const count = denseLayers(spec, size).reduce((sum, { inputs, units }) => sum + (inputs + 1) * units, 0);
  if (count <= mostParameters) return;
  throw new UsageError(
    {
      what: `This head has ${count.toLocaleString("en")} parameters; at most ${mostParameters.toLocaleString("en")} are taken.`,
      why: `It stands on ${size.width} features.`,
      next: "Use fewer units: 256 to 1,024 are usual.",
    },
    { option: "head", value: spec },
  );
}

function allFinite(parameters: Parameters, measured: Score | undefined): boolean {
  if (measured && !Number.isFinite(measured.loss)) return false;
  return [...parameters.values()].every((tensor) => floats(tensor).every(Number.isFinite));
}

function diverged(epoch: number, step: number, loss: number, learningRate: number): DivergedError {
  return new DivergedError(
    {
      what: `Training diverged in epoch ${epoch}: the loss became ${loss} at step ${step}.`,
      why: `Steps of learning rate ${learningRate} overshot until numbers left the range of float32.`,
      next: `Try a learning rate of ${Number((learningRate / 10).toPrecision(3))}.`,
    },
    { step, loss },
  );
}
