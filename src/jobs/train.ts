import { mkdir, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { UsageError } from "../core/errors.ts";
import { decode } from "../data/decode-sharp.ts";
import { openDataset } from "../data/open.ts";
import type { Dataset, Part } from "../data/sample.ts";
import type { Evaluation } from "../evaluate/report.ts";
import { buildClassifier, type ClassifierRecord } from "../export/classifier.ts";
import { saveModel } from "../onnx/load-node.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { type OptimizerName, optimizers } from "../train/dense-head.ts";
import { featureGraph, type SkippedPicture } from "../train/extract.ts";
import { formatHead, type HeadSpec, parseHead } from "../train/head.ts";
import { type TrainEvent, type TrainOutcome, type TrainSettings, trainOnFeatures } from "../train/run.ts";
import { type BaseOptions, type OpenedBase, openBase } from "./base-node.ts";
import { cacheFolder, storesIn } from "./cache-node.ts";
import { RunFiles } from "./run-files-node.ts";
import { version } from "./version-node.ts";

export interface TrainOptions extends BaseOptions {
  /** A folder, zip archive or list of labelled pictures, in any layout that `inspect` knows. */
  readonly data: string;
  /** The run's folder. Default: `runs/` and the data's name. */
  readonly out?: string | undefined;
  /** Name of the data's layout, where it should not be found out. */
  readonly layout?: string | undefined;
  /** "linear" (default), or layers such as "dense:1024:relu,dropout:0.2". */
  readonly head?: string | HeadSpec | undefined;
  /** Shares for validation and test where the data does not come ready split. Default 0.15 each. */
  readonly val?: number | undefined;
  readonly test?: number | undefined;
  /** Default 0. */
  readonly seed?: number | undefined;
  /** Stop at the first picture that cannot be read, instead of reporting and skipping it. */
  readonly strict?: boolean | undefined;
  readonly classWeights?: "none" | "balanced" | undefined;
  readonly labelSmoothing?: number | undefined;
  /** λ of a linear head; chosen on the validation part when left out. */
  readonly regularisation?: number | undefined;
  /** For heads with hidden layers. Default "adam". */
  readonly optimizer?: OptimizerName | undefined;
  readonly learningRate?: number | undefined;
  readonly weightDecay?: number | undefined;
  /** Default 40. */
  readonly epochs?: number | undefined;
  /** Default 32. */
  readonly batchSize?: number | undefined;
  /** Epochs without a better validation loss before training stops. Default 5. */
  readonly patience?: number | undefined;
  /** Folder of the feature cache. Default: $TSUGIKI_CACHE, or the platform's cache folder. */
  readonly cache?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What is opened and about to begin. */
export interface OpenedEvent {
  readonly type: "opened";
  readonly data: { readonly path: string; readonly layout: string; readonly pictures: number };
  readonly classes: readonly string[];
  readonly ignored: Dataset["ignored"];
  readonly base: {
    readonly name: string;
    readonly cut: string;
    readonly width: number;
    readonly size: number;
    readonly fit: string;
    readonly preprocessSource: string;
    readonly licence: string | null;
  };
}

export interface DoneEvent {
  readonly type: "done";
  readonly result: TrainResult;
}

export type RunEvent = OpenedEvent | TrainEvent | DoneEvent;

export interface TrainResult {
  /** The run's folder, and the classifier in it. */
  readonly out: string;
  readonly model: string;
  readonly classes: readonly string[];
  /** The part behind the headline figure: "val" only where the data comes split without a test part. */
  readonly headline: Part | null;
  readonly test: Evaluation | null;
  readonly val: Evaluation | null;
  readonly regularisation: number | null;
  readonly pictures: Readonly<Record<Part, number>>;
  readonly skipped: readonly SkippedPicture[];
  /** Pictures whose features were in the cache already. */
  readonly cached: number;
  readonly seconds: number;
}

function settingsOf(options: TrainOptions): TrainSettings {
  const { head = "linear", optimizer = "adam" } = options;
  if (!Object.hasOwn(optimizers, optimizer)) {
    throw new UsageError(
      {
        what: `There is no optimizer '${optimizer}'.`,
        next: `Choose ${Object.keys(optimizers).join(", ")}.`,
      },
      { option: "optimizer", value: optimizer },
    );
  }
  return {
    head: typeof head === "string" ? parseHead(head) : head,
    val: options.val ?? 0.15,
    test: options.test ?? 0.15,
    seed: options.seed ?? 0,
    strict: options.strict ?? false,
    classWeights: options.classWeights ?? "none",
    labelSmoothing: options.labelSmoothing ?? 0,
    regularisation: options.regularisation,
    optimizer,
    learningRate: options.learningRate,
    weightDecay: options.weightDecay,
    epochs: options.epochs ?? 40,
    batchSize: options.batchSize ?? 32,
    patience: options.patience ?? 5,
  };
}

/**
 * Trains a classifier on labelled pictures and writes the run's folder: `model.onnx`, `labels.txt`, `run.json`,
 * `metrics.jsonl`, `predictions.csv` and TensorBoard's event file. An async stream of events; the last is "done".
 * Throws TsugikiError's subclasses for what is wrong with options, data or model, and the signal's reason.
 */
export async function* train(options: TrainOptions): AsyncGenerator<RunEvent, TrainResult> {
  const started = performance.now();
  const settings = settingsOf(options);
  const { signal } = options;
  const runtime = nodeRuntime();
  const { layout } = options;
  const opening = openDataset(options.data, {
    ...(layout !== undefined && { layout }),
    ...(signal && { signal }),
  });
  // The disk lists files while the processor prepares the base.
  const [found, prepared] = await Promise.allSettled([opening, openBase(options, runtime)]);
  if (found.status === "rejected") throw found.reason;
  const dataset = found.value;
  try {
    if (prepared.status === "rejected") throw prepared.reason;
    const base = prepared.value;
    yield opened(dataset, base);
    const out = options.out ?? join("runs", basename(resolve(options.data)).replace(/\.[a-z]+$/i, ""));
    await mkdir(out, { recursive: true });
    const files = await RunFiles.create(out);
    let outcome: TrainOutcome;
    try {
      const { backbone } = base;
      const openStore = storesIn(options.cache ?? cacheFolder());
      const run = trainOnFeatures({ dataset, backbone, runtime, decode, openStore, signal }, settings);
      for (;;) {
        const step = await run.next();
        if (step.done) {
          outcome = step.value;
          break;
        }
        files.record(step.value);
        yield step.value;
      }
    } finally {
      files.close();
    }
    const record = recordOf(dataset.classes, base, settings, outcome);
    const model = join(out, "model.onnx");
    await saveModel(model, buildClassifier(featureGraph(base.backbone), outcome.head.model, record));
    await writeFile(join(out, "labels.txt"), `${dataset.classes.join("\n")}\n`);
    const seconds = (performance.now() - started) / 1000;
    const result = resultOf(out, model, dataset.classes, outcome, seconds);
    const headline = result.headline === null ? undefined : outcome.measured[result.headline];
    if (headline) await files.writePredictions(dataset.classes, headline);
    await files.writeRun({
      tsugiki: version,
      engine: runtime.name,
      node: process.version,
      date: new Date().toISOString(),
      seconds,
      data: { path: resolve(options.data), layout: dataset.layout, fingerprint: outcome.dataFingerprint },
      ...record,
      preprocessSource: base.preprocessSource,
      split: splitLists(outcome),
      skipped: outcome.skipped,
      ignored: dataset.ignored,
      metrics: { test: result.test, val: result.val },
      history: outcome.head.history,
    });
    yield { type: "done", result };
    return result;
  } finally {
    await dataset.close();
  }
}

function opened(dataset: Dataset, { backbone, preprocessSource }: OpenedBase): OpenedEvent {
  const { name, cut, width, preprocess, licence = null } = backbone;
  return {
    type: "opened",
    data: { path: dataset.path, layout: dataset.layout, pictures: dataset.samples.length },
    classes: dataset.classes,
    ignored: dataset.ignored,
    base: { name, cut, width, size: preprocess.size, fit: preprocess.fit, preprocessSource, licence },
  };
}

/** What goes into the model file: nothing that differs between two runs of the same command. */
function recordOf(
  labels: readonly string[],
  { backbone, sha256 }: OpenedBase,
  settings: TrainSettings,
  outcome: TrainOutcome,
): ClassifierRecord {
  const figures = Object.entries(outcome.measured).map(([part, { evaluation }]) => {
    const { n, accuracy, interval, logLoss } = evaluation;
    return [part, { n, accuracy, interval, logLoss }];
  });
  return {
    labels,
    preprocess: backbone.preprocess,
    base: { name: backbone.name, sha256, cut: backbone.cut, licence: backbone.licence ?? null },
    training: {
      strategy: "features",
      ...settings,
      head: formatHead(settings.head),
      regularisation: outcome.head.regularisation ?? settings.regularisation,
      data: outcome.dataFingerprint,
      pictures: counts(outcome),
      figures: Object.fromEntries(figures),
      tsugiki: version,
    },
  };
}

function counts({ parts }: TrainOutcome): Record<Part, number> {
  return { train: parts.train.length, val: parts.val.length, test: parts.test.length };
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
  model: string,
  classes: readonly string[],
  outcome: TrainOutcome,
  seconds: number,
): TrainResult {
  const { test, val } = outcome.measured;
  return {
    out,
    model,
    classes,
    headline: test ? "test" : val ? "val" : null,
    test: test?.evaluation ?? null,
    val: val?.evaluation ?? null,
    regularisation: outcome.head.regularisation ?? null,
    pictures: counts(outcome),
    skipped: outcome.skipped,
    cached: outcome.cached,
    seconds,
  };
}
