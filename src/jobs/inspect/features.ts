import { decode, decoderName } from "../../data/decode-sharp.ts";
import { labellingOf } from "../../data/labelling.ts";
import type { Dataset } from "../../data/sample.ts";
import { type MeasuredCurve, measureCurve } from "../../doctor/curve.ts";
import { type Neighbours, neighboursOf } from "../../doctor/neighbours.ts";
import { outOfFold } from "../../doctor/out-of-fold.ts";
import type { Predictions } from "../../evaluate/predictions.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import type { FeaturesEvent, Picture, SkippedEvent } from "../../train/extract.ts";
import { SideBySideExtractor } from "../../train/extract-all.ts";
import { rowsOf } from "../../train/features.ts";
import { share } from "../../train/sharing.ts";
import { openBases } from "../base-node.ts";
import { type BasesOptions, basesOf } from "../bases.ts";
import { cacheIn } from "../cache-node.ts";

/** Cosine of centred features from which pairs are looked at more closely: see `agreeing`. */
const pairsFrom = 0.8;

/** Nearest others that an outlier is judged by. */
const judged = 5;

/** Share held out for the learning curve where the data does not come split. */
const heldShare = 0.2;

const seed = 1;

export interface FeatureOptions extends BasesOptions {
  readonly cache?: string | undefined;
  /** Whether to measure the learning curve as well. */
  readonly learningCurve?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What features say of the pictures that could be read, in their order. */
export interface FeatureChecks {
  readonly base: string;
  readonly pictures: readonly Picture[];
  readonly neighbours: Neighbours;
  /** Out of fold; left out where there are several labels a picture, or fewer than two classes. */
  readonly predictions?: Predictions;
  readonly curve?: MeasuredCurve;
}

/** Progress of what comes after the features: heads solved so far. */
export interface HeadsEvent {
  readonly type: "heads";
  readonly done: number;
  readonly total: number;
}

/**
 * Extracts features (from the cache where they are), compares all pictures by them and asks out-of-fold heads. `groups`
 * tells twins, which stay in one fold. Throws what opening a base, extraction and heads throw.
 */
export async function* featureChecks(
  dataset: Dataset,
  groupsOf: (pictures: readonly Picture[]) => Int32Array,
  options: FeatureOptions,
): AsyncGenerator<FeaturesEvent | SkippedEvent | HeadsEvent, FeatureChecks> {
  const { signal } = options;
  const runtime = nodeRuntime();
  const { openStore, bases: keepIn } = cacheIn(options.cache);
  const bases = await openBases(basesOf(options), runtime, keepIn);
  const extractor = await SideBySideExtractor.open(
    bases.map(({ backbone }) => backbone),
    { runtime, decode, decoderName, openStore, signal },
  );
  try {
    const { pictures } = yield* extractor.extract(dataset.samples);
    const labelling = labellingOf(dataset);
    const set = extractor.gather(pictures, labelling);
    const neighbours = await neighboursOf(set.features, set.width, runtime, {
      k: judged,
      pairsFrom,
      signal,
    });
    const base = bases.map(({ backbone }) => backbone.name).join(" + ");
    const rest = { base, pictures, neighbours };
    const classes = dataset.classes.length;
    if (dataset.multiLabel || new Set(set.labels).size < 2) return rest;
    const groups = groupsOf(pictures);
    const heads = yield* counted((onFold) => outOfFold(set, { classes, runtime, groups, signal, onFold }));
    const predictions = { probabilities: heads, labels: set.labels, classes: dataset.classes };
    if (!options.learningCurve) return { ...rest, predictions };
    const { of } = share(pictures, { val: 0, test: heldShare, seed });
    const rows = new Map(pictures.map((picture, row) => [picture, row]));
    const chosen = (some: readonly Picture[]) =>
      rowsOf(
        set,
        some.map((picture) => rows.get(picture)!),
      );
    const [train, held] = [chosen(of.train), chosen(of.test.length > 0 ? of.test : of.val)];
    const curve = yield* counted((onPoint) =>
      measureCurve(train, held, { classes, runtime, seed, signal, onPoint }),
    );
    return { ...rest, predictions, curve };
  } finally {
    await extractor.close();
  }
}

/** Work that counts for itself, as events: one when it begins to count, one for each step that ended. */
async function* counted<T>(
  work: (onStep: (done: number, total: number) => void) => Promise<T>,
): AsyncGenerator<HeadsEvent, T> {
  const steps: HeadsEvent[] = [];
  let wake: () => void = () => {};
  let ended = false;
  const result = work((done, total) => {
    steps.push({ type: "heads", done, total });
    wake();
  }).finally(() => {
    ended = true;
    wake();
  });
  result.catch(() => {});
  for (;;) {
    for (let step = steps.shift(); step; step = steps.shift()) yield step;
    if (ended) return await result;
    await new Promise<void>((next) => {
      wake = next;
    });
  }
}
