import { inRange } from "../check-data.ts";
import type { OpinionChoices } from "./second-opinion.ts";

/** How sure the classifier may be and what it may turn away, as a user says it. */
export interface OpinionOptions {
  /** Fit a temperature on the validation part, so that probabilities mean what they say. Default true. */
  readonly calibrate?: boolean | undefined;
  /** Share of pictures of the classes that may be turned away as none of them. Default 0.05. */
  readonly falseRejections?: number | undefined;
  /** Share of prediction sets that shall hold the truth. Default 0.95; rules for the usual shares are kept besides. */
  readonly coverage?: number | undefined;
}

/** Fills in the defaults. Throws UsageError for shares outside (0, 1). */
export function opinionOf({
  calibrate = true,
  falseRejections = 0.05,
  coverage = 0.95,
}: OpinionOptions): OpinionChoices {
  const share = (value: number): boolean => value > 0 && value < 1;
  inRange("falseRejections", falseRejections, share, "above 0 and below 1");
  inRange("coverage", coverage, share, "above 0 and below 1");
  return { calibrate, falseRejections, coverage };
}
