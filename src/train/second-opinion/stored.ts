import type { SecondOpinion } from "./second-opinion.ts";
import type { StoredRule } from "./sets.ts";

/** What a classifier's file needs of the second opinion to answer by it. */
export interface StoredOpinion {
  readonly temperature: number;
  readonly unknown?: { readonly threshold: number; readonly falseRejections: number };
  readonly sets?: readonly StoredRule[];
}

/** Leaves out what could not be found: a threshold of the unknown, rules of prediction sets. */
export function storedOpinion({ calibration, unknown, sets }: SecondOpinion): StoredOpinion {
  const { threshold, falseRejections } = unknown;
  return {
    temperature: calibration.temperature,
    ...(threshold !== null && { unknown: { threshold, falseRejections } }),
    ...(sets && sets.rules.length > 0 && { sets: sets.rules }),
  };
}
