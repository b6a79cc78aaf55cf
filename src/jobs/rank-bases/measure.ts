import { finish } from "../../core/async.ts";
import { uint8 } from "../../core/tensor.ts";
import { groupDuplicates } from "../../data/duplicates.ts";
import type { Sample } from "../../data/sample.ts";
import { foldsOf, outOfFold } from "../../doctor/out-of-fold.ts";
import { predictedClasses } from "../../evaluate/accuracy.ts";
import { type Interval, wilson } from "../../evaluate/wilson.ts";
import { writeModel } from "../../onnx/write.ts";
import type { Runtime } from "../../runtime/session.ts";
import { pixelsInput } from "../../surgery/preprocess.ts";
import type { Backbone } from "../../train/backbone.ts";
import { featureGraph, type Picture } from "../../train/extract.ts";
import { type FeatureSet, rowsOf } from "../../train/features.ts";
import { solveLinearHead } from "../../train/linear-head.ts";
import { type Decode, decodePicture, loadPicture, sightOf } from "../../train/picture.ts";

/** What a linear head on a base's features gets right of pictures that it was not solved on. */
export interface Probe {
  readonly accuracy: number;
  /** 95 %, Wilson's. */
  readonly interval: Interval;
  /** λ of its heads. */
  readonly regularisation: number;
}

export interface ProbeOptions {
  readonly classes: number;
  readonly runtime: Runtime;
  readonly folds: number;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A linear head cross-validated, twins in one fold, and for each picture whether it was right (1). λ is chosen as
 * training chooses it, on one fold held out, and is that of all heads: each base has the one that suits it, and with a
 * single number taken from it that fold's answers flatter next to nothing.
 */
export async function probe(
  set: FeatureSet,
  pictures: readonly Picture[],
  { classes, runtime, folds, seed, signal }: ProbeOptions,
): Promise<{ readonly probe: Probe; readonly right: Uint8Array }> {
  const groups = groupDuplicates(pictures);
  const fold = foldsOf(set.labels, groups, folds, seed);
  const rows = [...fold.keys()];
  const held = (is: boolean): FeatureSet =>
    rowsOf(
      set,
      rows.filter((row) => (fold[row] === 0) === is),
    );
  const head = await finish(
    solveLinearHead({ train: held(false), val: held(true), classes, runtime, signal }),
  );
  const { regularisation = 0 } = head;
  const options = { classes, runtime, groups, folds, seed, regularisation, signal };
  const predicted = predictedClasses(await outOfFold(set, options), classes);
  const right = Uint8Array.from(predicted, (label, row) => (label === set.labels[row] ? 1 : 0));
  const hits = right.reduce((sum, one) => sum + one, 0);
  const accuracy = hits / set.rows;
  return { probe: { accuracy, interval: wilson(hits, set.rows), regularisation }, right };
}

/** Runs before any is timed, and pictures that are. */
const [warmUps, timed] = [2, 12];

/**
 * Milliseconds that the network with its preprocessing takes for one picture here and now, by itself on all cores: the
 * median over a dozen. Reading and decoding are left out, being much the same for every base.
 */
export async function millisecondsPerPicture(
  backbone: Backbone,
  samples: readonly Sample[],
  { runtime, decode }: { readonly runtime: Runtime; readonly decode: Decode },
): Promise<number> {
  const session = await runtime.load(writeModel(featureGraph(backbone)));
  try {
    const times: number[] = [];
    const sight = sightOf(backbone.preprocess);
    for (let i = 0; i < warmUps + Math.min(timed, samples.length); i++) {
      const { id, content } = samples[i % samples.length]!;
      const { width, height, data } = await decodePicture(await loadPicture(id, content), sight, decode);
      const begun = performance.now();
      await session.run({ [pixelsInput]: uint8(data, [1, height, width, 3]) });
      if (i >= warmUps) times.push(performance.now() - begun);
    }
    return times.sort((a, b) => a - b)[times.length >> 1]!;
  } finally {
    await session.release();
  }
}
