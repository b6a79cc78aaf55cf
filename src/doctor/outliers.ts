import type { DataFinding, DoctorPicture } from "./finding.ts";
import type { Neighbours } from "./neighbours.ts";
import { robustScores } from "./robust.ts";

/** Robust standard deviations beyond which a picture lies apart: one in 4,000 of a normal distribution. */
const farDeviations = 3.5;

/** Even an outlier of many must be unlike in itself: mean cosine with its nearest below this. */
const unlike = 0.3;

/**
 * Pictures unlike all others, of whatever class: those whose mean cosine with their nearest is far below the usual one. A
 * picture that only lies in the wrong class resembles that class's others, and is a suspected label instead.
 */
export function outlierFindings(
  pictures: readonly DoctorPicture[],
  { k, cosines }: Neighbours,
): DataFinding[] {
  if (k === 0) return [];
  const nearness = Float64Array.from(pictures, (_, row) => {
    const own = cosines.subarray(row * k, (row + 1) * k);
    return own.reduce((sum, value) => sum + value, 0) / k;
  });
  const scores = robustScores(nearness.map((value) => -value));
  return pictures.flatMap(({ file, label }, row): DataFinding[] => {
    if (scores[row]! < farDeviations || nearness[row]! > unlike) return [];
    return [
      {
        kind: "outlier",
        files: [file],
        classes: [label],
        reason: `unlike every other picture (${nearness[row]!.toFixed(2)} to its nearest), given as ${label}`,
        action: `look at it: is it ${label}?`,
        score: scores[row]!,
        drop: [file],
      },
    ];
  });
}
