import { sha256 } from "../core/hash.ts";
import { version } from "../core/version.ts";
import { memoryRows } from "../data/row-store.ts";
import type { Part } from "../data/sample.ts";
import type { AnyEvaluation } from "../evaluate/label-report.ts";
import { type BaseRecord, buildClassifier, type ClassifierRecord } from "../export/classifier.ts";
import { writeModel } from "../onnx/write.ts";
import { evaluated } from "../train/evaluated.ts";
import { FeatureExtractor, featureGraph } from "../train/extract.ts";
import { learnHead } from "../train/learn-head.ts";
import { measure } from "../train/measure.ts";
import { type SkippedPicture, sightOf } from "../train/picture.ts";
import type { RawBaseline } from "../train/raw-baseline.ts";
import { rawBaseline } from "../train/raw-baseline.ts";
import { counts, trainingRecord } from "../train/record.ts";
import type { TrainEvent } from "../train/run.ts";
import { judge, type SecondOpinion } from "../train/second-opinion/second-opinion.ts";
import { storedOpinion } from "../train/second-opinion/stored.ts";
import { type HeadChoices, headSettings } from "../train/settings.ts";
import { fingerprintOf, rehearse } from "../train/sharing.ts";
import type { Base } from "./base.ts";
import { InsecurePageError } from "./errors.ts";
import { datasetOf, type LabelledPicture } from "./pictures.ts";
import { decode } from "./pixels.ts";

export interface TrainHeadOptions extends HeadChoices {
  readonly base: Base;
  /** Read to the end before training begins. */
  readonly pictures: Iterable<LabelledPicture> | AsyncIterable<LabelledPicture>;
  readonly signal?: AbortSignal | undefined;
}

/** A trained head with its base, as a file, and what it reached; the fields are those of `train` in Node. */
export interface TrainHeadResult extends SecondOpinion {
  /** The classifier's `model.onnx`: `loadClassifier` takes it here, `tsugiki predict` and any ONNX runtime elsewhere. */
  readonly model: Uint8Array<ArrayBuffer>;
  readonly classes: readonly string[];
  /** The part behind the headline figure: "val" only where the pictures come split without a test part. */
  readonly headline: Part | null;
  readonly test: AnyEvaluation | null;
  readonly val: AnyEvaluation | null;
  /** What the same head reaches on 8 x 8 pixels and colours, without any base. */
  readonly raw: RawBaseline;
  readonly regularisation: number | null;
  readonly pictures: Readonly<Record<Part, number>>;
  readonly skipped: readonly SkippedPicture[];
}

export interface HeadDoneEvent {
  readonly type: "done";
  readonly result: TrainHeadResult;
}

export type TrainHeadEvent = TrainEvent | HeadDoneEvent;

/**
 * Trains a head on the user's pictures as `train` does in Node, and nothing leaves the page: features once, the pictures
 * shared out by their content, the head solved, calibrated and measured on pictures that nothing was chosen on. A stream of
 * events, the last "done". A picture that cannot be read is told of and passed over, unless `strict`.
 * Throws TrainingDataError, TooFewPicturesError, UsageError, PictureError, EngineError, InsecurePageError, and the signal's
 * reason.
 */
export async function* trainHead(options: TrainHeadOptions): AsyncGenerator<TrainHeadEvent, TrainHeadResult> {
  const { base, signal } = options;
  const { backbone, runtime } = base;
  const settings = headSettings(options);
  refuseInsecure();
  const dataset = await datasetOf(options.pictures, sightOf(backbone.preprocess), signal);
  const { classes } = dataset;
  rehearse(dataset, settings);
  const parts = { dataset, backbone, runtime, decode, openStore: memoryRows, signal };
  const extractor = await FeatureExtractor.open({ ...parts, strict: settings.strict });
  try {
    const { of, sets, head, skipped, labelling } = yield* learnHead(extractor, parts, settings);
    const dataFingerprint = await fingerprintOf(of);
    const raw = yield* rawBaseline({ ...parts, of, labelling, dataFingerprint }, settings);
    signal?.throwIfAborted();
    const {
      head: judged,
      opinion,
      strangeness,
    } = await judge(head, sets, classes, settings.opinion, runtime);
    const measured = await measure(judged, of, sets, classes, runtime);
    yield* evaluated(measured, undefined, raw);
    signal?.throwIfAborted();

    const outcome = { head: judged, measured, parts: of, dataFingerprint };
    const record: ClassifierRecord = {
      labels: classes,
      preprocess: backbone.preprocess,
      base: await baseRecord(base),
      ...storedOpinion(opinion),
      training: trainingRecord(settings, outcome, version),
    };
    const model = writeModel(buildClassifier(featureGraph(backbone), judged.model, record, strangeness));
    const result: TrainHeadResult = {
      model: new Uint8Array(model),
      classes,
      headline: measured.test ? "test" : measured.val ? "val" : null,
      test: measured.test?.evaluation ?? null,
      val: measured.val?.evaluation ?? null,
      raw,
      ...opinion,
      regularisation: head.regularisation ?? null,
      pictures: counts(of),
      skipped,
    };
    yield { type: "done", result };
    return result;
  } finally {
    await extractor.close();
  }
}

async function baseRecord({ backbone, file }: Base): Promise<BaseRecord> {
  const { name, cut, licence = null } = backbone;
  return { name, sha256: await sha256(file), cut, licence };
}

/** Pictures are told apart and shared out by their hashes, and browsers hash for pages only that nobody can have changed. */
function refuseInsecure(): void {
  if (globalThis.crypto?.subtle !== undefined) return;
  throw new InsecurePageError(
    {
      what: "This page cannot train:",
      why: "it came over plain http, and browsers keep their hash functions from such pages.",
      next: "Serve it over https, or from localhost.",
    },
    {},
  );
}
