import { finish } from "../core/async.ts";
import { sha256 } from "../core/hash.ts";
import { type Labelling, truthOf } from "../data/labelling.ts";
import type { Part } from "../data/sample.ts";
import { accuracy, predictedClasses } from "../evaluate/accuracy.ts";
import { evaluateLabels, headlineOf } from "../evaluate/label-report.ts";
import type { Runtime } from "../runtime/session.ts";
import type { Preprocess } from "../surgery/preprocess.ts";
import { targetOpset } from "../surgery/upgrade.ts";
import type { OpenStore, Picture } from "./extract.ts";
import { apply, trainHead } from "./feature-head.ts";
import type { FeatureSet } from "./features.ts";
import { Squares } from "./network/squares.ts";
import type { Decode } from "./picture.ts";
import type { TrainSettings } from "./run.ts";

/** Pictures looked at without a base. */
export interface BaselineEvent {
  readonly type: "baseline";
  readonly done: number;
  readonly total: number;
}

/** What the head reaches without any base: shares of right answers, or mAP where there may be several labels at once. */
export interface RawBaseline {
  readonly val: number | undefined;
  readonly test: number | undefined;
}

export interface RawBaselineOptions {
  readonly of: Readonly<Record<Part, readonly Picture[]>>;
  readonly labelling: Labelling;
  /** The baseline is solved once for the same data and settings, and kept here. */
  readonly openStore: OpenStore;
  readonly dataFingerprint: string;
  readonly runtime: Runtime;
  readonly decode: Decode;
  readonly signal?: AbortSignal | undefined;
}

/** A picture as 8 x 8 pixels: what is left is its colours and roughly where they are. */
const side = 8;
const sight: Preprocess = {
  size: side,
  fit: "cover",
  layout: "nchw",
  scale: 1,
  mean: [0, 0, 0],
  std: [1, 1, 1],
  channels: "rgb",
};

/**
 * Trains the same head on what any picture says without a network: its pixels at 8 x 8 and the mean and standard
 * deviation of each colour. A base that does no better than this transfers nothing.
 */
export async function* rawBaseline(
  options: RawBaselineOptions,
  settings: TrainSettings,
): AsyncGenerator<BaselineEvent, RawBaseline> {
  const { runtime, openStore, dataFingerprint } = options;
  const { head, seed, classWeights, labelSmoothing, regularisation, loss } = settings;
  const choices = [head, seed, classWeights, labelSmoothing, regularisation, head.length > 0 ? loss : null];
  const asked = JSON.stringify([dataFingerprint, ...choices]);
  const store = openStore(await sha256(`raw baseline 1 ${runtime.name}`), 16);
  try {
    const key = await sha256(asked);
    const known = store.get(key);
    if (known !== undefined) return fromRow(known);
    const baseline = yield* train(options, settings);
    const row = new Float64Array([baseline.val ?? Number.NaN, baseline.test ?? Number.NaN]);
    store.put(key, new Uint8Array(row.buffer));
    return baseline;
  } finally {
    store.close();
  }
}

function fromRow(row: Uint8Array): RawBaseline {
  const [val = Number.NaN, test = Number.NaN] = new Float64Array(row.slice().buffer);
  return { val: Number.isNaN(val) ? undefined : val, test: Number.isNaN(test) ? undefined : test };
}

async function* train(
  options: RawBaselineOptions,
  settings: TrainSettings,
): AsyncGenerator<BaselineEvent, RawBaseline> {
  const { of, labelling, runtime, signal } = options;
  const { classes } = labelling;
  const all = yield* setOf([...of.train, ...of.val, ...of.test], options);
  const held = of.train.length + of.val.length;
  const training = slice(all, 0, of.train.length);
  const val = slice(all, of.train.length, held);
  const test = slice(all, held, all.rows);
  const head = await finish(trainHead({ train: training, val }, classes, settings, runtime, signal));
  const figure = async (set: FeatureSet): Promise<number | undefined> => {
    if (set.rows === 0) return undefined;
    const probabilities = await apply(head.model, set, classes, runtime);
    const { targets } = set;
    if (targets) {
      const names = Array.from({ length: classes }, (_, i) => String(i));
      return headlineOf(evaluateLabels({ probabilities, targets, classes: names }));
    }
    return accuracy(set.labels, predictedClasses(probabilities, classes));
  };
  return { val: await figure(val), test: await figure(test) };
}

const width = 3 * side * side + 6;
/** Pictures between two signs of progress. */
const chunk = 64;

async function* setOf(
  pictures: readonly Picture[],
  { labelling, runtime, decode, signal }: RawBaselineOptions,
): AsyncGenerator<BaselineEvent, FeatureSet> {
  const options = { preprocess: sight, size: side, opset: targetOpset, runtime, decode };
  const squares = await Squares.open(options, pictures);
  try {
    const features = new Float32Array(pictures.length * width);
    for (let from = 0; from < pictures.length; from += chunk) {
      signal?.throwIfAborted();
      const rows = Math.min(chunk, pictures.length - from);
      const bytes = await squares.gather(Array.from({ length: rows }, (_, i) => from + i));
      for (let row = 0; row < rows; row++) {
        const own = bytes.subarray(3 * side ** 2 * row, 3 * side ** 2 * (row + 1));
        features.set(describe(own), (from + row) * width);
      }
      yield { type: "baseline", done: from + rows, total: pictures.length };
    }
    const truth = truthOf(
      pictures.map(({ sample }) => sample),
      labelling,
    );
    return { rows: pictures.length, width, features, ...truth };
  } finally {
    await squares.close();
  }
}

function slice({ rows, features, labels, targets }: FeatureSet, from: number, to: number): FeatureSet {
  const classes = (targets?.length ?? 0) / rows;
  return {
    rows: to - from,
    width,
    features: features.subarray(from * width, to * width),
    labels: labels.subarray(from, to),
    ...(targets && { targets: targets.subarray(from * classes, to * classes) }),
  };
}

/** The pixels, then mean and standard deviation of red, green and blue; all as shares of 255. */
function describe(pixels: Uint8Array): number[] {
  const values = Array.from(pixels, (byte) => byte / 255);
  const statistics = [0, 1, 2].flatMap((channel) => {
    const own = values.filter((_, i) => i % 3 === channel);
    const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
    const variance = own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / own.length;
    return [mean, Math.sqrt(variance)];
  });
  return [...values, ...statistics];
}
