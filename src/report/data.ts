import type { Part } from "../data/sample.ts";
import type { CalibrationError } from "../evaluate/calibration/calibration-error.ts";
import type { AnyEvaluation } from "../evaluate/label-report.ts";
import type { PairedComparison } from "../evaluate/paired.ts";

/** What the classifier said of one picture, and the truth. */
export interface ReportAnswer {
  /** Path from the data's root, as predictions.csv has it. */
  readonly file: string;
  readonly truth: string;
  readonly predicted: string;
  readonly right: boolean;
  /**
   * In [0, 1]: the probability of the predicted class; of several labels at once, how far the probability that speaks
   * for the verdict lies on its side: of a wrong one the worst, of a right one the least sure.
   */
  readonly certainty: number;
  /** The most probable classes, best first; a few are enough. */
  readonly top: readonly (readonly [name: string, probability: number])[];
}

/** One epoch, or one strength of the regularisation tried. Losses in nats, accuracies in [0, 1]. */
export interface CurveStep {
  /** The epoch over all stages, or λ. */
  readonly x: number;
  readonly trainLoss?: number | undefined;
  readonly valLoss?: number | undefined;
  readonly trainAccuracy?: number | undefined;
  readonly valAccuracy?: number | undefined;
}

/** How training went. */
export interface Curves {
  /** Of a head that was solved, over λ; undefined where none was, or a single one. */
  readonly solved?: readonly CurveStep[] | undefined;
  readonly head?: readonly CurveStep[] | undefined;
  readonly base?: readonly CurveStep[] | undefined;
}

/** Temperature scaling: the one number, and what it did. */
export interface ReportCalibration {
  readonly temperature: number;
  readonly val: { readonly before: CalibrationError; readonly after: CalibrationError } | null;
  readonly test: { readonly before: CalibrationError; readonly after: CalibrationError } | null;
}

/** A share of pictures with its 95 % interval. */
export interface MeasuredShare {
  readonly n: number;
  readonly share: number;
  readonly interval: readonly [low: number, high: number];
}

/** Sets of classes that shall hold the truth as often as asked. */
export interface ReportSets {
  /** In (0, 1). */
  readonly asked: number;
  /** As measured on the test part. */
  readonly held: MeasuredShare;
  readonly meanSize: number;
}

/** How pictures of none of the classes are turned away. */
export interface ReportStrangers {
  /** Share of the classes' own pictures that may be turned away, as asked for. */
  readonly asked: number;
  /** Pictures of the classes that were, each of them wrongly. */
  readonly own: MeasuredShare | null;
  /** Declared outliers that were, each of them rightly. */
  readonly outliers: MeasuredShare | null;
}

/** One row of what the data doctor found. */
export interface Finding {
  readonly kind: string;
  readonly files: readonly string[];
  readonly reason: string;
  readonly action: string;
}

export interface HeatMap {
  readonly file: string;
  readonly truth: string;
  readonly predicted: string;
  /** A data: URI of the overlay, PNG, JPEG or WebP. */
  readonly picture: string;
}

/** Another run on pictures that this one has too. */
export interface ReportComparison {
  readonly name: string;
  /** Pictures in both runs' predictions, and those only here or only there. */
  readonly shared: number;
  readonly onlyHere: number;
  readonly onlyThere: number;
  /** First the other run, second this one; null where no picture is shared. */
  readonly paired: PairedComparison | null;
  /** The other run's answers to pictures that changed sides, as this run's files. */
  readonly theirs: ReadonlyMap<string, ReportAnswer>;
  /** Options that differ, as text: theirs, ours; "" where a run has none. */
  readonly options: readonly { readonly name: string; readonly theirs: string; readonly ours: string }[];
}

/** A thing and what it is: a row of the record. */
export type Fact = readonly [name: string, value: string];

/** All that a report tells, without files: plain data in, one page out. */
/** An export beside the trained model, on the same pictures. */
export interface ExportRow {
  readonly format: string;
  readonly path: string;
  readonly bytes: number;
  /** Pictures compared, and those with the trained model's answer. */
  readonly pictures: number;
  readonly agreed: number;
  /** Of two probabilities. */
  readonly largestDifference: number;
  readonly accuracy: number;
  /** Of the trained model on the same pictures. */
  readonly trainedAccuracy: number;
  /** Per picture on one core. */
  readonly milliseconds: number;
  readonly runtime: string;
}

export interface ReportData {
  readonly name: string;
  /** ISO 8601. */
  readonly date: string;
  readonly data: { readonly path: string; readonly layout: string };
  readonly pictures: Readonly<Record<Part, number>>;
  readonly bases: readonly { readonly name: string; readonly licence: string | null }[];
  /** The part that was measured; null where nothing was held back. */
  readonly part: Part | null;
  readonly evaluation: AnyEvaluation | null;
  /** What the same head reaches without any base: accuracy or mAP; undefined where it was not measured. */
  readonly raw?: number | undefined;
  readonly answers: readonly ReportAnswer[];
  /** Data URIs of small pictures (JPEG, PNG or WebP), by file. */
  readonly thumbnails: ReadonlyMap<string, string>;
  /** Files whose picture was looked for and not found, or is another now. */
  readonly lost: readonly string[];
  readonly curves: Curves;
  readonly calibration?: ReportCalibration | undefined;
  readonly sets?: ReportSets | undefined;
  readonly strangers?: ReportStrangers | undefined;
  readonly findings?: readonly Finding[] | undefined;
  readonly heatMaps?: readonly HeatMap[] | undefined;
  /** Files that the classifier was exported to, as they were compared with it. */
  readonly exports?: readonly ExportRow[] | undefined;
  readonly comparisons: readonly ReportComparison[];
  /** Every option, and every version and fingerprint. */
  readonly options: readonly Fact[];
  readonly versions: readonly Fact[];
  /** The command that does it again. */
  readonly command: string;
}
