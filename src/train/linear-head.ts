import { backward } from "../autodiff/backward.ts";
import { assert } from "../core/assert.ts";
import { float32, type Tensor } from "../core/tensor.ts";
import type { Model } from "../onnx/graph.ts";
import { writeModel } from "../onnx/write.ts";
import { loadAll } from "../runtime/load-all.ts";
import type { Runtime } from "../runtime/session.ts";
import { denseLayers, type HeadSize, headGraph } from "../surgery/head-graph.ts";
import { checkHeadData, type HeadData, inRange } from "./check-data.ts";
import { DivergedError } from "./errors.ts";
import {
  type Correction,
  correction,
  type Evaluation,
  type Minimum,
  minimise,
  type Objective,
} from "./lbfgs.ts";
import { feedInitializers, type LossOptions, lossGraph } from "./loss-graph.ts";
import { chunksOf, meanGradient, score } from "./objective.ts";
import { cancels, fold, noStandard, type Standard, standardOf, unfoldGradient } from "./standardise.ts";
import type { SolveEvent, TrainedHead } from "./trained-head.ts";
import { norm } from "./vector.ts";

export interface LinearHeadOptions extends HeadData {
  readonly runtime: Runtime;
  /** A fixed λ; left out, it is chosen on the validation set, or `defaultRegularisation` where there is none. */
  readonly regularisation?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The λ tried, strong to weak, each solution the start of the next. */
const regularisationPath: readonly number[] = [10, 3, 1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001];

/** What is taken without a validation set. */
export const defaultRegularisation = 0.1;

/** The gradient's norm at the end, as a share of its norm where all weights are zero. */
const tolerance = 1e-5;

/** Likewise along the path, where a solution has only to be told from its neighbours: a third of the work. */
const pathTolerance = 1e-3;

/** Digits that the mean loss keeps in float32. */
const precision = 1e-6;

/** A rise of the validation loss by this share ends the path at once; below it, only a second one does. */
const clearRise = 0.01;

/** A weaker λ must lower the validation loss by this share, or the stronger one stays. */
const leastGain = 1e-4;

/** Where a solve begins, and what is known of the curvature there. */
interface Start {
  readonly parameters: Float64Array;
  readonly corrections: readonly Correction[];
  /** The λ at which the corrections were met. */
  readonly lambda: number;
}

/**
 * Multinomial logistic regression solved to its optimum: minimises the mean cross-entropy + λ/2·‖W‖², W on standardised
 * features, biases free. Several labels at once are as many logistic regressions, each with that λ: the sum of their
 * mean binary cross-entropies + λ/2·‖W‖², all of it divided by their number.
 *
 * The λ with the least validation loss wins, ties going to the stronger; the one-standard-error rule is not used,
 * because on small validation sets that error spans half the path and picks heads that underfit. The path ends when the
 * validation loss has clearly risen, or twice running; the winner is then solved on to its optimum. The same data gives
 * the same bytes.
 * Throws TrainingDataError, UsageError, DivergedError, EngineError, and the signal's reason.
 */
export async function* solveLinearHead(options: LinearHeadOptions): AsyncGenerator<SolveEvent, TrainedHead> {
  checkHeadData(options);
  const { train, val, classes, regularisation, signal } = options;
  if (regularisation !== undefined)
    inRange("regularisation", regularisation, (value) => value >= 0, "0 or more");
  const size: HeadSize = { width: train.width, classes };
  const path =
    regularisation !== undefined
      ? [regularisation]
      : val?.rows
        ? regularisationPath
        : [defaultRegularisation];
  const problem = await openProblem(options, size);
  try {
    const start = new Float64Array((train.width + 1) * classes);
    const atZero = await problem.objective(0)(start);
    const gradientScale = norm(atZero.gradient);
    if (!Number.isFinite(atZero.value + gradientScale)) throw overflow(atZero);
    const solve = (lambda: number, from: Start, until: number): Promise<Minimum> =>
      minimise(problem.objective(lambda), from.parameters, {
        tolerance: until,
        gradientScale,
        precision,
        corrections: problem.moved(from, lambda),
        ...(signal && { signal }),
      });
    const history: SolveEvent[] = [];
    let best: { readonly solved: Start; readonly event: SolveEvent } | undefined;
    let from: Start = { parameters: start, corrections: [], lambda: 0 };
    let worse = 0;
    for (const [i, lambda] of path.entries()) {
      const solved = await solve(lambda, from, path.length > 1 ? pathTolerance : tolerance);
      if (!Number.isFinite(solved.value)) throw overflow(solved);
      from = { ...solved, lambda };
      const validation = await problem.validate(solved.parameters);
      const event: SolveEvent = {
        type: "solve",
        step: i + 1,
        steps: path.length,
        regularisation: lambda,
        trainLoss: solved.value - problem.penalty(lambda, solved.parameters),
        valLoss: validation?.loss,
        valAccuracy: validation?.accuracy,
      };
      history.push(event);
      yield event;
      const [loss = 0, least = Number.POSITIVE_INFINITY] = [event.valLoss, best?.event.valLoss];
      worse = loss > least ? worse + 1 : 0;
      if (!best || loss < least * (1 - leastGain)) best = { solved: from, event };
      if (worse === 2 || loss > least * (1 + clearRise)) break;
    }
    assert(best, "a path has at least one step");
    const chosen = best.event.regularisation;
    const { parameters: optimum } = await solve(chosen, best.solved, tolerance);
    return {
      model: headGraph([], size, { weights: problem.weights(optimum) }),
      regularisation: chosen,
      history,
    };
  } finally {
    await problem.close();
  }
}

function overflow({ value, gradient }: Evaluation): DivergedError {
  return new DivergedError(
    {
      what: `The linear head cannot be solved: its loss is ${value}, its gradient's norm ${norm(gradient)}.`,
      why: "The features are so large that sums over them leave the range of float32.",
      next: "Check the backbone's preprocessing (mean, std, scale), or cut it at another tensor.",
    },
    { step: 0, loss: value },
  );
}

async function openProblem(options: LinearHeadOptions, size: HeadSize) {
  const { runtime, train, val, labelSmoothing = 0, classWeights, signal } = options;
  const names = parameterNames(size);
  const split = size.width * size.classes;
  const standard = standardOf(train);
  // Folding spares a pass over the features in each evaluation; where it costs digits the graph standardises instead.
  const inGraph = cancels(standard) ? { standard } : {};
  const outside = cancels(standard) ? noStandard(size.width) : standard;
  const multiLabel = train.targets !== undefined;
  const { model, gradients } = gradientModel(size, { multiLabel, labelSmoothing, classWeights, ...inGraph });
  const graphs = [model, ...(val?.rows ? [plainModel(size, { multiLabel, ...inGraph })] : [])];
  const [session, validation] = await loadAll(runtime, graphs.map(writeModel));
  assert(session, "a session a graph");
  const chunks = chunksOf(train);
  const valChunks = val ? chunksOf(val) : [];

  /** Parameters on standardised features, [W, b] in one vector, as tensors on features that are so by `by`. */
  const folded = (parameters: Float64Array, by: Standard): Record<string, Tensor> => {
    const all = parameters.slice();
    fold(all.subarray(0, split), all.subarray(split), by);
    const rounded = new Float32Array(all);
    return {
      [names.weight]: float32(rounded.subarray(0, split), [size.width, size.classes]),
      [names.bias]: float32(rounded.subarray(split), [size.classes]),
    };
  };

  // The graph's loss is the mean over labels: as a sum over them it would be so many times as large, λ beside it not.
  const strength = (lambda: number): number => (multiLabel ? lambda / size.classes : lambda);

  /** λ/2·‖W‖², the biases being the last parameters. */
  const penalty = (lambda: number, parameters: Float64Array): number =>
    (strength(lambda) / 2) * norm(parameters.subarray(0, split)) ** 2;

  const objective =
    (lambda: number): Objective =>
    async (parameters) => {
      const answer = await meanGradient(session, chunks, folded(parameters, outside), gradients);
      const [weight, bias] = answer.gradients;
      assert(weight && bias, "a linear head has two parameters");
      unfoldGradient(weight, bias, outside);
      const gradient = new Float64Array(parameters.length);
      for (let i = 0; i < split; i++) gradient[i] = weight[i]! + strength(lambda) * parameters[i]!;
      gradient.set(bias, split);
      return { value: answer.loss + penalty(lambda, parameters), gradient };
    };

  return {
    objective,
    penalty,
    /**
     * What was learned of the curvature at one λ, at another: the Hessian of λ/2·‖W‖² being λ on the weights, the gradient's
     * change along s is exactly (λ' - λ)·s larger there.
     */
    moved: ({ corrections, lambda }: Start, to: number): Correction[] =>
      corrections.flatMap(({ s, y }) => {
        const change = y.slice();
        const more = strength(to) - strength(lambda);
        for (let i = 0; i < split; i++) change[i]! += more * s[i]!;
        return correction(s, change) ?? [];
      }),
    /** The head's weights on features as they are. */
    weights: (parameters: Float64Array) => new Map(Object.entries(folded(parameters, standard))),
    validate: async (parameters: Float64Array) =>
      validation && (await score(validation, valChunks, folded(parameters, outside), signal)),
    close: async () => {
      await session.release();
      await validation?.release();
    },
  };
}

function parameterNames(size: HeadSize): { readonly weight: string; readonly bias: string } {
  const [layer] = denseLayers([], size);
  assert(layer, "a linear head is one layer");
  return layer;
}

/** The head with its parameters as inputs and their gradients as outputs, in the order weight, bias. */
function gradientModel(size: HeadSize, loss: LossOptions): { model: Model; gradients: readonly string[] } {
  const forward = lossGraph([], size, zeros(size), loss);
  const { model, gradients } = backward(forward.model, "loss", forward.parameters);
  return {
    model: feedInitializers(model, forward.parameters),
    gradients: forward.parameters.map((name) => gradients.get(name) ?? ""),
  };
}

/** The head with plain cross-entropy: what validation is measured by. */
function plainModel(size: HeadSize, standard: LossOptions): Model {
  const { model, parameters } = lossGraph([], size, zeros(size), standard);
  return feedInitializers(model, parameters);
}

function zeros(size: HeadSize): ReadonlyMap<string, Tensor> {
  const { weight, bias } = parameterNames(size);
  return new Map([
    [weight, float32(new Float32Array(size.width * size.classes), [size.width, size.classes])],
    [bias, float32(new Float32Array(size.classes), [size.classes])],
  ]);
}
