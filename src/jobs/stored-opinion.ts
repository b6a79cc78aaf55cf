import type { ClassifierRecord } from "../export/classifier.ts";
import type { TrainOutcome } from "../train/run.ts";

/** What the model file needs of the second opinion to answer by it. */
export function storedOpinion({
  opinion: { calibration, unknown, sets },
}: TrainOutcome): Pick<ClassifierRecord, "temperature" | "unknown" | "sets"> {
  const { threshold, falseRejections } = unknown;
  return {
    temperature: calibration.temperature,
    ...(threshold !== null && { unknown: { threshold, falseRejections } }),
    ...(sets && sets.rules.length > 0 && { sets: sets.rules }),
  };
}
