/** Tsugiki's public API: transfer learning in TypeScript. Names handed on, nothing else. */
export { finish } from "./core/async.ts";
export { TsugikiError, UsageError } from "./core/errors.ts";
export type { Part, Pixels } from "./data/sample.ts";
export { findingsCsv, type ListedPicture, listCsv } from "./doctor/csv.ts";
export type { MeasuredCurve } from "./doctor/curve.ts";
export { type Circumstances, type Examined, findings } from "./doctor/examine.ts";
export { type DataFinding, type FindingKind, findingKinds } from "./doctor/finding.ts";
export { greyOf, type Look, lookAt } from "./doctor/look.ts";
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
export {
  DownloadError,
  HandleError,
  IntegrityError,
  LicenceError,
  ModelArchiveError,
  NoModelError,
  OfflineError,
} from "./hub/errors.ts";
export type { BaseOptions } from "./jobs/base-node.ts";
export { type BasesOptions, basesOf } from "./jobs/bases.ts";
export { Classifier, type Prediction, type Ranked } from "./jobs/classifier-node.ts";
export {
  type DemoEvent,
  type DemoFigure,
  type DemoOptions,
  type DemoResult,
  type DemoSet,
  type DrawnEvent,
  demo,
} from "./jobs/demo/demo.ts";
export {
  type EvaluateOptions,
  type EvaluateResult,
  type EvaluatingEvent,
  evaluate,
} from "./jobs/evaluate.ts";
export {
  type ExplainedFile,
  type ExplainFilesOptions,
  type ExplainOptions,
  explain,
  explainFiles,
  type UnexplainedFile,
} from "./jobs/explain.ts";
export {
  Explainer,
  type ExplainMethod,
  type ExplainPictureOptions,
  type Explanation,
  explainMethods,
} from "./jobs/explainer-node.ts";
export type { ComparingEvent } from "./jobs/export/compare.ts";
export { ExportError, ParityError } from "./jobs/export/errors.ts";
export {
  type ExportEvent,
  type ExportedFile,
  type ExportOptions,
  type ExportResult,
  exportFormats,
  exportModel,
} from "./jobs/export/export.ts";
export { type VerifyOptions, type VerifyResult, verify } from "./jobs/export/verify.ts";
export { type InfoOptions, info, type ModelInfo, type PortInfo } from "./jobs/info.ts";
export {
  type InspectEvent,
  type InspectingEvent,
  type Inspection,
  type InspectOptions,
  inspect,
  type TwinGroup,
} from "./jobs/inspect/inspect.ts";
export {
  type FindRateEvent,
  type FindRateOptions,
  type FoundRate,
  findLearningRate,
} from "./jobs/lr-find.ts";
export { type DescribedModel, type DescribeModelOptions, describeModel } from "./jobs/models/describe.ts";
export { type ListedModel, type ListModelsOptions, listModels } from "./jobs/models/list.ts";
export { isPulled } from "./jobs/models/locate-node.ts";
export {
  type ManageOptions,
  type RemovedModels,
  removeModels,
  type VerifiedModel,
  verifyModels,
} from "./jobs/models/manage.ts";
export {
  type PulledModel,
  type PullingEvent,
  type PullModelOptions,
  pullModel,
  type WaitingEvent,
} from "./jobs/models/pull.ts";
export {
  type FoundOnHub,
  type SearchOptions,
  type SearchResult,
  searchModels,
} from "./jobs/models/search.ts";
export { strategyDefaults } from "./jobs/network-settings.ts";
export { type FailedFile, type PredictedFile, type PredictOptions, predict } from "./jobs/predict.ts";
export { type Published, type PublishOptions, publish } from "./jobs/publish.ts";
export { NoBaseError } from "./jobs/rank-bases/error.ts";
export type { Probe } from "./jobs/rank-bases/measure.ts";
export type { CheapMeasure, RankedBase, Ranking } from "./jobs/rank-bases/order.ts";
export {
  type BaseFailedEvent,
  type MeasuringEvent,
  type RankEvent,
  type RankingEvent,
  type RankOptions,
  rankBases,
} from "./jobs/rank-bases/rank-bases.ts";
export type { SourceScores } from "./jobs/rank-bases/source.ts";
export { type ReportOptions, type ReportResult, report } from "./jobs/report/report.ts";
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
export type {
  CurveStep,
  Curves,
  Fact,
  Finding,
  HeatMap,
  MeasuredShare,
  ReportAnswer,
  ReportCalibration,
  ReportComparison,
  ReportData,
  ReportSets,
  ReportStrangers,
} from "./report/data.ts";
export { renderReport } from "./report/render.ts";
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
export type {
  BeforeAfter,
  Calibration,
  CalibrationVerdict,
} from "./train/second-opinion/calibrate.ts";
export type { SecondOpinion } from "./train/second-opinion/second-opinion.ts";
export type { Sets, StoredRule } from "./train/second-opinion/sets.ts";
export type { Strangers } from "./train/second-opinion/strangers.ts";
export type { EpochEvent } from "./train/trained-head.ts";
