import type { Model } from "../../onnx/graph.ts";
import type { Runtime } from "../../runtime/session.ts";
import type { TrainedHead } from "../trained-head.ts";
import { type Calibration, calibrate, dividedBy, logitsOf } from "./calibrate.ts";
import { findSets, type Sets } from "./sets.ts";
import { findStrangers, type OpinionSets, type Strangers } from "./strangers.ts";

/** What a run says of its own answers: how sure they may be, what is none of the classes, which classes it may be. */
export interface SecondOpinion {
  readonly calibration: Calibration;
  readonly unknown: Strangers;
  /** Null of several labels at once. */
  readonly sets: Sets;
}

export interface OpinionChoices {
  /** Whether a temperature is fitted. */
  readonly calibrate: boolean;
  /** Share of pictures of the classes that may be turned away as none of them, in (0, 1). */
  readonly falseRejections: number;
  /** Share of prediction sets that shall hold the truth, in (0, 1). */
  readonly coverage: number;
}

/** A finished head with its second opinion. */
export interface Judged {
  /** The head with its temperature in its last layer. */
  readonly head: TrainedHead;
  readonly opinion: SecondOpinion;
  /** `features` to `strangeness` and `unknown`; undefined where no threshold could be had. */
  readonly strangeness: Model | undefined;
}

/** Finds all three from the features of a head that is final: fitted on training and validation rows, measured on test. */
export async function judge(
  head: TrainedHead,
  sets: OpinionSets,
  classes: readonly string[],
  choices: OpinionChoices,
  runtime: Runtime,
): Promise<Judged> {
  const [val, test] = await logitsOf(head.model, [sets.val, sets.test], classes.length, runtime);
  const calibration = calibrate(val!, test!, choices.calibrate);
  const { temperature } = calibration;
  const { strangers, graph } = await findStrangers(sets, classes.length, choices.falseRejections, runtime);
  return {
    head: { ...head, model: dividedBy(temperature, head.model) },
    opinion: {
      calibration,
      unknown: strangers,
      sets: findSets(val!, test!, temperature, choices.coverage, classes),
    },
    strangeness: graph,
  };
}
