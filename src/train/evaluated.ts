import { headlineOf, isOfLabels } from "../evaluate/label-report.ts";
import type { MeasuredParts } from "./measure.ts";
import type { RawBaseline } from "./raw-baseline.ts";
import type { EvaluatedEvent, WarningEvent } from "./run.ts";
import { comparedPart, transferWarnings } from "./transfer.ts";

/** Tells of each part's figures, and where the base did not help; `frozen` are those before the base was trained. */
export function* evaluated(
  measured: MeasuredParts,
  frozen: MeasuredParts | undefined,
  raw: RawBaseline,
  fromScratch = false,
): Generator<EvaluatedEvent | WarningEvent> {
  for (const part of ["val", "test"] as const) {
    const own = measured[part];
    if (own) yield { type: "evaluated", part, evaluation: own.evaluation };
  }
  const part = comparedPart(measured);
  const own = part && measured[part]?.evaluation;
  if (part === undefined || own === undefined) return;
  const before = frozen?.[part]?.evaluation;
  const compared = {
    part,
    multiLabel: isOfLabels(own),
    grafted: headlineOf(own),
    frozen: before && headlineOf(before),
    raw: raw[part],
    fromScratch,
  };
  for (const message of transferWarnings(compared)) yield { type: "warning", message };
}
