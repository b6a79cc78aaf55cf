import type { CardFacts } from "../../export/documents/model-card.ts";
import type { ReadRun } from "../report/compare.ts";

/** What a run recorded of how good its classifier is, for the model card. */
export function figureOf({ measured, record }: ReadRun): CardFacts["accuracy"] {
  if (measured === null || record.part === null) return null;
  const { accuracy, interval, n } = measured.evaluation;
  return { value: accuracy, interval, n, part: record.part };
}
