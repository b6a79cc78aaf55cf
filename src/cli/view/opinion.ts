import { decimal, integer, percentage } from "../../core/words.ts";
import type { EvaluateResult, TrainResult } from "../../index.ts";

/** What a run says of its own answers, a line each: calibration, what is turned away, prediction sets. */
export function opinionLines({
  calibration,
  unknown,
  sets,
}: Pick<TrainResult, "calibration" | "unknown" | "sets">): string[] {
  return [calibrationLine(calibration), unknownLine(unknown), sets && setsLine(sets)].filter(
    (line) => line !== null,
  );
}

function calibrationLine({ temperature, verdict, val, test }: TrainResult["calibration"]): string | null {
  const measured = test ?? val;
  if (measured === null) return null;
  const { before, after } = measured;
  if (verdict === "fitted")
    return `Calibration error ${decimal(before.ece)} -> ${decimal(after.ece)} (temperature ${decimal(temperature)})`;
  return `Calibration error ${decimal(before.ece)} (temperature 1: ${verdict})`;
}

function unknownLine({ threshold, rows, needed, test, outliers }: TrainResult["unknown"]): string | null {
  if (threshold === null) {
    if (rows === 0 || rows >= needed) return null;
    return `None of these: ${integer(rows)} validation pictures are too few for a threshold, it takes ${integer(needed)}`;
  }
  const own = test && `${percentage(test.rate)} of the test pictures turned away wrongly`;
  const foreign =
    outliers && `${percentage(outliers.rate)} of ${integer(outliers.n)} declared outliers turned away`;
  const told = [own, foreign].filter((text) => text !== null).join(", ");
  return `None of these (predict --unknown)${told && `: ${told}`}`;
}

function setsLine({ coverage, rows, needed, rules, test }: NonNullable<TrainResult["sets"]>): string | null {
  if (rows === 0) return null;
  const asked = percentage(coverage, 0);
  if (!rules.some((rule) => rule.coverage === coverage))
    return `Prediction sets: ${integer(rows)} validation pictures are too few for ${asked}, it takes ${integer(needed)}`;
  if (test === null) return `Prediction sets of ${asked}: predict --coverage ${coverage}`;
  return `Prediction sets of ${asked} held the truth ${percentage(test.coverage)} of the time, with ${decimal(test.meanSize, 2)} classes on average`;
}

/** What became of the second opinion on labelled pictures that were measured, a line each. */
export function measuredOpinionLines({
  calibration: { ece, faultless },
  unknown,
  sets,
}: Pick<EvaluateResult, "calibration" | "unknown" | "sets">): string[] {
  return [
    `Calibration error ${decimal(ece)} (a faultless classifier shows up to ${decimal(faultless[1])} on so many)`,
    ...(unknown === null
      ? []
      : [`Turned away as none of these: ${percentage(unknown.rate)}, each of them wrongly`]),
    ...sets.map(({ asked, figures: { coverage, meanSize } }) => {
      const [held, size] = [percentage(coverage), decimal(meanSize, 2)];
      return `Prediction sets of ${percentage(asked, 0)} held the truth ${held} of the time, with ${size} classes on average`;
    }),
  ];
}
