import { type Labelling, labellingOf } from "../data/labelling.ts";
import type { Part, Sample } from "../data/sample.ts";
import type { FeatureExtractor, FeaturesEvent, Picture, SkippedEvent, SkippedPicture } from "./extract.ts";
import { trainHead } from "./feature-head.ts";
import type { FeatureSet } from "./features.ts";
import type { SplitEvent, TrainParts, TrainSettings, WarningEvent } from "./run.ts";
import { refuseEmptyClasses, share } from "./sharing.ts";
import type { HeadEvent, TrainedHead } from "./trained-head.ts";

/** The pictures shared out, and a head that was trained on their features. */
export interface LearnedHead {
  readonly of: Readonly<Record<Part, readonly Picture[]>>;
  readonly sets: Readonly<Record<Part, FeatureSet>>;
  readonly head: TrainedHead;
  readonly skipped: readonly SkippedPicture[];
  /** Those whose features were in the cache already. */
  readonly cached: ReadonlySet<Sample>;
  readonly labelling: Labelling;
}

/** Extracts every picture's feature vector, shares the pictures out and trains a head. Throws what `trainOnFeatures` throws. */
export async function* learnHead(
  extractor: Pick<FeatureExtractor, "extract" | "gather">,
  { dataset, runtime, signal }: TrainParts,
  settings: TrainSettings,
): AsyncGenerator<FeaturesEvent | SkippedEvent | SplitEvent | WarningEvent | HeadEvent, LearnedHead> {
  const { pictures, skipped, cached } = yield* extractor.extract(dataset.samples);
  refuseEmptyClasses(dataset, pictures);
  const { of, twins, parted, warnings } = share(pictures, settings);
  const sizes = { train: of.train.length, val: of.val.length, test: of.test.length };
  yield { type: "split", ...sizes, twins, parted };
  for (const message of warnings) yield { type: "warning", message };

  const labelling = labellingOf(dataset);
  const gather = (part: Part): FeatureSet => extractor.gather(of[part], labelling);
  const sets = { train: gather("train"), val: gather("val"), test: gather("test") };
  const head = yield* trainHead(sets, dataset.classes.length, settings, runtime, signal);
  return { of, sets, head, skipped, cached, labelling };
}
