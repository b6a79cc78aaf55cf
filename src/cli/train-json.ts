import { decimal } from "../core/words.ts";
import {
  type AnyEvaluation,
  type ChosenEvent,
  type DoneEvent,
  isOfLabels,
  type RunEvent,
  type SetFigures,
  type TrainResult,
} from "../index.ts";
import { resumeText, rollbackText } from "./view/training.ts";

/**
 * What `tsugiki train --json` writes: figures of each part, the run's files, and how they came about.
 *
 * - `strategy`: how the base was trained, "features" for not at all.
 * - `notes`: the warnings of the run, in its order, but for the pictures in `skipped`.
 * - `raw`: what the same head reaches on bare pixels, by part: shares of right answers, or mAP of several labels.
 * - `frozen`: the same of the head on the base's features before the base was trained. Not with "features".
 * - `epochs`: of training the base, those that were run, over all stages. Not with "features".
 * - `bestEpoch`: the one whose weights were kept, 0 where the start was. Not with "features".
 * - `calibration`, `unknown`, `sets`: the second opinion in short; run.json has all of it.
 */
export class TrainJson {
  readonly #strategy: string;
  readonly #notes: string[] = [];
  #chosen: ChosenEvent | undefined;

  constructor(strategy: string) {
    this.#strategy = strategy;
  }

  /** Takes from an event what the result does not say. */
  note(event: Exclude<RunEvent, DoneEvent>): void {
    if (event.type === "warning") this.#notes.push(event.message);
    else if (event.type === "rollback") this.#notes.push(rollbackText(event));
    else if (event.type === "resume" && event.from !== "checkpoint") this.#notes.push(resumeText(event));
    else if (event.type === "chosen") this.#chosen = event;
  }

  of(result: TrainResult) {
    const { test, val, seconds, model, out, classes, pictures, skipped, cached, regularisation } = result;
    const { frozen, raw } = result;
    const stand = test ?? val;
    return {
      // Where the data has no test part, the validation part's figure stands here and says so.
      test: stand && { part: test ? "test" : "val", ...figures(stand, test === null) },
      val: val && figures(val, true),
      strategy: this.#strategy,
      ...(this.#chosen && {
        epochs: this.#chosen.epochs,
        bestEpoch: this.#chosen.epoch,
        frozen: frozen && { test: share(frozen.test), val: share(frozen.val) },
      }),
      raw: { test: raw.test ?? null, val: raw.val ?? null },
      notes: this.#notes,
      seconds: Number(decimal(seconds, 3)),
      model,
      out,
      classes,
      pictures,
      cached,
      skipped,
      regularisation,
      ...opinionJson(result),
    };
  }
}

function opinionJson({ calibration, unknown, sets }: TrainResult) {
  const { temperature, verdict, val, test } = calibration;
  const measured = test ?? val;
  const { threshold, falseRejections, test: known, outliers } = unknown;
  return {
    calibration: {
      temperature,
      verdict,
      error: measured && { before: measured.before.ece, after: measured.after.ece },
    },
    unknown: {
      threshold,
      falseRejections,
      rejected: { test: known?.rate ?? null, outliers: outliers?.rate ?? null },
    },
    sets: sets && { coverage: sets.coverage, test: sets.test && setFigures(sets.test) },
  };
}

function setFigures({ coverage, interval, meanSize }: SetFigures) {
  return { coverage, interval, meanSize };
}

/** The figure that `raw` tells too. */
function share(evaluation: AnyEvaluation | null): number | null {
  if (evaluation === null) return null;
  return isOfLabels(evaluation) ? (evaluation.meanAveragePrecision ?? null) : evaluation.accuracy;
}

/** The figures of a part, and for the one part that must stand in for a test, what it was used for. */
function figures(evaluation: AnyEvaluation, usedToChoose: boolean) {
  const { n, accuracy, interval, logLoss, macro } = evaluation;
  if (isOfLabels(evaluation)) {
    const { meanAveragePrecision, microF1 } = evaluation;
    const several = { meanAveragePrecision, accuracy, n, interval, logLoss, microF1 };
    return { ...several, macroF1: macro.f1, usedToChoose };
  }
  const { topK } = evaluation;
  return { accuracy, n, interval, topK, logLoss, macroF1: macro.f1, usedToChoose };
}
