import { quantile } from "../evaluate/numerics/bootstrap.ts";
import type { DataFinding, DoctorPicture, FindingKind } from "./finding.ts";
import type { Look } from "./look.ts";
import { robustScores } from "./robust.ts";

/** Every bound in one place, with its reason. */
export const qualityBounds = {
  /** Levels of standard deviation in every colour under which nothing is to be seen but noise; the fingerprint's own bound. */
  blankContrast: 2,
  /** Grey levels of standard deviation from which grey shows enough for blur to be told from it. */
  greyTells: 10,
  /** Mean grey, of 255, under which a screen shows black. */
  darkMean: 25,
  /** Shorter side in pixels under which a network for 224 sees a smear, where the data's usual picture is larger. */
  tinySide: 64,
  /** A picture is tiny only where its shorter side is also under this share of the data's median: all of CIFAR is not. */
  tinyShare: 0.5,
  /** Variance of the Laplacian at 256 pixels: what lies above is not called blurred, however sharp the others are. */
  sharpEnough: 100,
  /** Under this a picture has no edges at all, whatever the others are like. */
  edgeless: 4,
  /** Robust standard deviations of log sharpness below the data's median. */
  blurDeviations: 3,
} as const;

export interface LookedAt extends DoctorPicture {
  readonly look: Look;
}

/** Blank, dark, tiny and blurred pictures; of one picture only the first that holds. */
export function qualityFindings(pictures: readonly LookedAt[]): DataFinding[] {
  const sides = Float64Array.from(pictures, ({ sides: [shorter] }) => shorter).sort();
  const usualSide = sides.length > 0 ? quantile(sides, 0.5) : 0;
  const blur = blurDeviations(pictures);
  const { blankContrast, darkMean, tinySide, tinyShare, edgeless } = qualityBounds;
  return pictures.flatMap((picture, i): DataFinding[] => {
    const {
      file,
      label,
      look,
      sides: [shorter, longer],
    } = picture;
    const found = (kind: FindingKind, reason: string, action: string, score: number): DataFinding[] => [
      { kind, files: [file], classes: [label], reason: `${kind}: ${reason}`, action, score, drop: [file] },
    ];
    if (Math.max(look.contrast, look.colour) < blankContrast) {
      const reason = `its colours vary by ${look.colour.toFixed(1)} levels of 255`;
      return found("blank", reason, "leave it out", blankContrast - look.colour);
    }
    if (look.brightness < darkMean) {
      const reason = `its mean grey is ${look.brightness.toFixed(0)} of 255`;
      return found("dark", reason, "look at it; brighten it or leave it out", darkMean - look.brightness);
    }
    if (shorter < tinySide && shorter < tinyShare * usualSide) {
      const reason = `${shorter} x ${longer} pixels, where the usual shorter side is ${Math.round(usualSide)}`;
      return found("tiny", reason, "replace it by a larger one, or leave it out", usualSide / shorter);
    }
    const deviations = blur[i]!;
    const isBlurred = deviations > qualityBounds.blurDeviations && look.sharpness < qualityBounds.sharpEnough;
    if (look.contrast < qualityBounds.greyTells || (!isBlurred && look.sharpness >= edgeless)) return [];
    const reason = `its fine structure measures ${look.sharpness.toFixed(1)}, ${Math.max(0, deviations).toFixed(1)} deviations below what is usual here`;
    return found("blurred", reason, "look at it; keep it if such pictures will be asked about", deviations);
  });
}

/** How many robust deviations each picture's log sharpness lies below the median: (median - x) / (1.4826·MAD). */
function blurDeviations(pictures: readonly LookedAt[]): Float64Array {
  return robustScores(Float64Array.from(pictures, ({ look }) => -Math.log(look.sharpness + 1e-3)));
}
