import { findWrongLabels } from "../evaluate/confident-learning.ts";
import type { Predictions } from "../evaluate/predictions.ts";
import type { DataFinding, DoctorPicture } from "./finding.ts";

/** Labels that are probably wrong, from probabilities that were predicted out of fold; rows are the pictures' order. */
export function suspectLabelFindings(
  pictures: readonly DoctorPicture[],
  predictions: Predictions,
): DataFinding[] {
  const { classes } = predictions;
  return findWrongLabels(predictions).suspects.map(({ row, given, suggested, margin, selfConfidence }) => {
    const { file } = pictures[row]!;
    const [own, other] = [classes[given]!, classes[suggested]!];
    const said = (share: number): string => `${Math.round(100 * share)} %`;
    return {
      kind: "suspect-label",
      files: [file],
      classes: [own, other],
      reason: `given as ${own} (${said(selfConfidence)}), looks like ${other} (${said(selfConfidence - margin)})`,
      action: `look at it: ${other}?`,
      score: -margin,
      drop: [file],
    };
  });
}
