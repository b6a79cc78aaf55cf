/** Tsugiki's public API: transfer learning in TypeScript. Names handed on, nothing else. */
export { finish } from "./core/async.ts";
export { TsugikiError, UsageError } from "./core/errors.ts";
export type { Part, Pixels } from "./data/sample.ts";
export {
  type AnyEvaluation,
  evaluateLabels,
  isOfLabels,
  type LabelEvaluation,
} from "./evaluate/label-report.ts";
export { type Evaluation, evaluatePredictions } from "./evaluate/report.ts";
export type { ClassifierRecord } from "./export/classifier.ts";
export type { BaseOptions } from "./jobs/base-node.ts";
export type { BasesOptions } from "./jobs/bases.ts";
export { Classifier, type Prediction, type Ranked } from "./jobs/classifier-node.ts";
export {
  type EvaluateOptions,
  type EvaluateResult,
  type EvaluatingEvent,
  evaluate,
} from "./jobs/evaluate.ts";
export {
  type InspectingEvent,
  type Inspection,
  type InspectOptions,
  inspect,
  type TwinGroup,
} from "./jobs/inspect.ts";
export {
  type FindRateEvent,
  type FindRateOptions,
  type FoundRate,
  findLearningRate,
} from "./jobs/lr-find.ts";
export { strategyDefaults } from "./jobs/network-settings.ts";
export { type FailedFile, type PredictedFile, type PredictOptions, predict } from "./jobs/predict.ts";
export {
  type ShowAugmentationsOptions,
  type ShownAugmentations,
  showAugmentations,
} from "./jobs/show-augmentations.ts";
export {
  type BlockSummary,
  type LayerSummary,
  type Summary,
  type SummaryOptions,
  summary,
} from "./jobs/summary.ts";
export {
  type DoneEvent,
  type OpenedEvent,
  type RunEvent,
  type TrainOptions,
  type TrainResult,
  train,
} from "./jobs/train.ts";
export { version } from "./jobs/version-node.ts";
export type { Fit, NormalisationName } from "./surgery/preprocess.ts";
export { fits, normalisationNames } from "./surgery/preprocess.ts";
export type { OptimizerName } from "./train/dense-head.ts";
export type { HeadLayer, HeadSpec } from "./train/head.ts";
export type {
  ChosenEvent,
  KeptEvent,
  ResumeEvent,
  RollbackEvent,
  StageEvent,
  StepEvent,
  ViewsEvent,
} from "./train/network/events.ts";
export { type Strategy, strategies } from "./train/network/fine-tune.ts";
export type { RangeEvent } from "./train/network/rate-range.ts";
export type { RangePoint, RateSuggestion } from "./train/network/rate-suggestion.ts";
export type { EpochEvent } from "./train/trained-head.ts";
