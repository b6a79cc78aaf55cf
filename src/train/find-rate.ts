import { random } from "../core/random.ts";
import { FeatureExtractor } from "./extract.ts";
import { learnHead } from "./learn-head.ts";
import { type NetworkChoices, prepareNetwork } from "./network/fine-tune.ts";
import { type RangeChoices, type RangeEvent, type RangeTest, rateRange } from "./network/rate-range.ts";
import type { TrainEvent, TrainParts, TrainSettings } from "./run.ts";
import { rehearse } from "./sharing.ts";

/** Updates of a test, unless so many are asked for: one epoch, but not more, and not fewer. */
const [mostSteps, leastSteps] = [100, 50];

export interface RateSettings extends TrainSettings {
  readonly network: NetworkChoices;
}

/** The range to look at; how many updates, where that is not left to the number of pictures. */
export type RangeSettings = Omit<RangeChoices, "steps"> & { readonly steps: number | undefined };

export type RateEvent = TrainEvent | RangeEvent;

/**
 * Everything as `trainOnFeatures` does it, up to the base's first update, and a range test in its place. Throws what that
 * throws.
 */
export async function* testRates(
  parts: TrainParts,
  settings: RateSettings,
  range: RangeSettings,
): AsyncGenerator<RateEvent, RangeTest> {
  const { dataset } = parts;
  const { network, seed } = settings;
  rehearse(dataset, settings);
  const extractor = await FeatureExtractor.open({ ...parts, strict: settings.strict });
  try {
    const { of, sets, head, labelling } = yield* learnHead(extractor, parts, settings);
    const batches = Math.ceil(of.train.length / network.batchSize);
    const { steps = Math.min(mostSteps, Math.max(leastSteps, batches)) } = range;
    // Pictures that no update would come to need not be prepared.
    const train = random(seed)
      .shuffle([...of.train])
      .slice(0, steps * network.batchSize);
    const { classes } = dataset;
    const data = { of: { train, val: [], test: [] }, classes, labelling, truth: sets.train };
    const prepared = prepareNetwork(parts, settings, network, head, data);
    return yield* rateRange(prepared.parts, prepared.settings, { ...range, steps });
  } finally {
    await extractor.close();
  }
}
