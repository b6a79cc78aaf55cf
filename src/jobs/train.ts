import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { tap } from "../core/async.ts";
import { sha256 } from "../core/hash.ts";
import { oneOrMore } from "../core/list.ts";
import { decode, decoderName } from "../data/decode-sharp.ts";
import type { Dataset, Part } from "../data/sample.ts";
import type { AnyEvaluation } from "../evaluate/label-report.ts";
import { buildClassifier, type ClassifierRecord } from "../export/classifier.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { featureGraph, type SkippedPicture } from "../train/extract.ts";
import type { Identity } from "../train/network/checkpoint.ts";
import type { Checkpoints } from "../train/network/train-network.ts";
import { counts, trainingRecord } from "../train/record.ts";
import { type TrainEvent, type TrainOutcome, type TrainSettings, trainOnFeatures } from "../train/run.ts";
import type { SecondOpinion } from "../train/second-opinion/second-opinion.ts";
import { storedOpinion } from "../train/second-opinion/stored.ts";
import { type OpenedBase, openBases, trainedBase } from "./base-node.ts";
import { type BasesOptions, basesOf, refuseSeveral } from "./bases.ts";
import { cacheIn } from "./cache-node.ts";
import type { HeadsEvent } from "./inspect/features.ts";
import type { InspectingEvent } from "./inspect/inspect.ts";
import { type LookedBack, lookBack } from "./look-back.ts";
import { openBoth } from "./open-node.ts";
import { declareOutliers } from "./outliers.ts";
import { RunFiles } from "./run-files-node.ts";
import { settingsOf, type TrainChoices } from "./train-settings.ts";
import { version } from "./version-node.ts";

export interface TrainOptions extends BasesOptions, TrainChoices {
  /** A folder, zip archive or list of labelled pictures, in any layout that `inspect` knows. */
  readonly data: string;
  /** The run's folder. Default: `runs/` and the data's name. */
  readonly out?: string | undefined;
  /** Name of the data's layout, where it should not be found out. */
  readonly layout?: string | undefined;
  /** A class that is none: its pictures train nothing, and tell how many strangers the classifier turns away. */
  readonly outliers?: string | undefined;
  /** Folder of the feature cache. Default: $TSUGIKI_CACHE, or the platform's cache folder. */
  readonly cache?: string | undefined;
  /** Whether the run ends with its report.html. Default true. */
  readonly report?: boolean | undefined;
  /** Whether to look the data over afterwards, as `inspect` with features does, and tell of it in the report. Default false. */
  readonly doctor?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What is opened and about to begin. */
export interface OpenedEvent {
  readonly type: "opened";
  readonly data: {
    readonly path: string;
    readonly layout: string;
    readonly pictures: number;
    /** Whether a picture may have several labels at once, or none. */
    readonly multiLabel: boolean;
  };
  readonly classes: readonly string[];
  readonly ignored: Dataset["ignored"];
  /** In the order in which their feature vectors stand side by side; nearly always one. */
  readonly bases: readonly {
    readonly name: string;
    readonly cut: string;
    readonly width: number;
    readonly size: number;
    readonly fit: string;
    readonly preprocessSource: string;
    readonly licence: string | null;
  }[];
}

export interface DoneEvent {
  readonly type: "done";
  readonly result: TrainResult;
}

export type RunEvent = OpenedEvent | TrainEvent | InspectingEvent | HeadsEvent | DoneEvent;

export interface TrainResult extends LookedBack {
  /** The run's folder, and the classifier in it. */
  readonly out: string;
  readonly model: string;
  readonly classes: readonly string[];
  /** The part behind the headline figure: "val" only where the data comes split without a test part. */
  readonly headline: Part | null;
  /** Of data with several labels at once a `LabelEvaluation`: `isOfLabels` tells. */
  readonly test: AnyEvaluation | null;
  readonly val: AnyEvaluation | null;
  /** What the head reached on the base's features before the base was trained; null where it was not. */
  readonly frozen: { readonly test: AnyEvaluation | null; readonly val: AnyEvaluation | null } | null;
  /** What the same head reaches on 8 x 8 pixels and colours, without any base: shares of right answers, or mAP. */
  readonly raw: TrainOutcome["raw"];
  /** How sure its probabilities may be, what it turns away as none of the classes, and its prediction sets. */
  readonly calibration: SecondOpinion["calibration"];
  readonly unknown: SecondOpinion["unknown"];
  readonly sets: SecondOpinion["sets"];
  readonly regularisation: number | null;
  readonly pictures: Readonly<Record<Part, number>>;
  readonly skipped: readonly SkippedPicture[];
  /** Pictures whose features were in the cache already. */
  readonly cached: number;
  readonly seconds: number;
}

/**
 * Trains a classifier on labelled pictures and writes the run's folder: `model.onnx`, `labels.txt`, `run.json`,
 * `metrics.jsonl`, `predictions.csv`, `report.html` and TensorBoard's event file. An async stream of events; the last is "done".
 * Throws TsugikiError's subclasses for what is wrong with options, data or model, and the signal's reason.
 */
export async function* train(options: TrainOptions): AsyncGenerator<RunEvent, TrainResult> {
  const started = performance.now();
  const settings = settingsOf(options);
  const chosen = basesOf(options);
  refuseSeveral(chosen, settings.network?.strategy ?? "features");
  const { signal, data, out = defaultOut(data), resume = false, checkpointEvery } = options;
  const runtime = nodeRuntime();
  const { bases: keepIn, ...cache } = cacheIn(options.cache);
  const { dataset: found, base: bases } = await openBoth(options, () => openBases(chosen, runtime, keepIn));
  let files: RunFiles | undefined;
  try {
    const { dataset, outliers, note } = declareOutliers(found, options.outliers);
    const [{ backbone }, ...others] = bases;
    const beside = others.map((other) => other.backbone);
    files = await RunFiles.create(out, data);
    yield opened(dataset, bases);
    if (note !== undefined) yield { type: "warning", message: note };
    const folder = files;
    const openCheckpoints = (identity: Identity): Checkpoints =>
      folder.checkpoints({ ...identity, tsugiki: version }, { resume, seconds: checkpointEvery });
    const world = { runtime, decode, decoderName, ...cache, openCheckpoints, signal };
    const trained = await trainedBase(chosen, backbone, settings, runtime);
    const parts = { ...world, dataset, outliers, backbone, beside, trained };
    const record = (event: TrainEvent): void => files?.record(event);
    const outcome = yield* tap(trainOnFeatures(parts, settings), record);

    const classifier = await classifierRecord(dataset, bases, settings, outcome);
    const body = featureGraph(outcome.backbone, ...beside);
    const model = buildClassifier(body, outcome.head.model, classifier, outcome.strangeness);
    await files.writeModel(model, dataset.classes);
    const seconds = (performance.now() - started) / 1000;
    const result = resultOf(out, dataset.classes, outcome, seconds);
    const headline = result.headline === null ? undefined : outcome.measured[result.headline];
    if (headline) await files.writePredictions(dataset.classes, headline);
    await files.writeRun({
      tsugiki: version,
      engine: runtime.name,
      node: process.version,
      date: new Date().toISOString(),
      seconds,
      data: {
        path: resolve(data),
        layout: dataset.layout,
        fingerprint: outcome.dataFingerprint,
        ...(options.outliers !== undefined && { outliers: options.outliers }),
      },
      ...classifier,
      preprocessSource: oneOrMore(bases.map(({ preprocessSource }) => preprocessSource)),
      split: splitLists(outcome),
      skipped: outcome.skipped,
      ignored: dataset.ignored,
      metrics: { test: result.test, val: result.val, frozen: result.frozen, raw: outcome.raw },
      ...outcome.opinion,
      history: outcome.head.history,
    });
    await files.publish();
    const finished: TrainResult = { ...result, ...(yield* lookBack(out, dataset, options)) };
    yield { type: "done", result: finished };
    return finished;
  } finally {
    await files?.discard();
    await found.close();
  }
}

/** `runs/` and the data's name, without the ending of an archive or a list. */
export function defaultOut(data: string): string {
  return join("runs", basename(resolve(data)).replace(/\.(zip|csv|tsv|jsonl)$/i, ""));
}

export function opened(dataset: Dataset, bases: readonly OpenedBase[]): OpenedEvent {
  return {
    type: "opened",
    data: {
      path: dataset.path,
      layout: dataset.layout,
      pictures: dataset.samples.length,
      multiLabel: dataset.multiLabel,
    },
    classes: dataset.classes,
    ignored: dataset.ignored,
    bases: bases.map(({ backbone, preprocessSource }) => {
      const { name, cut, width, preprocess, licence = null } = backbone;
      return { name, cut, width, size: preprocess.size, fit: preprocess.fit, preprocessSource, licence };
    }),
  };
}

/** What goes into the model file: nothing that differs between two runs of the same command. */
async function classifierRecord(
  { classes, multiLabel }: Dataset,
  bases: readonly OpenedBase[],
  settings: TrainSettings,
  outcome: TrainOutcome,
): Promise<ClassifierRecord> {
  const named = bases.map(async ({ backbone: { name, cut, licence = null }, file }) => {
    return { name, sha256: await sha256(await readFile(file)), cut, licence };
  });
  return {
    labels: classes,
    ...(multiLabel && { task: "multi-label" }),
    preprocess: oneOrMore(bases.map(({ backbone }) => backbone.preprocess)),
    base: oneOrMore(await Promise.all(named)),
    ...storedOpinion(outcome.opinion),
    training: trainingRecord(settings, outcome, version),
  };
}

/** Each part's files with the first 16 digits of their sha256, by which `evaluate` knows them again. */
function splitLists({ parts }: TrainOutcome): Record<string, Record<string, string>> {
  return Object.fromEntries(
    Object.entries(parts).map(([part, pictures]) => [
      part,
      Object.fromEntries(pictures.map(({ sample, hash }) => [sample.id, hash.slice(0, 16)])),
    ]),
  );
}

function resultOf(
  out: string,
  classes: readonly string[],
  outcome: TrainOutcome,
  seconds: number,
): Omit<TrainResult, keyof LookedBack> {
  const { test, val } = outcome.measured;
  return {
    out,
    model: join(out, "model.onnx"),
    classes,
    headline: test ? "test" : val ? "val" : null,
    test: test?.evaluation ?? null,
    val: val?.evaluation ?? null,
    frozen: outcome.frozen
      ? { test: outcome.frozen.test?.evaluation ?? null, val: outcome.frozen.val?.evaluation ?? null }
      : null,
    raw: outcome.raw,
    ...outcome.opinion,
    regularisation: outcome.head.regularisation ?? null,
    pictures: counts(outcome.parts),
    skipped: outcome.skipped,
    cached: outcome.cached,
    seconds,
  };
}
