/** Tsugiki's public API: transfer learning in TypeScript. Names handed on, nothing else. */
export { finish } from "./core/async.ts";
export { TsugikiError, UsageError } from "./core/errors.ts";
export type { Part, Pixels } from "./data/sample.ts";
export { brierScore, labelBrierScore } from "./evaluate/calibration/brier-score.ts";
export {
  type CalibrationError,
  type CalibrationOptions,
  calibrationError,
} from "./evaluate/calibration/calibration-error.ts";
export { fitLabelTemperature, type LabelLogitRows } from "./evaluate/calibration/label-temperature.ts";
export {
  type Answers,
  answersOf,
  type Binning,
  type ReliabilityBin,
} from "./evaluate/calibration/reliability.ts";
export type { FittedTemperature } from "./evaluate/calibration/scale-fit.ts";
export { fitTemperature, type LogitRows } from "./evaluate/calibration/temperature.ts";
export {
  type ConfidentLearning,
  findWrongLabels,
  type SuspectLabel,
  type SuspectRule,
} from "./evaluate/confident-learning.ts";
export {
  calibrateSets,
  measureSets,
  predictionSets,
  type SetFigures,
  type SetRule,
} from "./evaluate/conformal/prediction-sets.ts";
export type { SetScore } from "./evaluate/conformal/set-scores.ts";
export {
  type AnyEvaluation,
  evaluateLabels,
  isOfLabels,
  type LabelEvaluation,
} from "./evaluate/label-report.ts";
export {
  type CurveOptions,
  type CurveVerdict,
  type LearningCurve,
  learningCurve,
} from "./evaluate/learning-curve/learning-curve.ts";
export type { CurvePoint } from "./evaluate/learning-curve/power-law.ts";
export { comparePaired, type PairedComparison } from "./evaluate/paired.ts";
export { type Evaluation, evaluatePredictions } from "./evaluate/report.ts";
export { hScore } from "./evaluate/transferability/h-score.ts";
export { kendall } from "./evaluate/transferability/kendall.ts";
export { leep, type SourcePredictions } from "./evaluate/transferability/leep.ts";
export { logMe } from "./evaluate/transferability/log-me.ts";
export { nce } from "./evaluate/transferability/nce.ts";
export { auroc } from "./evaluate/unknown/auroc.ts";
export { energyStrangeness, softmaxStrangeness } from "./evaluate/unknown/logit-strangeness.ts";
export {
  fitGaussians,
  type Gaussians,
  mahalanobisStrangeness,
  relativeStrangeness,
} from "./evaluate/unknown/mahalanobis-strangeness.ts";
export {
  type Neighbourhood,
  nearestStrangeness,
  neighbourhood,
} from "./evaluate/unknown/nearest-strangeness.ts";
export { type Rejection, rejection, rejectionThreshold } from "./evaluate/unknown/rejection.ts";
export type { ClassifierRecord } from "./export/classifier.ts";
export type { BaseOptions } from "./jobs/base-node.ts";
export type { BasesOptions } from "./jobs/bases.ts";
export { Classifier, type Prediction, type Ranked } from "./jobs/classifier-node.ts";
export {
  type DemoEvent,
  type DemoFigure,
  type DemoOptions,
  type DemoResult,
  type DemoSet,
  type DrawnEvent,
  demo,
} from "./jobs/demo.ts";
export {
  type EvaluateOptions,
  type EvaluateResult,
  type EvaluatingEvent,
  evaluate,
} from "./jobs/evaluate.ts";
export { type InfoOptions, info, type ModelInfo, type PortInfo } from "./jobs/info.ts";
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
