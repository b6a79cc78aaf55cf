/** Tsugiki in a browser: the public API of `tsugiki/browser`. Names handed on, nothing else. */
export { Base, type LoadBaseOptions, loadBase } from "./browser/base.ts";
export { Classifier, type LoadClassifierOptions, loadClassifier } from "./browser/classifier.ts";
export { DownloadError, InsecurePageError } from "./browser/errors.ts";
export type { ModelSource } from "./browser/model-file.ts";
export type { LabelledPicture } from "./browser/pictures.ts";
export type { Drawable, PictureSource } from "./browser/pixels.ts";
export {
  type HeadDoneEvent,
  type TrainHeadEvent,
  type TrainHeadOptions,
  type TrainHeadResult,
  trainHead,
} from "./browser/train-head.ts";
export { finish } from "./core/async.ts";
export { TsugikiError, UsageError } from "./core/errors.ts";
export { version } from "./core/version.ts";
export { PictureError, TooFewPicturesError } from "./data/errors.ts";
export type { Part, Pixels } from "./data/sample.ts";
export type { AnyEvaluation } from "./evaluate/label-report.ts";
export type { ClassifierRecord } from "./export/classifier.ts";
export { ClassifierError } from "./export/errors.ts";
export type { ClassifyOptions, Prediction, Ranked } from "./export/prediction.ts";
export { EngineError } from "./runtime/errors.ts";
export type { Runtime } from "./runtime/session.ts";
export { webRuntime } from "./runtime/web.ts";
export type { Fit, Normalisation, NormalisationName } from "./surgery/preprocess.ts";
export { parsePreprocessorConfig } from "./surgery/preprocess-config.ts";
export type { SkippedPicture } from "./train/picture.ts";
