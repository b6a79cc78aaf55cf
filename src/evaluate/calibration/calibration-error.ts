import { random } from "../../core/random.ts";
import { bootstrap, quantile } from "../numerics/bootstrap.ts";
import type { Interval } from "../wilson.ts";
import {
  type Answers,
  type Binning,
  binsOf,
  type ReliabilityBin,
  reliability,
  usualBins,
} from "./reliability.ts";

/** How far confidences and accuracies lie apart, in [0, 1]. */
export interface CalibrationError {
  /** Expected calibration error. */
  readonly ece: number;
  /** The largest gap of any bin; the noisiest figure of all, and of small bins above all. */
  readonly mce: number;
  /** 95 % bootstrap interval of the expected calibration error. */
  readonly interval: Interval;
  /**
   * What a faultless classifier with these confidences would show on as many rows, in 95 % of cases: an error within
   * says nothing against the classifier.
   */
  readonly faultless: Interval;
  readonly bins: readonly ReliabilityBin[];
}

export interface CalibrationOptions {
  readonly bins?: number;
  readonly binning?: Binning;
  readonly seed?: number;
  readonly draws?: number;
}

/**
 * ECE = Σ (nᵦ/n)·|accuracyᵦ - confidenceᵦ|,  MCE = max |accuracyᵦ - confidenceᵦ| over the bins b
 *
 * M. P. Naeini, G. F. Cooper, M. Hauskrecht, AAAI 2015. An absolute value never averages out, so the ECE of finite rows
 * lies above the true one, and that of a bootstrap sample above it again by about as much. The interval is therefore the
 * reflected one, [2·ECE - q₉₇.₅, 2·ECE - q₂.₅] cut at 0, whose middle is the ECE less its bias; it need not hold the ECE.
 * `faultless` draws each answer right with its own confidence instead (J. Bröcker, L. A. Smith 2007, consistency bars).
 */
export function calibrationError(
  answers: Answers,
  { bins = usualBins, binning = "equal-width", seed = 1, draws = 1000 }: CalibrationOptions = {},
): CalibrationError {
  const { confidence, right } = answers;
  const n = confidence.length;
  const place = binsOf(confidence, bins, binning);
  const gaps = new Float64Array(bins);
  const error = (hit: ArrayLike<number>, row: (i: number) => number): number => {
    gaps.fill(0);
    for (let i = 0; i < n; i++) {
      const at = row(i);
      gaps[place[at]!]! += hit[at]! - confidence[at]!;
    }
    return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / n;
  };
  const ece = error(right, (i) => i);
  const table = reliability(answers, bins, binning);
  const resampled = bootstrap(n, { draws, seed }, (rows) => error(right, (i) => rows[i]!));
  const rng = random(seed);
  const drawn = new Uint8Array(n);
  const lucky = Float64Array.from({ length: draws }, () => {
    for (let i = 0; i < n; i++) drawn[i] = rng.next() < confidence[i]! ? 1 : 0;
    return error(drawn, (i) => i);
  }).sort();
  return {
    ece,
    mce: Math.max(...table.map((bin) => Math.abs((bin.accuracy ?? 0) - (bin.confidence ?? 0)))),
    interval: [
      Math.max(0, 2 * ece - quantile(resampled, 0.975)),
      Math.max(0, 2 * ece - quantile(resampled, 0.025)),
    ],
    faultless: [quantile(lucky, 0.025), quantile(lucky, 0.975)],
    bins: table,
  };
}
