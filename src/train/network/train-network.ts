import { assert } from "../../core/assert.ts";
import type { Tensor } from "../../core/tensor.ts";
import { inferShapes } from "../../onnx/infer.ts";
import { writeModel } from "../../onnx/write.ts";
import { schedule } from "../../optim/schedule.ts";
import { loadAll } from "../../runtime/load-all.ts";
import type { Runtime } from "../../runtime/session.ts";
import { type HeadSpec, headParameterNames } from "../../surgery/head-graph.ts";
import { reserve } from "../../surgery/join.ts";
import type { Backbone } from "../backbone.ts";
import { feedInitializers } from "../loss-graph.ts";
import type { StepGraph } from "../step-graph.ts";
import type { EpochEvent } from "../trained-head.ts";
import type { ChosenEvent, ResumeEvent, StageEvent, ViewsEvent } from "./events.ts";
import type { Inputs } from "./inputs.ts";
import { trainStage } from "./loop.ts";
import { type LoopEvent, type LoopOptions, type Moment, updatesIn } from "./loop-options.ts";
import { reservedNames } from "./network-graph.ts";
import {
  announce,
  type NetworkSettings,
  prepareStage,
  type StagePart,
  type StageParts,
  type StageSettings,
  withInitializers,
} from "./stage.ts";
import { type Best, firstCarry, firstState, type StageState, type Tensors, unmeasured } from "./state.ts";
import { type ValidationParts, validate } from "./validate.ts";

/** What stands where checkpoints are kept, and what training does about it: see `ResumeEvent`. */
export type Found =
  | { readonly from: "start" | "nothing" }
  | (Pick<ResumeEvent, "differs"> &
      Partial<Pick<ResumeEvent, "epochs" | "step">> & { readonly from: "passed over" })
  | { readonly from: "checkpoint"; readonly state: StageState };

/** Keeps the state of training where a killed process cannot harm it. */
export interface Checkpoints {
  load(): Promise<Found>;
  /**
   * Answers whether it kept the state: mostly too little time has passed since the last one. Throws CheckpointError
   * where that cannot be done, which is told, and stops nothing.
   */
  keep(state: StageState, moment: Moment): Promise<boolean>;
}

export interface NetworkParts extends StageParts {
  /** The head's weights to start from. */
  readonly head: ReadonlyMap<string, Tensor>;
  readonly runtime: Runtime;
  openInputs(part: StagePart): AsyncGenerator<ViewsEvent, Inputs>;
  readonly checkpoints?: Checkpoints | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface TrainedNetwork {
  readonly backbone: Backbone;
  readonly head: ReadonlyMap<string, Tensor>;
  readonly history: readonly EpochEvent[];
}

export type NetworkEvent = ResumeEvent | ChosenEvent | StageEvent | ViewsEvent | LoopEvent;

/**
 * Trains a network's last blocks, or all, with its head, stage after stage, each from the best weights so far. Throws
 * GradientError for an operator without a rule, DivergedError, CheckpointError, EngineError, and the signal's reason.
 */
export async function* trainNetwork(
  parts: NetworkParts,
  settings: NetworkSettings,
): AsyncGenerator<NetworkEvent, TrainedNetwork> {
  const backbone = trainable(parts.backbone, parts.spec);
  const found: Found = (await parts.checkpoints?.load()) ?? { from: "start" };
  const saved = found.from === "checkpoint" ? found.state : undefined;
  if (found.from === "passed over") yield { type: "resume", epochs: 0, step: 0, ...found };
  else if (found.from !== "start") {
    const { history = [], batch: step = 0 } = saved ?? {};
    yield { type: "resume", from: found.from, epochs: history.length, step };
  }
  let best = saved?.best ?? unmeasured(parts.head);
  let history = saved?.history ?? [];
  yield* history;
  for (const i of settings.stages.keys()) {
    if (saved && i < saved.stage) continue;
    const resumed = saved?.stage === i ? { ...saved, history: [] } : undefined;
    const ended = yield* oneStage({ ...parts, backbone }, settings, { index: i, best, history, resumed });
    best = ended.best;
    history = [...history, ...ended.history];
  }
  yield { type: "chosen", epoch: best.epoch, epochs: history.length };
  return { ...grafted(backbone, parts, best.weights), history };
}

interface StageBeginning {
  readonly index: number;
  readonly best: Best;
  /** Epochs before this process, or stage, began. */
  readonly history: readonly EpochEvent[];
  readonly resumed: StageState | undefined;
}

async function* oneStage(
  parts: NetworkParts,
  settings: NetworkSettings,
  { index, best, history, resumed }: StageBeginning,
): AsyncGenerator<NetworkEvent, StageState> {
  const { runtime, checkpoints, signal, classes, multiLabel } = parts;
  const { stages, batchSize, accumulate = 1, patience, seed, classWeights, loss: by, keepsStart } = settings;
  const { epochs } = stages[index]!;
  const prepared = prepareStage(parts, settings, stages[index]!, best.weights);
  yield announce(prepared, settings, index);
  const { step, gather, masks } = prepared;
  const inputs = yield* parts.openInputs(prepared.part);
  try {
    const plain = feedInitializers(
      prepared.plain,
      step.parameters.map(({ input }) => input),
    );
    const graphs = [step.model, plain, ...(gather ? [gather.model] : [])];
    const sessions = await loadAll(runtime, graphs.map(writeModel));
    try {
      const [training, forward, gathers] = sessions;
      assert(training && forward, "a session a graph");
      const validation = { inputs, forward, signal };
      const measured =
        inputs.validation > 0 && best.loss === Number.POSITIVE_INFINITY && resumed === undefined
          ? await startOf(validation, best, step)
          : best;
      const updates = updatesIn({ inputs, batchSize, accumulate });
      const loop: LoopOptions = {
        ...validation,
        step,
        masks,
        training,
        gathering: gather && gathers ? { graph: gather, session: gathers } : undefined,
        accumulate,
        epochs,
        earlier: history.filter(({ stage }) => stage !== undefined && stage <= index).length,
        later: epochsOf(stages.slice(index + 1)),
        earlierUpdates: epochsOf(stages.slice(0, index)) * updates,
        batchSize,
        rate: schedule({
          kind: settings.schedule,
          steps: epochs * updates,
          peak: settings.learningRate,
          warmup: settings.warmup === undefined ? undefined : Math.round(settings.warmup * epochs * updates),
        }),
        patience: patience ?? epochs,
        seed,
        classes,
        multiLabel,
        classWeights,
        loss: by,
        keepsStart,
        keep:
          checkpoints &&
          ((state, moment) =>
            checkpoints.keep({ ...state, history: [...history, ...state.history] }, moment)),
      };
      return yield* trainStage(loop, resumed ?? firstState(step, index, measured));
    } finally {
      for (const session of sessions) await session.release();
    }
  } finally {
    await inputs.close();
  }
}

/** The weights that training begins with, measured: what it brings must be better. */
async function startOf(parts: ValidationParts, best: Best, step: StepGraph): Promise<Best> {
  const { weights } = firstCarry(step);
  const { loss, accuracy } = await validate(parts, weights);
  // A start that overflows must not win by a loss that nothing is below.
  const least = Number.isFinite(loss) ? loss : Number.POSITIVE_INFINITY;
  return { ...best, weights: new Map([...best.weights, ...weights]), loss: least, accuracy };
}

function epochsOf(stages: readonly StageSettings[]): number {
  return stages.reduce((sum, { epochs }) => sum + epochs, 0);
}

/** The base with its shapes known and without the names that its training graph and head need. */
export function trainable(backbone: Backbone, spec: HeadSpec): Backbone {
  const names = [
    ...reservedNames,
    ...headParameterNames(spec, { width: backbone.width, classes: 1 }),
    ...spec.map((_, i) => `mask.${i}`),
  ];
  return { ...backbone, model: inferShapes(reserve(backbone.model, names)) };
}

/** The best weights back at their places. */
function grafted(
  backbone: Backbone,
  { spec, classes }: NetworkParts,
  weights: Tensors,
): Pick<TrainedNetwork, "backbone" | "head"> {
  const ofHead = new Set(headParameterNames(spec, { width: backbone.width, classes }));
  const head = new Map([...weights].filter(([name]) => ofHead.has(name)));
  const model = withInitializers(backbone.model, weights);
  return { backbone: { ...backbone, model, bytes: writeModel(model) }, head };
}
